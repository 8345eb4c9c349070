using Screening.Actors.Whitelist;
using Screening.Node.Configuration;

namespace Screening.Node.Store;

/// <summary>Makes the store that <c>[store]</c> asks for. Nothing is opened yet.</summary>
internal static class StoreFactory
{
    /// <exception cref="StoreException">store.connection is not a connection string.</exception>
    public static IWhitelistStore Create(ScreeningOptions options) => options.Store.Provider switch
    {
        StoreProvider.Sqlite => new SqliteStore(options.Node.DataDir, options.Store.ConnectionString),
        StoreProvider.Postgresql => new PostgresStore(options.Node.Name, options.Store.ConnectionString),
        _ => new MemoryStore(),
    };
}
