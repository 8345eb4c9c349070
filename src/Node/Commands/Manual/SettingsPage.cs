using Screening.Node.Configuration;

namespace Screening.Node.Commands.Manual;

/// <summary>screening.toml(5): every setting with its default, by what its definition says.</summary>
internal static class SettingsPage
{
    public static string Create()
    {
        var page = new ManualText("screening.toml", 5, "configuration of screening(1)");
        page.Section("DESCRIPTION");
        page.Paragraph(
            "One file in TOML. A program takes the first that is there: --config FILE, $SCREENING_CONFIG, ./screening.toml, "
            + "/etc/screening/screening.toml. Every setting has a default; without any file a node runs.");
        page.Paragraph(
            "The environment overrides the file: SCREENING__VERDICT__DEADLINE=800ms. --set verdict.deadline=800ms overrides both. Such a "
            + "value is TOML if it can be read as TOML, else a string.");
        page.Paragraph(
            "Durations are a number and ms, s, m, h or d. Scores and weights are whole numbers; positive ones speak against a client. An "
            + "unknown key, a wrong type or an impossible combination is a fault; \"screening config check\" prints all of them with "
            + "their lines.");
        page.Paragraph(
            "On SIGHUP, and when the file changes, a running node reads it again. A file with a fault leaves the old settings in force. "
            + "Tables marked [restart] take effect at the next start.");
        page.Section("SETTINGS");
        Add(page, new ScreeningOptions(), "");
        page.SeeAlso("screening(1), screening_postfix(7), /usr/share/doc/screening/docs/screening.toml (all settings, to copy from)");
        return page.ToString();
    }

    private static void Add(ManualText page, object owner, string prefix)
    {
        foreach (var table in Setting.Of(owner.GetType()))
        {
            var path = prefix + table.Name;
            switch (table.Kind)
            {
                case SettingKind.Table when prefix.Length == 0:
                    AddTable(page, $"[{path}]", table, table.Get(owner)!, path);
                    break;
                case SettingKind.Tables:
                    AddTable(page, $"[[{path}]]", table, Activator.CreateInstance(table.Type)!, path);
                    break;
                case SettingKind.Profiles:
                    AddTable(page, $"[{path}.NAME]", table, new ProfileOptions(), path: null);
                    break;
            }
        }
    }

    private static void AddTable(ManualText page, string title, Setting table, object defaults, string? path)
    {
        page.Part(table.Definition.Restart ? $"{title} [restart]" : title);
        page.Paragraph(table.Description);
        foreach (var setting in Setting.Of(defaults.GetType()).Where(s => s.Kind != SettingKind.Tables || path is null))
            page.Item(setting.Name, "", setting.Description, $"Default: {DefaultOf(setting, defaults)}");
        if (path is not null)
            Add(page, defaults, path + '.');
    }

    private static string DefaultOf(Setting setting, object owner) => setting.Definition switch
    {
        { Default: { Length: > 0 } words } => words.Replace("`", "", StringComparison.Ordinal),
        { IsNeeded: true } => "none, it must be given",
        _ => OptionsTree.Of(setting, owner) is { } node ? TomlText.Inline(node) : "none",
    };
}
