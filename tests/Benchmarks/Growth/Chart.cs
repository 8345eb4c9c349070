using System.Globalization;
using System.Text;

namespace Screening.Benchmarks.Growth;

/// <summary>One line of a chart.</summary>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>
/// A line chart as SVG, both axes in powers of ten, small, and readable on a light and on a dark page.
/// </summary>
internal sealed class Chart(string title, string across, string up)
{
    private const int Width = 640;
    private const int Height = 300;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 34;
    private const int Bottom = 44;

    // Named colours of the style below; a chart has three lines at most.
    private static readonly string[] Classes = ["a", "b", "c"];

    public string Draw(IReadOnlyList<ChartLine> lines)
    {
        var points = lines.SelectMany(l => l.Points).Where(p => p is { X: > 0, Y: > 0 }).ToList();
        var (x, y) = (Decades(points.Select(p => p.X)), Decades(points.Select(p => p.Y)));
        var svg = new StringBuilder();
        Add(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" """);
        Add(svg, """font-family="sans-serif" font-size="12">""");
        Add(svg, $"<title>{title}</title>");
        Add(svg, "<style>text{fill:#333}.l{fill:none;stroke-width:2}");
        Add(svg, ".g{stroke:#8886}.a{stroke:#0969da}.b{stroke:#bc4c00}.c{stroke:#1a7f37}");
        Add(svg, "@media(prefers-color-scheme:dark){text{fill:#ddd}.a{stroke:#58a6ff}.b{stroke:#f0883e}.c{stroke:#3fb950}}</style>");
        Add(svg, $"""<text x="{Left}" y="16" font-weight="bold">{title}</text>""");
        Add(svg, $"""<text x="{(Left + Width - Right) / 2}" y="{Height - 6}" text-anchor="middle">{across}</text>""");
        Add(svg, $"""<text transform="translate(12,{(Top + Height - Bottom) / 2})rotate(-90)" text-anchor="middle">{up}</text>""");
        for (var power = x.First; power <= x.Last; power++)
        {
            var at = Place(power, x, Left, Width - Right);
            Add(svg, $"""<path class="g" d="M{at} {Top}V{Height - Bottom}"/>""");
            Add(svg, $"""<text x="{at}" y="{Height - 26}" text-anchor="middle">{Label(power)}</text>""");
        }

        for (var power = y.First; power <= y.Last; power++)
        {
            var at = Place(power, y, Height - Bottom, Top);
            Add(svg, $"""<path class="g" d="M{Left} {at}H{Width - Right}"/>""");
            Add(svg, $"""<text x="{Left - 6}" y="{at + 4}" text-anchor="end">{Label(power)}</text>""");
        }

        foreach (var (number, line) in lines.Index())
        {
            var path = string.Join('L', line.Points.Where(p => p is { X: > 0, Y: > 0 }).Select(p => string.Create(
                CultureInfo.InvariantCulture,
                $"{Place(Math.Log10(p.X), x, Left, Width - Right)} {Place(Math.Log10(p.Y), y, Height - Bottom, Top)}")));
            Add(svg, $"""<path class="l {Classes[number]}" d="M{path}"/>""");
            var (legend, name) = (Left + 10 + (number * 190), line.Name);
            Add(svg, $"""<path class="l {Classes[number]}" d="M{legend} {Top - 8}h18"/>""");
            Add(svg, $"""<text x="{legend + 22}" y="{Top - 4}">{name}</text>""");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Add(StringBuilder svg, FormattableString line) =>
        svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Add(StringBuilder svg, string line) => svg.Append(line).Append('\n');

    private static (int First, int Last) Decades(IEnumerable<double> values)
    {
        var all = values.DefaultIfEmpty(1).ToList();
        var (first, last) = ((int)Math.Floor(Math.Log10(all.Min())), (int)Math.Ceiling(Math.Log10(all.Max())));
        return (first, Math.Max(first + 1, last));
    }

    private static double Place(double power, (int First, int Last) decades, int from, int to) =>
        Math.Round(from + ((power - decades.First) / (decades.Last - decades.First) * (to - from)), 1);

    private static string Label(int power) => power switch
    {
        >= 6 => $"{Math.Pow(10, power - 6):0}M",
        >= 3 => $"{Math.Pow(10, power - 3):0}k",
        _ => Math.Pow(10, power).ToString("0.####", CultureInfo.InvariantCulture),
    };
}
