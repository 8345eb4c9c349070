using System.Diagnostics;
using System.Globalization;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// A whitelist of a million: memory, size in the store, and how long it takes to be there again after <c>kill -9</c> of all.
/// </summary>
internal static class EntriesMode
{
    private const int DefaultCount = 1_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Checkout.Machine());
        if (options.IsMeant("postgresql"))
            await FleetAsync(options);
        if (options.IsMeant("sqlite"))
            await SingleAsync(options);
        return 0;
    }

    private static async Task FleetAsync(BenchmarkOptions options)
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await FleetLab.StartAsync(new FleetShape(3)
        {
            Program = Checkout.NodeProgram(options.Node),
            Settings = ["store.provider=postgresql", $"store.connection={postgres.ConnectionString}", FleetLab.PassEverybody],
        });
        await MeasureAsync("3 nodes, PostgreSQL", lab, options, async () => double.Parse(
            await postgres.QueryAsync("SELECT pg_total_relation_size('journal') + pg_total_relation_size('snapshot')"),
            CultureInfo.InvariantCulture));
    }

    private static async Task SingleAsync(BenchmarkOptions options)
    {
        await using var lab = await FleetLab.BuildAsync(new FleetShape(1)
        {
            Seeds = FleetSeeds.None,
            Program = Checkout.NodeProgram(options.Node),
            Settings = ["store.provider=sqlite", FleetLab.PassEverybody],
        });
        await lab.StartAllAsync();
        await MeasureAsync("1 node, SQLite", lab, options, () => Task.FromResult(
            (double)Directory.EnumerateFiles(lab.Nodes[0].Folder, "whitelist.db*").Sum(file => new FileInfo(file).Length)));
    }

    private static async Task MeasureAsync(string what, FleetLab lab, BenchmarkOptions options, Func<Task<double>> storedBytesAsync)
    {
        var before = lab.Nodes.Sum(Megabytes);
        var clock = Stopwatch.StartNew();
        await WhitelistLines.ImportAsync(lab.Nodes, options.Count ?? DefaultCount, WhitelistLines.Pass);
        await Poll.UntilAsync(
            async () => (await Task.WhenAll(lab.Nodes.Select(n => n.StatusAsync()))).All(s => s.Queued == 0), Patience, "all stored");
        var stored = clock.Elapsed;
        var after = lab.Nodes.Sum(Megabytes);
        var entries = (await lab.Nodes[0].StatusAsync()).Entries;
        var size = await storedBytesAsync();
        await Task.WhenAll(lab.Nodes.Select(n => n.KillAsync()));
        var back = await RestartAsync(lab, entries);
        var reread = lab.Nodes.Sum(Megabytes);
        var table = new Table($"{entries} entries, {what}", "", "");
        table.Add("imported and stored, s", stored.TotalSeconds.Figure());
        table.Add("resident memory before, MB", before.Figure());
        table.Add("after the import, MB", after.Figure());
        table.Add("after kill -9 of all and recovery, MB", reread.Figure());
        table.Add("bytes of memory per entry, after recovery against empty nodes", ((reread - before) * 1e6 / entries).Figure());
        table.Add("bytes per entry in the store", (size / entries).Figure());
        table.Add("from the start of all processes to the last ready, s", lab.Nodes.Max(n => n.ReadyAfter).TotalSeconds.Figure());
        table.Add("from the start to one cluster of all nodes, s", back.Whole.TotalSeconds.Figure());
        table.Add("from the start to all entries recovered, s", back.Recovered.TotalSeconds.Figure());
        table.Add("from one cluster of all nodes to all entries recovered, s", (back.Recovered - back.Whole).TotalSeconds.Figure());
        table.Print();
    }

    private static async Task<(TimeSpan Whole, TimeSpan Recovered)> RestartAsync(FleetLab lab, long entries)
    {
        var clock = Stopwatch.StartNew();
        await lab.StartAllAsync();
        TimeSpan? whole = null;
        while (clock.Elapsed < Patience)
        {
            var seen = await Task.WhenAll(lab.Nodes.Select(FleetLab.TryStatusAsync));
            var at = clock.Elapsed;
            if (seen.All(s => s is { State: "up" } && s.Members.Count == lab.Nodes.Count))
                whole ??= at;
            if (whole is { } since && seen[0] is { Recovering: 0 } status && status.Entries >= entries)
                return (since, at);
            await Task.Delay(LookInterval);
        }

        throw new TimeoutException($"not recovered after {Patience.TotalMinutes} minutes: {await lab.Nodes[0].StatusAsync()}");
    }

    private static double Megabytes(FleetNode node)
    {
        using var process = Process.GetProcessById(node.Process!.Pid);
        return process.WorkingSet64 / 1e6;
    }
}
