namespace Screening.Protocol.Vocabulary;

/// <summary>The listener a query came through. Doors differ in how much of a verdict they can express.</summary>
public enum Door : byte
{
    /// <summary>The plug-in protocol: a patched postscreen asks, and gets the whole verdict.</summary>
    Plugin,

    /// <summary>Policy delegation (SMTPD_POLICY_README): smtpd asks, and gets an access(5) action.</summary>
    Policy,

    /// <summary>Our zone over DNS: an address stands for the action (RFC 5782).</summary>
    Dnsbl,

    /// <summary>In the place of dnsblog(8): postscreen asks about one list or about our zone.</summary>
    Dnsblog,

    /// <summary>In the place of memcached: postscreen's cache, which can express passes only.</summary>
    Memcache,

    /// <summary>HTTP, for operators and programs.</summary>
    Http,
}

/// <summary>The words for doors in settings, in JSON, in logs and in metrics.</summary>
public static class DoorWords
{
    /// <summary>The door's word.</summary>
    public static string Word(this Door door) => door switch
    {
        Door.Plugin => "plugin",
        Door.Policy => "policy",
        Door.Dnsbl => "dnsbl",
        Door.Dnsblog => "dnsblog",
        Door.Memcache => "memcache",
        _ => "http",
    };

    /// <summary>Reads a door's word; its case matters.</summary>
    public static bool TryParse(string word, out Door door)
    {
        for (door = Door.Plugin; door <= Door.Http; door++)
        {
            if (door.Word() == word)
                return true;
        }

        door = default;
        return false;
    }
}
