using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Profiles;

/// <summary>How a score becomes an action, and how long the answer holds: the [verdict] table of one profile.</summary>
public sealed record VerdictSettings
{
    /// <summary>A score of at least this is <see cref="VerdictAction.Ignore"/>.</summary>
    public int IgnoreAt { get; init; } = 1;

    /// <summary>A score of at least this is <see cref="VerdictAction.Enforce"/> (postscreen_dnsbl_threshold).</summary>
    public int EnforceAt { get; init; } = 3;

    /// <summary>A score of at least this is <see cref="VerdictAction.Drop"/>.</summary>
    public int DropAt { get; init; } = 8;

    /// <summary>A score of at most this is a pass that skips other tests (postscreen_dnsbl_allowlist_threshold); negative.</summary>
    public int AllowAt { get; init; } = -3;

    /// <summary>The least that the total of negative weights can be, so that several allowlists cannot excuse every listing.</summary>
    public int AllowCap { get; init; } = -6;

    /// <summary>The answer when no check has answered in time: pass or ignore.</summary>
    public VerdictAction DefaultAction { get; init; } = VerdictAction.Pass;

    /// <summary>The action for clients of a permanent reject list.</summary>
    public VerdictAction RejectAction { get; init; } = VerdictAction.Drop;

    /// <summary>Lifetime of a default or incomplete pass.</summary>
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest lifetime of a complete pass (postscreen_dnsbl_max_ttl), and the lifetime of a permanent permit.</summary>
    public TimeSpan PassTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Shortest lifetime of a complete pass, whatever its sources say (postscreen_dnsbl_min_ttl).</summary>
    public TimeSpan PassTtlMin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Longest time an answer may take at the plug-in (with <c>query_id</c>), policy and HTTP doors; below postscreen_greet_wait, which is
    /// how long postscreen's own tests take anyway.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The same for plug-in queries without <c>query_id</c>: postscreen sends them before its other tests, so that each new client waits.
    /// </summary>
    public TimeSpan SerialDeadline { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The same for the dnsblog and dnsbl doors: below the 2 s of postscreen_greet_wait under stress, when postscreen stops waiting.
    /// </summary>
    public TimeSpan DnsblDeadline { get; init; } = TimeSpan.FromSeconds(1.8);

    /// <summary>The answer when nothing is known.</summary>
    public Verdict DefaultVerdict => new(
        DefaultAction, false, DefaultAction == VerdictAction.Pass ? Seconds(DefaultTtl) : 0, 0, VerdictSource.Default);

    /// <summary>A lifetime in whole seconds, as the protocols have it; at least 1.</summary>
    public static int Seconds(TimeSpan life) => Math.Max(1, (int)life.TotalSeconds);

    /// <summary>The action of a score, and whether it is an allow. A higher score never has a milder outcome.</summary>
    public (VerdictAction Action, bool Allow) Outcome(int score) =>
        score >= DropAt ? (VerdictAction.Drop, false)
        : score >= EnforceAt ? (VerdictAction.Enforce, false)
        : score >= IgnoreAt ? (VerdictAction.Ignore, false)
        : (VerdictAction.Pass, score <= AllowAt);

    /// <summary>Lifetime of a complete pass whose shortest-lived answer holds for <paramref name="shortestTtl"/>.</summary>
    public TimeSpan PassLife(TimeSpan? shortestTtl) =>
        shortestTtl is not { } ttl || ttl > PassTtl ? PassTtl : ttl < PassTtlMin ? PassTtlMin : ttl;
}
