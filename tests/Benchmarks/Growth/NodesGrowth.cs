using Screening.Benchmarks.Fleet;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Growth;

/// <summary>What a pass takes to be known at every node, and what each node holds, with one to five of them on this machine.</summary>
internal static class NodesGrowth
{
    private const int Most = 5;

    public static async Task<GrowthPart> MeasureAsync(Bench bench)
    {
        var part = new GrowthPart(
            "A pass at one node is known at all others", "nodes", "ms", ["p50 ms", "p99 ms", "each node, MB", "each at rest, % of a core"],
            Charted: 2);
        for (var count = 1; count <= Most; count++)
        {
            await using var lab = await FleetLab.StartAsync(
                PushMode.Shape(Checkout.NodeProgram(bench.Options.Node)) with { Caches = count });
            var usages = lab.Nodes.Select(n => new ProcessUsage(n.Process!.Pid)).ToList();
            await Task.Delay(TimeSpan.FromSeconds(2));
            var before = usages.Sum(u => u.Cpu().TotalSeconds);
            await Task.Delay(bench.Options.Length(5));
            var atRest = (usages.Sum(u => u.Cpu().TotalSeconds) - before) / count / bench.Options.Length(5).TotalSeconds;
            await PushMode.MeasureAsync(lab.Nodes, 50);
            var (took, _) = await PushMode.MeasureAsync(lab.Nodes, bench.Options.Count ?? 200);
            part.Add(count, took.At(.5), took.At(.99), usages.Average(u => u.ResidentMegabytes()), atRest * 100);
        }

        return part;
    }
}
