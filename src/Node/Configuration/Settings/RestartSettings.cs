namespace Screening.Node.Configuration;

/// <summary>The settings that a running node cannot change.</summary>
internal static class RestartSettings
{
    /// <summary>
    /// The names of the tables in which some of them differ. Values are compared, not what is shown of them, so a changed secret counts.
    /// </summary>
    public static IReadOnlyList<string> Changed(ScreeningOptions before, ScreeningOptions after) =>
    [
        .. Setting.Of(typeof(ScreeningOptions))
            .Where(table => !AreEqual(table, before, after, table.Definition.Restart))
            .Select(table => table.Name),
    ];

    /// <param name="isFixed">The setting's table cannot be changed.</param>
    private static bool AreEqual(Setting setting, object before, object after, bool isFixed) => setting.Kind switch
    {
        SettingKind.Table => AreEqual(setting.Get(before)!, setting.Get(after)!, isFixed || setting.Definition.Restart),
        _ when !isFixed && !setting.Definition.Restart => true,
        SettingKind.Value => Equals(setting.Get(before), setting.Get(after)),
        SettingKind.Values => setting.GetItems(before).SequenceEqual(setting.GetItems(after)),
        _ => throw new InvalidOperationException($"{setting.Name}: no list of tables takes a restart"),
    };

    private static bool AreEqual(object before, object after, bool isFixed) =>
        Setting.Of(before.GetType()).All(setting => AreEqual(setting, before, after, isFixed));
}
