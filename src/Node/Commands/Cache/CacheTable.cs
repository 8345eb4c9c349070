using System.Text;
using Screening.Node.Api;
using Screening.Node.Commands.Display;
using Spectre.Console;

namespace Screening.Node.Commands.Cache;

/// <summary>Lines of the whitelist as a table for people. Columns grow with what they hold, from page to page.</summary>
internal sealed class CacheTable(Screen screen, TimeProvider time)
{
    private static readonly string[] Titles = ["KIND", "ADDRESS", "PROFILE", "LEFT", "BY", "REASON"];

    // Not of the last column: nothing follows it.
    private readonly int[] _widths = [.. Titles.SkipLast(1).Select(t => t.Length)];

    /// <summary>True once there was a line.</summary>
    public bool HasLines { get; private set; }

    /// <summary>The next lines, the titles before the first; empty if there are none.</summary>
    public string Write(IReadOnlyList<CacheLine> page)
    {
        var rows = page.Select(RowOf).ToList();
        foreach (var row in rows)
        {
            for (var i = 0; i < _widths.Length; i++)
                _widths[i] = Math.Max(_widths[i], ShownText.WidthOf(row[i]));
        }

        if (!HasLines && rows.Count > 0)
            rows.Insert(0, Titles);
        HasLines |= rows.Count > 0;
        return screen.IsTerminal && rows.Count > 0 ? screen.TextOf(Coloured(rows)) : Plain(rows);
    }

    private string[] RowOf(CacheLine line) =>
    [
        CacheText.KindOf(line), line.Address ?? "", line.Profile ?? "", CacheText.LeftOf(line, time), line.By ?? "", line.Reason ?? "",
    ];

    private string Plain(IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append(Line(row).TrimEnd()).Append('\n');
        return text.ToString();
    }

    private Paragraph Coloured(List<string[]> rows)
    {
        var text = new Paragraph();
        foreach (var row in rows)
        {
            var (kind, line) = (row[0], ShownText.Fit(Line(row).TrimEnd(), screen.Width));
            var isTitle = ReferenceEquals(row, Titles);
            text.Append(kind, isTitle ? Palette.Faint : Palette.OfAction(kind))
                .Append(line[kind.Length..] + "\n", isTitle ? Palette.Faint : Style.Plain);
        }

        return text;
    }

    private string Line(string[] row) =>
        string.Join("  ", row.Select((cell, i) => i < _widths.Length ? ShownText.Pad(cell, _widths[i]) : cell));
}
