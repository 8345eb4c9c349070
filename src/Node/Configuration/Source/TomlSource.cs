using System.Collections.Immutable;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Screening.Node.Configuration;

/// <summary>Reads TOML into <see cref="SettingNode"/>s that know their lines. Never throws on text.</summary>
internal static class TomlSource
{
    /// <summary>Reads a whole file into <paramref name="root"/>.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="fileName">The file's name, as faults show it.</param>
    /// <param name="root">Takes what could be read.</param>
    /// <returns>Faults of syntax; keys given twice are among them.</returns>
    public static ImmutableArray<SyntaxFault> Read(string text, string fileName, SettingTable root)
    {
        if (!TryParse(text, out var document, out var problem))
            return [new SyntaxFault(new ConfigurationPlace(PlaceKind.File, fileName), problem, Derails: true)];
        var reader = new Reader(span => new ConfigurationPlace(PlaceKind.File, fileName, span.Start.Line + 1, span.Start.Column + 1));
        reader.ReadEntries(document.KeyValues, root);
        foreach (var table in document.Tables)
            reader.ReadEntries(table.Items, reader.Open(table, root));
        return TomlFaults.Of(document.Diagnostics, text, fileName);
    }

    /// <summary>Reads a value as it stands behind <c>--set path=</c>: TOML if it parses as TOML, else a string.</summary>
    public static SettingNode ReadValue(string text, ConfigurationPlace place)
    {
        if (TryParse("v = " + text, out var document, out _) && !document.HasErrors
            && document.KeyValues.ChildrenCount == 1 && document.Tables.ChildrenCount == 0)
        {
            return new Reader(_ => place).ReadValue(document.KeyValues.GetChild(0)!.Value!);
        }

        return new SettingValue(text, text, place);
    }

    private static bool TryParse(string text, out DocumentSyntax document, out string problem)
    {
        try
        {
            document = SyntaxParser.Parse(text, "", validate: true);
            problem = "";
            return true;
        }
        catch (Exception exception) when (exception is TomlException or ArgumentException)
        {
            // TomlException: deeper than Tomlyn's limit of 64. ArgumentException: its lexer meets half a surrogate pair behind a backslash.
            document = null!;
            problem = "not TOML: nested more than 64 deep, or not Unicode";
            return false;
        }
    }

    private sealed class Reader(Func<SourceSpan, ConfigurationPlace> place)
    {
        public SettingTable Open(TableSyntaxBase syntax, SettingTable root)
        {
            var here = place(syntax.Span);
            var path = Path(syntax.Name);
            if (path.IsEmpty)
                return new SettingTable(here);
            var parent = path[..^1].Aggregate(root, (table, key) => table.TableAt(key, here));
            if (syntax is not TableArraySyntax)
                return parent.TableAt(path[^1], here);
            var item = new SettingTable(here);
            if (parent[path[^1]] is SettingList list)
                list.Add(item);
            else
                parent[path[^1]] = new SettingList([item], here);
            return item;
        }

        public void ReadEntries(IEnumerable<KeyValueSyntax> entries, SettingTable table)
        {
            foreach (var entry in entries)
            {
                var path = Path(entry.Key);
                if (path.IsEmpty || entry.Value is null)
                    continue;
                var here = place(entry.Span);
                path[..^1].Aggregate(table, (inner, key) => inner.TableAt(key, here))[path[^1]] = ReadValue(entry.Value);
            }
        }

        public SettingNode ReadValue(ValueSyntax syntax)
        {
            var here = place(syntax.Span);
            switch (syntax)
            {
                case ArraySyntax array:
                    return new SettingList(array.Items.Where(item => item.Value is not null).Select(item => ReadValue(item.Value!)), here);
                case InlineTableSyntax inline:
                    var table = new SettingTable(here);
                    ReadEntries(inline.Items.Select(item => item.KeyValue).OfType<KeyValueSyntax>(), table);
                    return table;
                default:
                    return new SettingValue(Scalar(syntax), SourceOf(syntax), here);
            }
        }

        private static object? Scalar(ValueSyntax syntax) => syntax switch
        {
            StringValueSyntax text => text.Value ?? "",
            IntegerValueSyntax integer => integer.Value,
            FloatValueSyntax number => number.Value,
            BooleanValueSyntax boolean => boolean.Value,
            _ => null,
        };

        private static string SourceOf(ValueSyntax syntax) => (syntax switch
        {
            IntegerValueSyntax integer => integer.Token?.Text,
            FloatValueSyntax number => number.Token?.Text,
            BooleanValueSyntax boolean => boolean.Token?.Text,
            DateTimeValueSyntax date => date.Token?.Text,
            _ => null,
        }) ?? syntax.ToString().Trim();

        private static ImmutableArray<string> Path(KeySyntax? key) =>
            key is null ? [] : [Name(key.Key), .. key.DotKeys.Select(dotted => Name(dotted.Key))];

        private static string Name(BareKeyOrStringValueSyntax? key) => key switch
        {
            BareKeySyntax bare => bare.Key?.Text ?? "",
            StringValueSyntax quoted => quoted.Value ?? "",
            _ => "",
        };
    }
}
