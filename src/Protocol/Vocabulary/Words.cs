namespace Screening.Protocol.Vocabulary;

/// <summary>The words that the vocabulary's enumerations have on the wire, in logs and in metrics.</summary>
public static class Words
{
    /// <summary>The action's word in every text protocol.</summary>
    public static string Word(this VerdictAction action) => action switch
    {
        VerdictAction.Pass => "pass",
        VerdictAction.Ignore => "ignore",
        VerdictAction.Enforce => "enforce",
        _ => "drop",
    };

    /// <summary>Reads an action's word.</summary>
    public static bool TryParseAction(ReadOnlySpan<byte> word, out VerdictAction action)
    {
        (var known, action) = word switch
        {
            _ when word.SequenceEqual("pass"u8) => (true, VerdictAction.Pass),
            _ when word.SequenceEqual("ignore"u8) => (true, VerdictAction.Ignore),
            _ when word.SequenceEqual("enforce"u8) => (true, VerdictAction.Enforce),
            _ when word.SequenceEqual("drop"u8) => (true, VerdictAction.Drop),
            _ => (false, default),
        };
        return known;
    }

    public static string Word(this VerdictSource source) => source switch
    {
        VerdictSource.Near => "near",
        VerdictSource.Fleet => "fleet",
        VerdictSource.Permit => "permit",
        VerdictSource.Reject => "reject",
        VerdictSource.Grant => "grant",
        VerdictSource.Ban => "ban",
        VerdictSource.Screened => "screened",
        _ => "default",
    };

    public static string Word(this Door door) => door switch
    {
        Door.Plugin => "plugin",
        Door.Policy => "policy",
        Door.Dnsbl => "dnsbl",
        Door.Dnsblog => "dnsblog",
        Door.Memcache => "memcache",
        _ => "http",
    };

    /// <summary>Reads a door's word.</summary>
    public static bool TryParseDoor(string word, out Door door)
    {
        foreach (var candidate in Enum.GetValues<Door>())
        {
            if (candidate.Word() == word)
            {
                door = candidate;
                return true;
            }
        }

        door = default;
        return false;
    }
}
