namespace Screening.Node.Configuration;

/// <summary>Rules of [store].</summary>
internal static class StoreRules
{
    public static void Check(RuleContext context)
    {
        var store = context.Options.Store;
        if (store is { Provider: StoreProvider.Postgresql, Connection.IsEmpty: true } && context.IsSound("store.connection"))
            context.Fault(
                "store.provider",
                $"store.provider is postgresql; it must come with store.connection,"
                    + $" which is empty {context.Where("store.connection", "store.provider")}");
        if (store.Connection.Reveal() == Secret.Mask)
            context.Warn(
                "store.connection",
                "store.connection: *** stands for a secret that config show hid; put the connection string back");
    }
}
