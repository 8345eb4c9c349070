using System.Diagnostics;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Aims;

/// <summary>What a node costs that nobody asks, and how long it takes to start. Give a published build with <c>--node</c>.</summary>
internal static class RestAims
{
    private const double Megabyte = 1024 * 1024 / 1e6;

    public static async Task RunAsync(AimsRun run)
    {
        if (run.IsSmoke)
            return; // Other parts start nodes as well.
        var (starts, memory, cpu) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < run.Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            using var node = run.Bench.StartNode(null, "endpoints.plugin=[\"tcp://127.0.0.1:0\"]");
            starts.Add(clock.Elapsed.TotalSeconds);
            cpu.Add(await CpuAtRestAsync(run, node.Usage));
            memory.Add(node.Usage.ResidentMegabytes() * Megabyte);
        }

        run.Aims.Add(new Aim($"start to `ready` ({BuildOf(run)})", 1, " s", true), starts);
        run.Aims.Add(new Aim("resident at rest, single", 100, " MB", true), memory);
        run.Aims.Add(new Aim("CPU at rest, single, of a core", 0.5, "%", true), cpu);
        await using var lab = await FleetLab.StartAsync(new FleetShape(3)
        {
            Program = Checkout.NodeProgram(run.Bench.Options.Node),
            Settings = ["store.provider=memory"],
        });
        var usages = lab.Nodes.Select(n => new ProcessUsage(n.Process!.Pid)).ToList();
        var shares = await Task.WhenAll(usages.Select(u => CpuAtRestAsync(run, u)));
        run.Aims.Add(
            new Aim("resident at rest, each of a fleet of three", 130, " MB", true), usages.Select(u => u.ResidentMegabytes() * Megabyte));
        run.Aims.Add(new Aim("CPU at rest, each of a fleet of three, of a core", 1, "%", true), shares);
    }

    // Percent of a core, after the start has come to rest. The system counts in steps of 10 ms.
    private static async Task<double> CpuAtRestAsync(AimsRun run, ProcessUsage usage)
    {
        await Task.Delay(run.CompileTime * 2);
        var (before, clock) = (usage.Cpu(), Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(10));
        return (usage.Cpu() - before) / clock.Elapsed * 100;
    }

    private static string BuildOf(AimsRun run) => run.Bench.Options.Node.Length > 0 ? "the build of --node" : "not published";
}
