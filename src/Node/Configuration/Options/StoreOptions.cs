using Screening.Node.Platform;

namespace Screening.Node.Configuration;

/// <summary>Where the whitelist is stored.</summary>
internal sealed record StoreOptions
{
    private const int MaxConnectionBytes = 64 * 1024;

    [Setting("where the whitelist is stored: in a file of one node, in a database that all nodes share, or nowhere")]
    public StoreProvider Provider { get; init; } = StoreProvider.Sqlite;

    [Setting("connection string; needed for postgresql, see [postgresql.md](postgresql.md#access)", Range = "text; a secret")]
    public Secret Connection { get; init; } = Secret.Empty;

    [Setting("a file that holds the connection string, in place of `connection`; read at the start")]
    [ReadableFile]
    public string ConnectionFile { get; init; } = "";

    /// <summary>The connection string, wherever it is given.</summary>
    public Secret ConnectionString => ConnectionFile.Length == 0 ? Connection : new Secret(ReadConnectionFile());

    // A file that cannot be read is a fault of its own.
    private string ReadConnectionFile() =>
        TextFile.TryRead(ConnectionFile, MaxConnectionBytes, out var text, out _) ? text.Trim() : "";
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
