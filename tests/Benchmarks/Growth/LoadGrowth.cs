using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Growth;

/// <summary>What a node does with more lists, more queries in flight, and more connections.</summary>
internal static class LoadGrowth
{
    private const string Permit = "access.permit=[\"198.18.0.0/15\"]";
    private static readonly uint First = LoadClients.Parse("198.18.0.0");
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(500);

    public static GrowthPart Lists(Bench bench)
    {
        var part = new GrowthPart(
            "New clients a second, by the number of lists", "lists", "verdicts a second", ["verdicts/s", "CPU us each", "p99 ms"],
            Charted: 1);
        foreach (var count in (int[])[1, 2, 5, 10, 20, 40])
        {
            using var lists = bench.StartLists(0);
            using var node = bench.StartNode(
                lists, $"dnsbl.sites=\"{string.Join(", ", Enumerable.Range(0, count).Select(i => $"l{i}.test*1"))}\"");
            var clients = new LoadClients();
            using var load = new PluginLoad(node.PluginEndpoint("tcp"), 16);
            Checked(load.RunClosed(4, TimeSpan.Zero, TimeSpan.FromSeconds(1), _ => clients.NextClean()));
            var result = Checked(load.RunClosed(4, WarmUp, bench.Options.Length(2), _ => clients.NextClean(), node.Usage));
            part.Add(count, result.PerSecond, result.ServerMicroseconds, result.All.Latency.Percentile(.99).TotalMilliseconds);
        }

        return part;
    }

    public static GrowthPart InFlight(Bench bench)
    {
        const int Connections = 50;
        var part = new GrowthPart(
            "Hits, by how many are in flight", "queries in flight", "ms", ["p50 ms", "p99 ms", "hits/s", "node, MB"], Charted: 2);
        using var node = bench.StartNode(null, Permit, "limits.in_flight=200000");
        foreach (var count in (int[])[1, 10, 100, 1000, 10_000, 50_000])
        {
            var connections = Math.Min(count, Connections);
            using var load = new PluginLoad(node.PluginEndpoint("unix"), connections);
            var result = Checked(load.RunClosed(
                count / connections, WarmUp, bench.Options.Length(2), LoadClients.Repeat(First, 1000), node.Usage));
            part.Add(
                count, result.All.Latency.Percentile(.5).TotalMilliseconds, result.All.Latency.Percentile(.99).TotalMilliseconds,
                result.PerSecond, node.Usage.ResidentMegabytes());
        }

        return part;
    }

    public static GrowthPart Connections(Bench bench)
    {
        var part = new GrowthPart(
            "Hits a second, by the number of connections", "connections, one query in flight on each", "hits a second",
            ["hits/s", "CPU us each", "p99 ms", "node, MB"], Charted: 1);
        using var node = bench.StartNode(null, Permit);
        foreach (var count in (int[])[1, 10, 100, 1000, 5000])
        {
            using var load = new PluginLoad(node.PluginEndpoint("unix"), count);
            var result = Checked(load.RunClosed(1, WarmUp, bench.Options.Length(2), LoadClients.Repeat(First, 1000), node.Usage));
            part.Add(
                count, result.PerSecond, result.ServerMicroseconds, result.All.Latency.Percentile(.99).TotalMilliseconds,
                node.Usage.ResidentMegabytes());
        }

        return part;
    }

    private static LoadResult Checked(LoadResult result) =>
        result.IsClean ? result : throw new ServerException($"not every query was answered once: {result}");
}
