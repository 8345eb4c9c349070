using System.Globalization;

namespace Screening.Benchmarks.Macro;

/// <summary>A table in markdown, for the terminal and for the pages of the manual.</summary>
internal sealed class Table(string title, params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Print()
    {
        Console.WriteLine($"### {title}");
        Console.WriteLine();
        Console.WriteLine(Line(columns));
        Console.WriteLine(Line([.. columns.Select((_, i) => i == 0 ? "---" : "---:")]));
        foreach (var row in _rows)
            Console.WriteLine(Line(row));
        Console.WriteLine();
    }

    private static string Line(string[] cells) => $"| {string.Join(" | ", cells)} |";
}

/// <summary>Numbers as tables show them.</summary>
internal static class Figures
{
    public static double Median(this IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The value that this share of all does not exceed; 0 when there are none.</summary>
    /// <param name="sorted">The values in order.</param>
    public static double At(this IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    public static string Rate(this double perSecond) => perSecond.ToString("N0", CultureInfo.InvariantCulture);

    public static string Ratio(this double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);

    public static string Figure(this double value) => value.ToString(Math.Abs(value) < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);

    public static string Share(this double share) =>
        share.ToString("P1", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal);

    public static string Milliseconds(this TimeSpan span) => Figure(span.TotalMilliseconds);
}
