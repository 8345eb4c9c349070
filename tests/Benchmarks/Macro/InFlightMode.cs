using Screening.Benchmarks.Load;

namespace Screening.Benchmarks.Macro;

/// <summary>10,000 queries at once over 100 connections while every list is silent: each must be answered exactly once.</summary>
internal static class InFlightMode
{
    private const int Connections = 100;
    private const int Queries = 10_000;

    /// <summary>1 if a query was lost or answered twice.</summary>
    public static int Run(Bench bench)
    {
        using var lists = bench.StartLists(0);
        using var node = bench.StartNode(lists, "dnsbl.sites=\"one.dead.test*3\"", "dnsbl.timeout=\"5s\"");
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
        var clients = new LoadClients();
        var table = new Table(
            "10,000 queries at once over 100 connections, every list silent", "round", "answered", "lost", "twice", "wrong", "p50 ms",
            "p99 ms", "max ms",
            "memory before MB", "after MB", "peak MB");
        var clean = true;
        for (var round = 1; round <= (bench.Options.Rounds ?? 3); round++)
        {
            var before = node.Usage.ResidentMegabytes();
            var result = load.RunOpen(Queries, double.PositiveInfinity, _ => clients.NextClean());
            clean &= result.IsClean;
            table.Add(
                $"{round}", $"{result.Answered}", $"{result.Lost}", $"{result.Duplicates}", $"{result.Wrong}",
                result.All.Latency.Percentile(.5).Milliseconds(), result.All.Latency.Percentile(.99).Milliseconds(),
                result.All.Latency.Max.Milliseconds(),
                before.Figure(), node.Usage.ResidentMegabytes().Figure(), node.Usage.PeakMegabytes().Figure());
        }

        table.Print();
        Console.WriteLine(clean ? "None lost, each answered exactly once." : "FAILED: not every query was answered exactly once.");
        return clean ? 0 : 1;
    }
}
