using System.Text;
using System.Text.Json;

namespace Screening.Node.Commands.Cache;

/// <summary>Lines of the whitelist as a table for people. Columns grow with what they hold, from page to page.</summary>
internal sealed class CacheTable(TimeProvider time)
{
    private static readonly string[] Titles = ["KIND", "ADDRESS", "PROFILE", "LEFT", "BY"];

    private readonly int[] _widths = [.. Titles.Select(t => t.Length)];
    private bool _hasTitles;

    /// <summary>The next lines; empty if there are none.</summary>
    public string Write(IReadOnlyList<JsonElement> page)
    {
        var rows = page.Select(RowOf).ToList();
        foreach (var row in rows)
        {
            for (var i = 0; i < _widths.Length; i++)
                _widths[i] = Math.Max(_widths[i], row[i].Length);
        }

        var text = new StringBuilder();
        if (!_hasTitles && rows.Count > 0)
            Append(text, [.. Titles, "REASON"]);
        _hasTitles |= rows.Count > 0;
        foreach (var row in rows)
            Append(text, row);
        return text.ToString();
    }

    private string[] RowOf(JsonElement line) =>
    [
        CacheText.KindOf(line), CacheText.String(line, "address"), CacheText.String(line, "profile"), CacheText.LeftOf(line, time),
        CacheText.String(line, "by"), CacheText.String(line, "reason"),
    ];

    private void Append(StringBuilder text, string[] row)
    {
        var line = string.Join("  ", row.Select((cell, i) => i < _widths.Length ? cell.PadRight(_widths[i]) : cell));
        text.Append(line.TrimEnd()).Append('\n');
    }
}
