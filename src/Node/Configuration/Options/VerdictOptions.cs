using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>When an answer is due, how long it is valid, and what a score means. Each profile has its own.</summary>
internal sealed record VerdictOptions
{
    [Setting("longest time for an answer at the plug-in door (with `query_id`), at the policy door, and for `check`",
        Postfix = "below `postscreen_greet_wait`")]
    [Between("1ms", "60s")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    [Setting("the same for plug-in queries without `query_id`, for which each new client waits")]
    [Between("1ms", "60s")]
    public TimeSpan SerialDeadline { get; init; } = TimeSpan.FromMilliseconds(300);

    [Setting("the same at the dnsblog and dnsbl doors; keep it below the 2 s that `postscreen_greet_wait` has under stress",
        Postfix = "`postscreen_dnsbl_timeout`")]
    [Between("1ms", "60s")]
    public TimeSpan DnsblDeadline { get; init; } = TimeSpan.FromMilliseconds(1800);

    [Setting("the answer when nothing is known in time")]
    [OneOf("pass", "ignore")]
    public VerdictAction DefaultAction { get; init; } = VerdictAction.Pass;

    [Setting("lifetime of a default or incomplete pass")]
    [Between("1s", "365d")]
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromMinutes(5);

    [Setting("longest lifetime of a complete pass", Postfix = "`postscreen_dnsbl_max_ttl`")]
    [Between("1s", "365d")]
    public TimeSpan PassTtl { get; init; } = TimeSpan.FromHours(1);

    [Setting("shortest lifetime of a complete pass, whatever its sources say; at most `pass_ttl`", Postfix = "`postscreen_dnsbl_min_ttl`")]
    [Between("1s", "365d")]
    public TimeSpan PassTtlMin { get; init; } = TimeSpan.FromMinutes(10);

    [Setting("from this score on: ignore", Unit = "score", Postfix = "`postscreen_dnsbl_threshold`, action ignore")]
    [Between(1, 10_000)]
    public int IgnoreAt { get; init; } = 1;

    [Setting("from this score on: enforce; 10000 for never", Unit = "score", Postfix = "the same, action enforce")]
    [Between(1, 10_000)]
    public int EnforceAt { get; init; } = 3;

    [Setting("from this score on: drop; 10000 for never", Unit = "score", Postfix = "the same, action drop")]
    [Between(1, 10_000)]
    public int DropAt { get; init; } = 8;

    [Setting("at this score and below: allow, which skips all other tests; -10000 for never", Unit = "score",
        Postfix = "`postscreen_dnsbl_allowlist_threshold`")]
    [Between(-10_000, -1)]
    public int AllowAt { get; init; } = -3;

    [Setting("the sum of negative weights counts no further than this; at most `allow_at`", Unit = "score")]
    [Between(-10_000, -1)]
    public int AllowCap { get; init; } = -6;

    [Setting("for clients in `access.reject`, and for bans", Postfix = "`postscreen_denylist_action`")]
    [OneOf("enforce", "drop")]
    public VerdictAction RejectAction { get; init; } = VerdictAction.Drop;
}
