namespace Screening.Node.Configuration;

/// <summary>Where the whitelist is stored.</summary>
internal sealed record StoreOptions
{
    [Setting("where the whitelist is stored: in a file of one node, in a database that all nodes share, or nowhere")]
    public StoreProvider Provider { get; init; } = StoreProvider.Sqlite;

    [Setting("connection string; needed for postgresql, see [postgresql.md](postgresql.md#access)", Range = "text; a secret")]
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
