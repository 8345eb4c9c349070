using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>The tables of settings that a running node cannot change.</summary>
internal static class FixedSettings
{
    private static readonly ImmutableHashSet<string> Tables =
        ["node", "endpoints", "dnsbl_zone", "cache", "limits", "store", "cluster", "http", "log"];

    /// <summary>The names of those that differ. Values are compared, secrets included.</summary>
    public static IReadOnlyList<string> Changed(ScreeningOptions before, ScreeningOptions after) =>
    [
        .. SettingSchema.Of(typeof(ScreeningOptions))
            .Where(table => Tables.Contains(table.Name) && !AreEqual(table, before, after))
            .Select(table => table.Name),
    ];

    private static bool AreEqual(Setting setting, object before, object after) => setting.Kind switch
    {
        SettingKind.Value => Equals(setting.Get(before), setting.Get(after)),
        SettingKind.Values => setting.GetItems(before).SequenceEqual(setting.GetItems(after)),
        SettingKind.Table => AreEqual(setting.Get(before)!, setting.Get(after)!),
        SettingKind.Tables => AreEqual([.. setting.GetItems(before)], [.. setting.GetItems(after)]),
        _ => throw new InvalidOperationException($"{setting.Name}: profiles are not fixed"),
    };

    private static bool AreEqual(ImmutableArray<object> before, ImmutableArray<object> after) =>
        before.Length == after.Length && before.Zip(after, AreEqual).All(areEqual => areEqual);

    private static bool AreEqual(object before, object after) =>
        SettingSchema.Of(before.GetType()).All(setting => AreEqual(setting, before, after));
}
