using Screening.Benchmarks.Fleet;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Aims;

/// <summary>What nodes tell each other: three on this machine.</summary>
internal static class FleetAims
{
    public static async Task RunAsync(AimsRun run)
    {
        var visible = new Aim("a pass visible at every node, three nodes, p99", 20, " ms", AtMost: true);
        if (run.IsSmoke)
        {
            run.Aims.AddMissing(visible, "a smoke run has no fleet");
            return;
        }

        await using var lab = await FleetLab.StartAsync(PushMode.Shape(Checkout.NodeProgram(run.Bench.Options.Node)));
        await PushMode.WarmUpAsync(lab.Nodes);
        var rounds = new List<double>();
        for (var round = 0; round < run.Rounds; round++)
        {
            var (took, _) = await PushMode.MeasureAsync(lab.Nodes, run.Bench.Options.Count ?? 300);
            rounds.Add(took.At(.99));
        }

        run.Aims.Add(visible, rounds);
    }
}
