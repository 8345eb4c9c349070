
namespace Screening.Node.Configuration;

/// <summary>Checks of [store].</summary>
internal static class StoreValidator
{
    public static void Check(ValidationContext context)
    {
        var store = context.Options.Store;
        if (store is { Provider: StoreProvider.Postgresql, Connection.IsEmpty: true } && context.IsSound("store.connection"))
            context.Fault(
                "store.provider",
                $"store.provider is postgresql; it must come with store.connection,"
                    + $" which is empty {context.Where("store.connection", "store.provider")}");
        else if (context.IsSound("store.connection") && store.Connection.Reveal() != Secret.Mask && ConnectionStrings.Problem(store) is { } fault)
            context.Fault("store.connection", fault);
        if (store.Connection.Reveal() == Secret.Mask)
            context.Warn(
                "store.connection",
                "store.connection is ***, which config show prints in place of a secret; write the connection string");
    }
}
