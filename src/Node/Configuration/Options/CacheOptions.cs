namespace Screening.Node.Configuration;

/// <summary>The whitelist and its near copies.</summary>
internal sealed record CacheOptions
{
    [Setting("passes that the node itself keeps, and as many clients' postscreen times; the oldest leaves when it is full")]
    [Between(1)]
    public int NearEntries { get; init; } = 100_000;

    [Setting("how long the node relies on what it keeps before the fleet has to confirm it")]
    [Between("1s", "365d")]
    public TimeSpan NearLife { get; init; } = TimeSpan.FromMinutes(10);

    [Setting("upper bound of `verdict.pass_ttl`, of grants and bans, and of postscreen's times",
        Postfix = "`postscreen_cache_retention_time`, `postscreen_bare_newline_ttl`")]
    [Between("1s", "365d")]
    public TimeSpan MaxLife { get; init; } = TimeSpan.FromDays(30);

    [Setting("entries in the fleet, spread evenly over 1,024 buckets; the oldest twentieth of a full bucket leaves")]
    [Between(1)]
    public int MaxEntries { get; init; } = 10_000_000;

    [Setting("how long a listing is kept, in memory only, and the ttl of a refusal at the dnsblog door (whole seconds)")]
    [Between("1ms", "1h", ZeroIsOff = true)]
    public TimeSpan FailShare { get; init; } = TimeSpan.FromSeconds(5);

    [Setting("whose passes count; `any`: also those that were made under other settings")]
    public CacheTrust Trust { get; init; } = CacheTrust.SamePolicy;
}

/// <summary>Whose passes count.</summary>
internal enum CacheTrust
{
    SamePolicy,
    Any,
}
