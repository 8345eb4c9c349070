using Screening.Node.Configuration;

namespace Screening.Node.Hosting;

/// <summary>The tables of settings that a running node can't change.</summary>
internal static class FixedSettings
{
    private static readonly string[] Tables =
        ["node", "endpoints", "dnsbl_zone", "cache", "limits", "store", "cluster", "http", "log"];

    private static readonly Dictionary<string, ConfigurationPlace> NoOrigins = [];

    /// <summary>Which of them differ, by name.</summary>
    public static IReadOnlyList<string> Changed(ScreeningOptions before, ScreeningOptions after)
    {
        var (old, now) = (Show(before), Show(after));
        return [.. Tables.Where(table => old.GetValueOrDefault(table) != now.GetValueOrDefault(table))];
    }

    // The text of each table as `config show` prints it.
    private static Dictionary<string, string> Show(ScreeningOptions options)
    {
        var tables = new Dictionary<string, string>();
        var table = "";
        foreach (var line in TomlText.Write(OptionsTree.Of(options, NoOrigins)).Split('\n'))
        {
            if (line.StartsWith('['))
                table = line.Trim('[', ']');
            else
                tables[table] = tables.GetValueOrDefault(table) + line + "\n";
        }

        return tables;
    }
}
