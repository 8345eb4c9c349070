using System.Globalization;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Growth;

/// <summary>
/// How cost grows with what there is more of: entries, lists, queries in flight, connections, nodes. Each part writes a table as CSV and
/// a chart as SVG into docs/growth of this checkout.
/// </summary>
internal static class GrowthMode
{
    private static readonly (string Name, Func<Bench, Task<GrowthPart>> MeasureAsync)[] Parts =
    [
        ("entries", _ => Task.FromResult(EntriesGrowth.Measure())),
        ("lists", bench => Task.FromResult(LoadGrowth.Lists(bench))),
        ("in-flight", bench => Task.FromResult(LoadGrowth.InFlight(bench))),
        ("connections", bench => Task.FromResult(LoadGrowth.Connections(bench))),
        ("nodes", NodesGrowth.MeasureAsync),
    ];

    public static async Task<int> RunAsync(Bench bench)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Checkout.Root ?? ".", "docs", "growth")).FullName;
        foreach (var (name, measureAsync) in Parts.Where(p => bench.Options.IsMeantPhase(p.Name)))
        {
            var part = await measureAsync(bench);
            part.Print();
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.csv"), part.Csv());
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.svg"), part.Svg());
        }

        return 0;
    }
}

/// <summary>What one part measured.</summary>
/// <param name="Title">What the chart shows.</param>
/// <param name="Across">What grows.</param>
/// <param name="Up">What the chart's vertical axis counts.</param>
/// <param name="Columns">The figures of each row, the first <paramref name="Charted"/> of which are drawn.</param>
internal sealed record GrowthPart(string Title, string Across, string Up, string[] Columns, int Charted)
{
    private readonly List<(double X, double[] Values)> _rows = [];

    public void Add(double x, params double[] values) => _rows.Add((x, values));

    public string Csv() => string.Join('\n',
        [string.Join(',', [Across, .. Columns]), .. _rows.Select(r => string.Join(',', r.Values.Prepend(r.X).Select(Show))), ""]);

    public string Svg() => new Chart(Title, Across, Up).Draw(
        [.. Columns.Take(Charted).Select((name, i) => new ChartLine(name, [.. _rows.Select(r => (r.X, r.Values[i]))]))]);

    public void Print()
    {
        var table = new Table(Title, [Across, .. Columns]);
        foreach (var (x, values) in _rows)
            table.Add([Show(x), .. values.Select(Show)]);
        table.Print();
    }

    private static string Show(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
