namespace Screening.Node.Configuration;

/// <summary>Checks of [store].</summary>
internal static class StoreValidator
{
    public static void Check(ValidationContext context)
    {
        const string Connection = "store.connection";
        const string ConnectionFile = "store.connection_file";
        var store = context.Options.Store;
        if (store.Connection.Reveal() == Secret.Mask)
            context.Warn(Connection, $"{Connection} is ***, which config show prints in place of a secret; write the connection string");
        if (!context.IsSound(Connection) || !context.IsSound(ConnectionFile))
            return;
        var given = store.ConnectionFile.Length > 0 ? ConnectionFile : Connection;
        if (given == ConnectionFile && !store.Connection.IsEmpty)
        {
            context.Fault(
                ConnectionFile,
                $"{ConnectionFile} is given; it must be without {Connection} {context.Where(Connection, ConnectionFile)}");
        }
        else if (store.Provider == StoreProvider.Postgresql && store.ConnectionString.IsEmpty)
            context.NeedsToo("store.provider", store.Provider, given);
        else if (store.Connection.Reveal() != Secret.Mask && ConnectionStrings.Problem(store) is { } fault)
            context.Fault(given, fault.Replace(Connection, given, StringComparison.Ordinal));
    }
}
