namespace Screening.Node.Configuration;

/// <summary>The whitelist and its near copies. <c>[cache]</c></summary>
internal sealed record CacheOptions
{
    /// <summary>Entries that this node keeps in memory. At least 1.</summary>
    [Between(1, int.MaxValue)]
    public int NearEntries { get; init; } = 100_000;

    /// <summary>How long a near entry is used before the fleet is asked again. 1s..365d.</summary>
    [Lasts("1s", "365d")]
    public TimeSpan NearLife { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest life of an entry. 1s..365d (postscreen_cache_retention_time, postscreen_bare_newline_ttl).</summary>
    [Lasts("1s", "365d")]
    public TimeSpan MaxLife { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Entries in the whole fleet. At least 1.</summary>
    [Between(1, int.MaxValue)]
    public int MaxEntries { get; init; } = 10_000_000;

    /// <summary>How long an answer against a client is kept, in memory only. 1ms..1h; 0: not at all.</summary>
    [Lasts("1ms", "1h", ZeroIsOff = true)]
    public TimeSpan FailShare { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whose passes count.</summary>
    public CacheTrust Trust { get; init; } = CacheTrust.SamePolicy;
}

/// <summary>Whose passes count.</summary>
internal enum CacheTrust
{
    /// <summary>Passes that the same policy made.</summary>
    SamePolicy,

    /// <summary>Passes that another policy made, too.</summary>
    Any,
}
