namespace Screening.Protocol.Vocabulary;

/// <summary>What postscreen shall do with a client, mildest first (postscreen(8), the *_action parameters).</summary>
public enum VerdictAction : byte
{
    /// <summary>Nothing failed; the client may continue.</summary>
    Pass,

    /// <summary>Log only.</summary>
    Ignore,

    /// <summary>Answer 550 when mail is delivered.</summary>
    Enforce,

    /// <summary>Answer 521 and hang up.</summary>
    Drop,
}

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

/// <summary>The listener a query came through. Doors differ in how much of a verdict they can express.</summary>
public enum Door : byte
{
    Plugin,
    Policy,
    Dnsbl,
    Dnsblog,
    Memcache,
    Http,
}

/// <summary>The final answer about a client.</summary>
/// <param name="Action">What postscreen shall do.</param>
/// <param name="Allow">The client proved itself so well that other tests may be skipped. Only with <see cref="VerdictAction.Pass"/>.</param>
/// <param name="TtlSeconds">How long the answer holds, whole seconds; at least 1 with a pass, 0 with anything else.</param>
/// <param name="Score">The sum of weights that led here.</param>
/// <param name="Source">Where it came from.</param>
public readonly record struct Verdict(VerdictAction Action, bool Allow, int TtlSeconds, int Score, VerdictSource Source)
{
    /// <summary>True if it stood in this node's memory, so that nothing was asked for it.</summary>
    public bool IsHit => Source is VerdictSource.Near or VerdictSource.Permit or VerdictSource.Reject or VerdictSource.Grant or VerdictSource.Ban;
}
