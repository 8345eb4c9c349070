using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Fleet;

/// <summary>What a node costs while nobody asks it anything.</summary>
/// <param name="What">The nodes.</param>
/// <param name="ReadyMs">From the start of a process to its <c>ready</c>; the median of the nodes.</param>
/// <param name="Megabytes">Resident memory; the largest of the nodes.</param>
/// <param name="OwnMegabytes">Of that, memory that no file stands behind.</param>
/// <param name="CpuShare">Part of one core; the mean of the nodes.</param>
internal sealed record NodeAtRest(string What, double ReadyMs, double Megabytes, double OwnMegabytes, double CpuShare);

/// <summary>Nodes that nobody asks: a single one, three with their whitelist in memory, three with PostgreSQL and TLS.</summary>
internal static class RestMode
{
    // After a change of members buckets are kept awake for half a minute, and compiled code is compiled again.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(35);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var table = new Table(
            "Nodes at rest", "nodes", "start to ready ms", "resident MB", "of it without a file MB", "% of a core");
        foreach (var store in new[] { "sqlite", "memory", "postgresql" }.Where(options.IsMeant))
        {
            var rest = await MeasureAsync(options, store);
            table.Add(
                rest.What, rest.ReadyMs.Figure(), rest.Megabytes.Figure(), rest.OwnMegabytes.Figure(), (rest.CpuShare * 100).Figure());
        }

        table.Print();
        return 0;
    }

    /// <param name="store">sqlite: a single node; memory: three; postgresql: three with TLS.</param>
    public static async Task<NodeAtRest> MeasureAsync(BenchmarkOptions options, string store)
    {
        await using var postgres = store == "postgresql" ? await PostgresServer.StartAsync() : null;
        await using var lab = await FleetLab.BuildAsync(new FleetShape(store == "sqlite" ? 1 : 3)
        {
            Seeds = store == "sqlite" ? FleetSeeds.None : FleetSeeds.Addresses,
            Tls = store == "postgresql",
            Program = Checkout.NodeProgram(options.Node),
            Settings = [$"store.provider={store}", $"store.connection={postgres?.ConnectionString}"],
        });
        foreach (var node in lab.Nodes)
            await node.StartAsync();
        await lab.WaitUntilWholeAsync();
        var ready = lab.Nodes.Select(node => node.ReadyAfter.TotalMilliseconds).Median();
        await Task.Delay(options.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Settling);
        var usages = lab.Nodes.Select(node => new ProcessUsage(node.Process!.Pid)).ToList();
        var before = usages.Sum(usage => usage.Cpu().TotalSeconds);
        var length = options.Length(20);
        await Task.Delay(length);
        var used = usages.Sum(usage => usage.Cpu().TotalSeconds) - before;
        return new NodeAtRest(
            store switch { "sqlite" => "one, SQLite", "memory" => "three, in memory", _ => "three, PostgreSQL and TLS" },
            ready, usages.Max(u => u.ResidentMegabytes()), usages.Max(u => u.OwnMegabytes()),
            used / lab.Nodes.Count / length.TotalSeconds);
    }
}
