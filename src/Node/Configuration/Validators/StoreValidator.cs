namespace Screening.Node.Configuration;

/// <summary>Checks of [store].</summary>
internal static class StoreValidator
{
    public static void Check(ValidationContext context)
    {
        const string Connection = "store.connection";
        var store = context.Options.Store;
        if (store.Connection.Reveal() == Secret.Mask)
            context.Warn(Connection, $"{Connection} is ***, which config show prints in place of a secret; write the connection string");
        if (!context.IsSound(Connection))
            return;
        if (store is { Provider: StoreProvider.Postgresql, Connection.IsEmpty: true })
            context.NeedsToo("store.provider", store.Provider, Connection);
        else if (store.Connection.Reveal() != Secret.Mask && ConnectionStrings.Problem(store) is { } fault)
            context.Fault(Connection, fault);
    }
}
