using Spectre.Console;

namespace Screening.Node.Commands.Display;

/// <summary>A cell: a text and its style.</summary>
internal readonly record struct Cell(string Text, Style Style)
{
    public static implicit operator Cell(string text) => new(text, Style.Plain);
}

/// <summary>
/// Rows whose columns are aligned, two blanks between them. The last column takes what is left of the width, broken between words; a word
/// that is longer than that, such as the path of a socket, stays whole, so that it can be copied.
/// </summary>
internal sealed class AlignedRows(string indent)
{
    private const int Gap = 2;

    private readonly List<Cell[]> _rows = [];

    /// <summary>Adds a row. All rows have as many cells.</summary>
    public void Add(params Cell[] row) => _rows.Add(row);

    /// <summary>Appends all rows, each behind the end of a line.</summary>
    public void AppendTo(Paragraph text, int width)
    {
        if (_rows.Count == 0)
            return;
        var last = _rows[0].Length - 1;
        var widths = Enumerable.Range(0, last).Select(i => _rows.Max(row => ShownText.WidthOf(row[i].Text))).ToList();
        var column = indent.Length + widths.Sum(w => w + Gap);
        foreach (var row in _rows)
        {
            text.Append("\n" + indent);
            foreach (var (cell, cellWidth) in row.Zip(widths))
                text.Append(cell.Text, cell.Style).Append(new string(' ', cellWidth + Gap - ShownText.WidthOf(cell.Text)));
            text.Append(string.Join("\n" + new string(' ', column), ShownText.Wrap(row[last].Text, width - column)), row[last].Style);
        }
    }
}
