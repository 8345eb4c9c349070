using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>When an answer is due, how long it is valid, and what a score means. Each profile has its own. <c>[verdict]</c></summary>
internal sealed record VerdictOptions
{
    /// <summary>Longest time for an answer at the plug-in, policy and HTTP doors. 1ms..60s; less than postscreen_greet_wait.</summary>
    [Lasts("1ms", "60s")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same for plug-in requests without <c>query_id</c>, for which the client waits. 1ms..60s.</summary>
    [Lasts("1ms", "60s")]
    public TimeSpan SerialDeadline { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The same at the dnsblog and DNSBL doors. 1ms..60s; less than the 2 s of postscreen_greet_wait under stress
    /// (postscreen_dnsbl_timeout).
    /// </summary>
    [Lasts("1ms", "60s")]
    public TimeSpan DnsblDeadline { get; init; } = TimeSpan.FromMilliseconds(1800);

    /// <summary>The answer when nothing is known in time: pass or ignore.</summary>
    [OneOf("pass", "ignore")]
    public VerdictAction DefaultAction { get; init; } = VerdictAction.Pass;

    /// <summary>Life of a default or incomplete pass. 1s..365d.</summary>
    [Lasts("1s", "365d")]
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest life of a complete pass. 1s..365d, at most cache.max_life (postscreen_dnsbl_max_ttl).</summary>
    [Lasts("1s", "365d")]
    public TimeSpan PassTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Shortest life of a complete pass, whatever the TTLs of its sources. 1s..pass_ttl (postscreen_dnsbl_min_ttl).</summary>
    [Lasts("1s", "365d")]
    public TimeSpan PassTtlMin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>From this score on: ignore. 1..10000, at most enforce_at (postscreen_dnsbl_threshold with action ignore).</summary>
    [Between(1, 10_000)]
    public int IgnoreAt { get; init; } = 1;

    /// <summary>From this score on: enforce. 1..10000, at most drop_at (postscreen_dnsbl_threshold with action enforce).</summary>
    [Between(1, 10_000)]
    public int EnforceAt { get; init; } = 3;

    /// <summary>From this score on: drop. 1..10000 (postscreen_dnsbl_threshold with action drop).</summary>
    [Between(1, 10_000)]
    public int DropAt { get; init; } = 8;

    /// <summary>At this score and below: allow, which skips the other tests. -10000..-1 (postscreen_dnsbl_allowlist_threshold).</summary>
    [Between(-10_000, -1)]
    public int AllowAt { get; init; } = -3;

    /// <summary>The sum of negative weights goes no lower than this. -10000..allow_at.</summary>
    [Between(-10_000, -1)]
    public int AllowCap { get; init; } = -6;

    /// <summary>For permanently rejected clients and for bans: enforce or drop (postscreen_denylist_action).</summary>
    [OneOf("enforce", "drop")]
    public VerdictAction RejectAction { get; init; } = VerdictAction.Drop;
}
