using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Prometheus;

/// <summary>The dashboard as a file: its shape, and what its panels tell.</summary>
public sealed partial class DashboardTests
{
    private static readonly JsonElement Dashboard =
        JsonElement.Parse(File.ReadAllText(Repository.File("deploy/grafana/screening.json")));

    private static List<JsonElement> Panels =>
        [.. Dashboard.GetProperty("panels").EnumerateArray().Where(panel => TextOf(panel, "type") != "row")];

    /// <summary>The expressions of panels.</summary>
    public static IEnumerable<string> PanelExpressions(JsonElement dashboard) =>
        dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => TextOf(target, "expr"));

    /// <summary>These and the expressions of annotations, which have values only now and then.</summary>
    public static IEnumerable<string> AllExpressions(JsonElement dashboard) => PanelExpressions(dashboard).Concat(
        dashboard.GetProperty("annotations").GetProperty("list").EnumerateArray().Select(annotation => TextOf(annotation, "expr")));

    [Fact]
    public void Each_panel_has_what_a_reader_needs()
    {
        Assert.NotEmpty(Panels);
        Assert.All(Panels, panel =>
        {
            var title = TextOf(panel, "title");
            Assert.True(TextOf(panel, "description").Length > 20, title);
            Assert.True(TextOf(panel.GetProperty("fieldConfig").GetProperty("defaults"), "unit").Length > 0, title);
            Assert.True(TextOf(panel, "type") is "stat" or "timeseries", title);
            Assert.All(
                panel.GetProperty("targets").EnumerateArray(), target => Assert.True(TextOf(target, "legendFormat").Length > 0, title));
        });
    }

    [Fact]
    public void Panels_have_numbers_of_their_own_and_do_not_overlap()
    {
        var all = Dashboard.GetProperty("panels").EnumerateArray().ToList();
        Assert.Equal(all.Count, all.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var cells = all.SelectMany(CellsOf).ToList();
        Assert.All(cells, cell => Assert.InRange(cell.X, 0, 23));
        Assert.Equal(cells.Count, cells.Distinct().Count());
    }

    [Fact]
    public void Each_expression_follows_the_variables() => Assert.All(
        AllExpressions(Dashboard).Where(expression => !expression.Contains("ALERTS", StringComparison.Ordinal)),
        expression => Assert.Equal(
            Metric().Count(expression), Regex.Count(expression, "\\{job=~\"\\$job\", instance=~\"\\$instance\"[,}]")));

    [Fact]
    public void Each_link_leads_to_a_section_of_the_runbook()
    {
        var sections = File.ReadLines(Repository.File("docs/alerts.md")).Where(line => line.StartsWith("## ", StringComparison.Ordinal))
            .Select(line => "${docs}/alerts.md#" + line[3..].ToLowerInvariant()).ToHashSet();
        var links = Panels.Where(panel => panel.TryGetProperty("links", out _))
            .SelectMany(panel => panel.GetProperty("links").EnumerateArray()).Select(link => TextOf(link, "url")).ToHashSet();

        Assert.Empty(links.Except(sections));
        Assert.DoesNotContain(sections.Except(links), section => !section.EndsWith("notmonitored", StringComparison.Ordinal));
    }

    private static string TextOf(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static IEnumerable<(int X, int Y)> CellsOf(JsonElement panel)
    {
        var place = panel.GetProperty("gridPos");
        var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
        return
            from right in Enumerable.Range(x, place.GetProperty("w").GetInt32())
            from down in Enumerable.Range(y, place.GetProperty("h").GetInt32())
            select (right, down);
    }

    [GeneratedRegex("\\b(screening|process|dotnet)_[a-z_]+|\\bup\\b")]
    private static partial Regex Metric();
}
