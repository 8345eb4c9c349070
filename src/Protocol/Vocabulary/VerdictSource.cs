namespace Screening.Protocol.Vocabulary;

/// <summary>Where a verdict came from.</summary>
public enum VerdictSource : byte
{
    /// <summary>Nothing was known in time; the configured default.</summary>
    Default,

    /// <summary>This node's near cache.</summary>
    Near,

    /// <summary>The fleet's whitelist.</summary>
    Fleet,

    /// <summary>The permanent permit list.</summary>
    Permit,

    /// <summary>The permanent reject list.</summary>
    Reject,

    /// <summary>An operator's temporary permit.</summary>
    Grant,

    /// <summary>An operator's temporary reject.</summary>
    Ban,

    /// <summary>Checks were asked.</summary>
    Screened,
}

/// <summary>The words for sources in JSON, in logs and in metrics.</summary>
public static class VerdictSourceWords
{
    /// <summary>The source's word.</summary>
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
}
