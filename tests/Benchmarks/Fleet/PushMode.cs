using System.Diagnostics;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Fleet;

/// <summary>From the reply at one node to a hit in the near caches of two others.</summary>
internal static class PushMode
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        await using var lab = await FleetLab.StartAsync(Shape(Checkout.NodeProgram(options.Node)));
        await WarmUpAsync(lab.Nodes);
        var (took, own) = await MeasureAsync(lab.Nodes, options.Count ?? 1000);
        var table = new Table(
            $"A pass at A is a near hit at B and C, {took.Count} clients at up to 50 a second", "", "p50 ms", "p99 ms", "max ms");
        foreach (var (name, values) in new[] { ("from A's reply to the hit at both", took), ("asking both when it is there", own) })
            table.Add(name, values.At(.5).Figure(), values.At(.99).Figure(), values[^1].Figure());
        table.Print();
        return 0;
    }

    /// <summary>The fleet that is measured.</summary>
    public static FleetShape Shape(string program) => new(3)
    {
        Program = program,
        Settings = ["store.provider=memory", FleetLab.PassEverybody],
    };

    /// <summary>Milliseconds, in order: from a reply to the hits, and what asking for them costs when they are there.</summary>
    public static async Task<(List<double> Took, List<double> Own)> MeasureAsync(IReadOnlyList<FleetNode> nodes, int count)
    {
        using var socket = await FleetLoad.ConnectAsync(nodes[0]);
        var (took, own) = (new List<double>(), new List<double>());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < count; i++)
        {
            await timer.WaitForNextTickAsync();
            var client = FleetLoad.NewClient();
            await FleetLoad.AskOnceAsync(socket, client);
            var replied = Stopwatch.StartNew();
            await Task.WhenAll(nodes.Skip(1).Select(async node =>
            {
                while (await node.SourceAsync(client) != "near" && replied.Elapsed < Patience)
                    await Task.Yield();
            }));
            took.Add(replied.Elapsed.TotalMilliseconds);

            // The limit: what asking costs when the answer is there already.
            replied.Restart();
            await Task.WhenAll(nodes.Skip(1).Select(node => node.SourceAsync(client)));
            own.Add(replied.Elapsed.TotalMilliseconds);
        }

        took.Sort();
        own.Sort();
        return (took, own);
    }

    /// <summary>Code that has just been compiled is not what is measured.</summary>
    public static async Task WarmUpAsync(IReadOnlyList<FleetNode> nodes)
    {
        await using var load = FleetLoad.Start(nodes, perSecond: 60);
        await Task.Delay(TimeSpan.FromSeconds(10));
        var client = FleetLoad.NewClient();
        for (var i = 0; i < 200; i++)
            await Task.WhenAll(nodes.Select(n => n.SourceAsync(client)));
        await load.StopAsync();
    }
}
