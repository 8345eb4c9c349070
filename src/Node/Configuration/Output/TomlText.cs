using System.Globalization;
using System.Text;

namespace Screening.Node.Configuration;

/// <summary>Writes a tree of settings as TOML, with each value's place behind it.</summary>
internal static class TomlText
{
    /// <param name="root">A tree as <see cref="OptionsTree"/> makes it: values stand in tables, never beside them at the top.</param>
    public static string Write(SettingTable root)
    {
        var text = new StringBuilder();
        foreach (var (name, node) in root.Entries)
        {
            if (name == "profile")
            {
                foreach (var (profile, settings) in ((SettingTable)node).Entries)
                    WriteTable(text, $"profile.{profile}", (SettingTable)settings);
            }
            else if (node is SettingTable table)
            {
                WriteTable(text, name, table);
            }
            else
            {
                WriteTables(text, name, (SettingList)node);
            }
        }

        return text.ToString().TrimStart('\n');
    }

    private static void WriteTable(StringBuilder text, string name, SettingTable table)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n[{name}]\n");
        WriteValues(text, table, "", inlineTables: !name.StartsWith("profile.", StringComparison.Ordinal));
        foreach (var (path, list) in ListsOfTables(table, name))
            WriteTables(text, path, list);
    }

    private static void WriteTables(StringBuilder text, string name, SettingList list)
    {
        foreach (var item in list.Items.Cast<SettingTable>())
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[[{name}]]\n");
            WriteValues(text, item, "", inlineTables: true);
        }
    }

    private static void WriteValues(StringBuilder text, SettingTable table, string prefix, bool inlineTables)
    {
        foreach (var (key, node) in table.Entries)
        {
            if (node is SettingTable inner && !inlineTables)
                WriteValues(text, inner, prefix + key + '.', inlineTables);
            else if (!IsListOfTables(node))
                text.Append(CultureInfo.InvariantCulture, $"{prefix}{key} = {Inline(node)}{Comment(node)}\n");
            else if (((SettingList)node).Items.Count == 0 && node.Place.Kind != PlaceKind.Default)
                text.Append(CultureInfo.InvariantCulture, $"{prefix}{key} = []{Comment(node)}\n");
        }
    }

    private static IEnumerable<(string Path, SettingList List)> ListsOfTables(SettingTable table, string name)
    {
        foreach (var (key, node) in table.Entries)
        {
            if (node is SettingTable inner)
            {
                foreach (var found in ListsOfTables(inner, $"{name}.{key}"))
                    yield return found;
            }
            else if (IsListOfTables(node) && node is SettingList { Items.Count: > 0 } list)
            {
                yield return ($"{name}.{key}", list);
            }
        }
    }

    private static bool IsListOfTables(SettingNode node) =>
        node is SettingList list && (list.Items.Count == 0 ? list is not { IsOfValues: true } : list.Items[0] is SettingTable);

    /// <summary>A node as it stands behind <c>name =</c>.</summary>
    public static string Inline(SettingNode node) => node switch
    {
        SettingTable table => "{ " + string.Join(", ", table.Entries.Select(entry => $"{entry.Key} = {Inline(entry.Value)}")) + " }",
        SettingList list => "[" + string.Join(", ", list.Items.Select(Inline)) + "]",
        SettingValue { Value: string text } => Quoted(text),
        SettingValue { Value: bool flag } => flag ? "true" : "false",
        SettingValue { Value: long number } => number.ToString(CultureInfo.InvariantCulture),
        _ => "\"\"",
    };

    private static string Comment(SettingNode node)
    {
        var places = Places(node).Where(place => place != ConfigurationPlace.Default).Select(Short).Distinct();
        var comment = string.Join(", ", places);
        return comment.Length == 0 ? "" : " # " + comment;
    }

    private static IEnumerable<ConfigurationPlace> Places(SettingNode node) =>
        node is SettingTable table ? table.Entries.SelectMany(entry => Places(entry.Value)) : [node.Place];

    private static string Short(ConfigurationPlace place) => place.Kind switch
    {
        PlaceKind.Default => place.Name,
        PlaceKind.Environment => "environment",
        PlaceKind.Set => "--set",
        _ => string.Concat(place.ToString().Select(letter => char.IsControl(letter) ? '?' : letter)),
    };

    /// <summary>A text as a basic string of TOML, control characters escaped.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
        {
            if (letter is '"' or '\\')
                quoted.Append('\\').Append(letter);
            else if (char.IsControl(letter))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                quoted.Append(letter);
        }

        return quoted.Append('"').ToString();
    }
}
