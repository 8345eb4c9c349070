using System.Text.Json;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Prometheus;

/// <summary>Rules and dashboard, asked of a real Prometheus that watches two nodes under load.</summary>
public sealed class WatchedFleetTests(WatchedFleet fleet) : IClassFixture<WatchedFleet>
{
    // Shorter than Grafana's, since the server has seen a few seconds only.
    private const string RateInterval = "15s";

    private static readonly JsonElement Dashboard =
        JsonElement.Parse(File.ReadAllText(Repository.File("deploy/grafana/screening.json")));

    [SkippableFact]
    public async Task Needs_Prometheus__Each_expression_of_the_dashboard_has_a_value()
    {
        var server = await fleet.StartAsync();
        var empty = Expressions(DashboardTests.PanelExpressions(Dashboard)).ToList();
        Assert.InRange(empty.Count, 50, 500);
        await Poll.UntilAsync(
            async () =>
            {
                foreach (var expression in empty.ToList())
                {
                    if ((await server.ValuesAsync(expression)).Any(double.IsFinite))
                        empty.Remove(expression);
                }

                return empty.Count == 0;
            },
            Waiting.Limit, "a value of each expression", () => string.Join('\n', empty));
    }

    [SkippableFact]
    public async Task Needs_Prometheus__The_dashboard_finds_both_nodes_by_its_variables()
    {
        var server = await fleet.StartAsync();
        Assert.Equal(2, (await server.ValuesAsync("count by (instance) (screening_build_info{job=~\"screening\"})")).Count);
        var definitions = Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Where(variable => variable.GetProperty("type").GetString() == "query")
            .Select(variable => variable.GetProperty("query").GetProperty("query").GetString()!).ToList();
        Assert.Equal(
            ["label_values(screening_build_info, job)", "label_values(screening_build_info{job=~\"$job\"}, instance)"], definitions);
    }

    [SkippableFact]
    public async Task Needs_Prometheus__The_product_has_each_metric_and_label_of_rules_and_dashboard()
    {
        var server = await fleet.StartAsync();
        await Poll.UntilAsync(
            async () => (await server.ValuesAsync("screening_connections_refused_total")).Count > 0, Waiting.Limit, "a refused connection");
        var metrics = MetricsInUse.Of(await server.GetAsync("series?match[]={job=\"screening\"}"), await server.GetAsync("metadata"));
        var rules = await RulesAsync(server);
        Assert.NotEmpty(rules);
        var used = rules.Select(rule => rule.GetProperty("query").GetString()!)
            .Concat(Expressions(DashboardTests.AllExpressions(Dashboard)));
        Assert.Empty(used.SelectMany(metrics.FaultsOf));

        // What it would say of a name that is misspelt.
        Assert.Single(metrics.FaultsOf("rate(screening_verdict_total[5m])"));
        Assert.Single(metrics.FaultsOf("screening_check_total{checks=\"zen\"}"));
        Assert.Single(metrics.FaultsOf("sum by (checks) (screening_check_total)"));
    }

    [SkippableFact]
    public async Task Needs_Prometheus__Each_rule_can_be_evaluated_and_a_fleet_at_rest_wakes_nobody()
    {
        var server = await fleet.StartAsync();
        await Poll.UntilAsync(
            async () => (await RulesAsync(server)).All(rule => rule.GetProperty("health").GetString() == "ok"), Waiting.Limit,
            "every rule evaluated without a fault");

        // A list that fails is not worth a call at night.
        Assert.Empty(await server.ValuesAsync("ALERTS{alertstate=\"firing\", severity=\"critical\"}"));
    }

    [SkippableFact]
    public async Task Needs_Prometheus__A_node_without_a_collector_loads_nothing_of_OpenTelemetry()
    {
        await fleet.StartAsync();
        Assert.Contains(fleet.MapsOf(0), file => file.EndsWith("/Prometheus.NetStandard.dll", StringComparison.Ordinal));
        Assert.DoesNotContain(fleet.MapsOf(0), file => file.Contains("OpenTelemetry", StringComparison.Ordinal));
    }

    private static async Task<List<JsonElement>> RulesAsync(PrometheusProcess server) =>
    [
        .. (await server.GetAsync("rules")).GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("rules").EnumerateArray()),
    ];

    private static IEnumerable<string> Expressions(IEnumerable<string> expressions) => expressions.Select(
        expression => expression.Replace("$__rate_interval", RateInterval, StringComparison.Ordinal)
            .Replace("$job", "screening", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal));
}
