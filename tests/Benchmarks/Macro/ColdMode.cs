using System.Globalization;
using Screening.Benchmarks.Load;

namespace Screening.Benchmarks.Macro;

/// <summary>
/// Verdicts a second for clients that nobody has asked about, with one list that answers at once: what screening itself costs.
/// </summary>
internal static class ColdMode
{
    private static readonly LoadShape[] Shapes = [new(1, 1), new(64, 1), new(64, 16)];

    public static int Run(Bench bench)
    {
        using var lists = bench.StartLists(0);
        using var node = bench.StartNode(lists, "dnsbl.sites=\"l0.test*8\"");
        var clients = new LoadClients();
        var runs = Shapes.ToDictionary(s => s, _ => new List<LoadResult>());
        Measure(node, new LoadShape(64, 1), TimeSpan.FromSeconds(3), clients);
        for (var round = 0; round < (bench.Options.Rounds ?? 3); round++)
        {
            foreach (var shape in Shapes)
                runs[shape].Add(Measure(node, shape, bench.Options.Length(3), clients));
        }

        var table = new Table(
            "Cold verdicts: every client new, one list that answers at once", "tcp", "/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms",
            "CPU us", "complete");
        foreach (var (shape, results) in runs)
        {
            table.Add(
                shape.ToString(),
                results.Select(r => r.PerSecond).Median().Rate(),
                Percentile(results, .5), Percentile(results, .99), Percentile(results, .999),
                results.Max(r => r.All.Latency.Max).Milliseconds(),
                results.Select(r => r.ServerMicroseconds).Median().Figure(),
                ((double)results.Sum(r => r.All.CompletePass) / results.Sum(r => r.All.Latency.Count)).Share());
        }

        table.Print();
        var all = runs.Values.SelectMany(r => r).ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Sum(r => r.Sent):N0} queries, {all.Sum(r => r.Lost)} lost, {all.Sum(r => r.Duplicates)} answered twice, "
                + $"{all.Sum(r => r.Wrong)} wrong; node's memory {node.Usage.ResidentMegabytes():0} MB"));
        return 0;
    }

    private static LoadResult Measure(Processes.ServerProcess node, LoadShape shape, TimeSpan length, LoadClients clients)
    {
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), shape.Connections);
        return load.RunClosed(shape.Depth, TimeSpan.FromMilliseconds(300), length, _ => clients.NextClean(), node.Usage);
    }

    private static string Percentile(List<LoadResult> runs, double share) =>
        runs.Select(r => r.All.Latency.Percentile(share).TotalMilliseconds).Median().Figure();
}
