namespace Screening.Node.Configuration;

/// <summary>Where the whitelist is stored. <c>[store]</c></summary>
internal sealed record StoreOptions
{
    /// <summary>sqlite (a cluster of one), postgresql or memory (postscreen_cache_map).</summary>
    public StoreProvider Provider { get; init; } = StoreProvider.Sqlite;

    /// <summary>Connection string; needed by postgresql. A secret.</summary>
    public Secret Connection { get; init; } = Secret.Empty;
}

/// <summary>Where the whitelist is stored.</summary>
internal enum StoreProvider
{
    /// <summary>A file of this node; only for a cluster of one.</summary>
    Sqlite,

    /// <summary>A database that all nodes share.</summary>
    Postgresql,

    /// <summary>Nowhere: gone when the fleet stops.</summary>
    Memory,
}
