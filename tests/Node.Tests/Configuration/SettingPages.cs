using System.Text;
using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

/// <summary>Writes what <c>docs</c> says of settings from their definitions.</summary>
internal static class SettingPages
{
    private const int Columns = 120;
    private const string Inherited = "inherited";

    /// <summary>A table of settings: its path in the file, its definition, and its options as they are by default.</summary>
    internal sealed record Page(string Path, Setting Table, object Defaults)
    {
        public IEnumerable<Setting> Settings => Setting.Of(Defaults.GetType());

        // A list of tables has a page of its own, unless a profile repeats it.
        public IEnumerable<Setting> Rows =>
            Settings.Where(setting => setting.Kind != SettingKind.Tables || setting.Definition.Default.Length > 0);
    }

    /// <summary>All tables, in the order of the file.</summary>
    public static IReadOnlyList<Page> All { get; } = [.. Of(new ScreeningOptions(), "")];

    /// <summary>A table as <c>docs/configuration.md</c> has it, with when a change takes effect.</summary>
    public static string Markdown(Page page)
    {
        var hasPostfix = page.Rows.Any(setting => setting.Definition.Postfix.Length > 0);
        string[] columns = ["name", "default", "range", "meaning", .. hasPostfix ? new[] { "Postfix" } : []];
        var text = new StringBuilder();
        if (!page.Path.Contains('.', StringComparison.Ordinal))
            text.Append($"A change takes effect at {(page.Table.Definition.Restart ? "the next start" : "a reload")}.\n\n");
        Row(columns);
        text.Append('|').Insert(text.Length, "---|", columns.Length).Append('\n');
        foreach (var setting in page.Rows)
        {
            var definition = setting.Definition;
            Row([$"`{setting.Name}`", DefaultOf(setting, page.Defaults), setting.Range, definition.Meaning, definition.Postfix]);
        }

        return text.ToString();

        void Row(string[] cells)
        {
            foreach (var cell in cells.Take(columns.Length))
                text.Append(cell.Length > 0 ? $"| {cell} " : "| ");
            text.Append("|\n");
        }
    }

    /// <summary>The tables of <c>docs/screening.toml</c>.</summary>
    public static string Sample() => string.Concat(All.Select(Sample));

    private static IEnumerable<Page> Of(object owner, string prefix)
    {
        foreach (var setting in Setting.Of(owner.GetType()))
        {
            var path = prefix + setting.Name;
            var defaults = setting.Kind switch
            {
                SettingKind.Table when prefix.Length == 0 => setting.Get(owner),
                SettingKind.Tables => Activator.CreateInstance(setting.Type),
                SettingKind.Profiles => new ProfileOptions(),
                _ => null,
            };
            if (defaults is null)
                continue;
            yield return new Page(path, setting, defaults);
            foreach (var inner in setting.Kind == SettingKind.Profiles ? [] : Of(defaults, path + '.'))
                yield return inner;
        }
    }

    private static string Sample(Page page)
    {
        var text = new StringBuilder("\n\n");
        var restart = page.Table.Definition.Restart ? " [restart]" : "";
        Comment(text, page.Table.Description + restart);
        text.Append(page.Table.Kind switch
        {
            SettingKind.Table => $"[{page.Path}]\n",
            SettingKind.Tables => $"#[[{page.Path}]]\n",
            _ => $"#[{page.Path}.strict]\n",
        });
        foreach (var setting in page.Rows)
        {
            var (example, words) = (setting.Definition.Example, setting.Definition.Default.Replace("`", "", StringComparison.Ordinal));
            if (example.Length == 0 && words == Inherited)
                continue;
            text.Append('\n');
            Comment(text, setting.Description + (words.Length > 0 ? $"; default: {words}" : ""));
            var value = example.Length > 0 ? example : TomlText.Inline(OptionsTree.Of(setting, page.Defaults)!);
            text.Append(words == Inherited ? $"#{value}\n" : $"#{setting.Name} = {value}\n");
        }

        return text.ToString();
    }

    private static void Comment(StringBuilder text, string comment)
    {
        var line = new StringBuilder("#");
        foreach (var word in comment.Split(' '))
        {
            if (line.Length + 1 + word.Length > Columns)
            {
                text.Append(line).Append('\n');
                line.Clear().Append('#');
            }

            line.Append(' ').Append(word);
        }

        text.Append(line).Append('\n');
    }

    private static string DefaultOf(Setting setting, object owner) => setting.Definition switch
    {
        { Default: { Length: > 0 } words } => words,
        { IsNeeded: true } => "needed",
        _ => OptionsTree.Of(setting, owner) is { } node ? $"`{TomlText.Inline(node)}`" : "",
    };
}
