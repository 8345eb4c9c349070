using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Xunit.Abstractions;

namespace Screening.Cluster.Tests;

/// <summary>Nodes that can not reach each other, and find each other again.</summary>
public class SplitNeedsRootTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task A_first_seed_that_is_cut_off_and_restarted_comes_back_into_the_one_cluster()
    {
        Requires.Root();
        Requires.Programs("ip");
        await using var lab = await FleetLab.StartAsync(3, 0, cuttable: true, "store.provider=memory", FleetLab.PassEverybody);
        var (cut, others) = (lab.Nodes[0], lab.Nodes.Skip(1).ToList());
        await using var load = FleetLoad.Start(lab.Nodes, perSecond: 10);
        await lab.CutAsync(cut);
        await lab.WaitUntilWholeAsync(others);
        await Poll.UntilAsync(
            async () => (await cut.StatusAsync()).State != "up", Patience, "the cut off node downs itself", () => cut.Process!.Transcript);
        Check(await load.StopAsync());

        // Restarted while it is cut off: it answers, and founds nothing of its own.
        await cut.KillAsync();
        await cut.StartAsync();
        await using var alone = FleetLoad.Start(lab.Nodes, perSecond: 10);
        await Poll.UntilAsync(async () => (await cut.StatusAsync()).Rung == 3, Patience, "rung 3");
        Assert.NotEqual("up", (await cut.StatusAsync()).State);
        await lab.HealAsync(cut);
        var whole = await lab.WaitUntilWholeAsync();
        output.WriteLine(FormattableString.Invariant($"one cluster again {whole.TotalSeconds:0.0} s after the heal"));
        Check(await alone.StopAsync());
    }

    [SkippableFact]
    public async Task A_split_that_heals_needs_no_hand_and_edges_hold_no_shards_and_no_votes()
    {
        Requires.Root();
        Requires.Programs("ip");
        await using var lab = await FleetLab.StartAsync(3, 2, cuttable: true, "store.provider=memory", FleetLab.PassEverybody);
        var edges = lab.Nodes.Skip(3).ToList();
        foreach (var edge in edges)
            Assert.Equal(0, (await edge.StatusAsync()).ShardsHere);

        // Two edges and one cache node on one side: the two cache nodes on the other go on.
        await using var load = FleetLoad.Start(lab.Nodes, perSecond: 5);
        var cut = lab.Nodes[2];
        await lab.CutAsync(cut);
        await lab.WaitUntilWholeAsync(lab.Nodes.Except([cut]).ToList());
        using (var socket = await FleetLoad.ConnectAsync(lab.Nodes[0]))
        {
            var client = FleetLoad.NewClient();
            await FleetLoad.AskOnceAsync(socket, client);
            await Poll.UntilAsync(async () => await edges[0].SourceAsync(client) == "near", Patience, "a pass is known at an edge");
        }

        await lab.HealAsync(cut);
        output.WriteLine(
            FormattableString.Invariant($"one cluster again {(await lab.WaitUntilWholeAsync()).TotalSeconds:0.0} s after the heal"));
        Check(await load.StopAsync());
    }

    private void Check(FleetLoadResult result)
    {
        output.WriteLine(result.ToString());
        Assert.Equal(0, result.Unanswered);
    }
}
