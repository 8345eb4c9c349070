using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Screening.Actors.Checks;
using Screening.Benchmarks.Load;
using Screening.Testing.Lab;
using Screening.Testing.P0f;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Macro;

/// <summary>
/// Every answer against its deadline while what the node needs hangs, from the very first query of a fresh node on: sources that never
/// answer, a p0f that is stopped, a database that another process holds. Once on the machine as it is, once beside busy processes.
/// </summary>
internal sealed class DeadSourcesMode(Bench bench, Table table)
{
    private const int PerSecond = 50;
    private const int BusyProcesses = 10;
    private const string Rule = "p0f.rule=[{ os = \"Windows\", weight = 1 }]";
    private const string DeadLists = "dnsbl.sites=\"d0.dead.test*3, d1.dead.test*2, d2.dead.test*1\"";
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(10);

    // Far behind the deadline, which alone has to end a query; the breakers stay closed meanwhile.
    private static readonly string[] Timeouts = ["dnsbl.timeout=\"20s\"", "p0f.timeout=\"20s\"",
        $"verdict.deadline=\"{Deadline.TotalMilliseconds:0}ms\""];

    /// <returns>1 if on the machine as it is an answer was late, or one was missing.</returns>
    public static int Run(Bench bench)
    {
        WarmUpClient(bench);
        var table = new Table(
            $"Milliseconds after the deadline of {Deadline.TotalMilliseconds:0} ms (negative: before), {PerSecond} new clients a second",
            "what hangs", "busy processes", "start to ready s", "first query", "p50", "p99", "max", "late", "unanswered",
            "bare DNS round trip meanwhile, max ms");
        var mode = new DeadSourcesMode(bench, table);
        var well = mode.RunAllAsync().GetAwaiter().GetResult();
        table.Print();
        Console.WriteLine(FormattableString.Invariant(
            $"Late: more than {Grace.TotalMilliseconds} ms after the deadline. Beside busy processes the figures are for information."));
        return well ? 0 : 1;
    }

    // The client's own code must not be compiled while the first query waits.
    private static void WarmUpClient(Bench bench)
    {
        using var echo = bench.StartEcho();
        using var load = new PluginLoad(echo.PluginEndpoint("tcp"), 1);
        var clients = new LoadClients();
        load.RunOpen(2000, 1000, _ => clients.NextClean());
    }

    private async Task<bool> RunAllAsync()
    {
        var well = true;
        foreach (var busy in new[] { 0, BusyProcesses })
        {
            if (bench.Options.Store.Length == 0)
            {
                well &= await EverythingAsync(busy);
                well &= await P0fAsync(busy);
            }

            if (bench.Options.IsMeant("sqlite"))
                well &= await SqliteAsync(busy);
            if (bench.Options.IsMeant("postgresql") && PostgresServer.IsInstalled)
                well &= await PostgresAsync(busy);
        }

        return well;
    }

    private async Task<bool> EverythingAsync(int busy)
    {
        await using var p0f = new FakeP0f();
        p0f.Pause();
        return await MeasureAsync(
            "everything: p0f, three lists, a custom check", busy,
            DeadLists, P0fAt(p0f.Path), Rule,
            "custom=[{ name = \"hangs\", timeout = \"20s\", command = [\"/bin/sh\", \"-c\", \"exec cat >/dev/null\"] }]");
    }

    private async Task<bool> P0fAsync(int busy)
    {
        if (!Environment.IsPrivilegedProcess || Requires.Find("p0f") is null)
        {
            await using var fake = new FakeP0f();
            fake.Pause();
            return await MeasureAsync("p0f (a socket that never answers)", busy, P0fAt(fake.Path), Rule);
        }

        await using var network = await NetworkLab.StartAsync();
        using var folder = new TemporaryFolder();
        await using var p0f = await P0fProcess.StartAsync(network.Mx, NetworkLab.Interface, folder["p0f.sock"]);
        p0f.Signal(Signal.Stop);
        return await MeasureAsync("p0f, by SIGSTOP", busy, P0fAt(p0f.SocketPath), Rule);
    }

    private async Task<bool> SqliteAsync(int busy)
    {
        using var folder = new TemporaryFolder();
        string[] store = ["store.provider=\"sqlite\"", $"store.connection=\"Data Source={folder["held.db"]}\""];
        using (bench.StartNode(null, store))
        {
            // It makes its tables.
        }

        await using var held = new SqliteConnection($"Data Source={folder["held.db"]}");
        await held.OpenAsync();
        await using var command = new SqliteCommand("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (x)", held);
        await command.ExecuteNonQueryAsync();
        return await MeasureAsync("lists; SQLite's file locked", busy, [DeadLists, .. store]);
    }

    private async Task<bool> PostgresAsync(int busy)
    {
        await using var postgres = await PostgresServer.StartAsync();
        string[] store = ["store.provider=\"postgresql\"", $"store.connection=\"{postgres.ConnectionString}\""];
        using (bench.StartNode(null, store))
        {
            // It makes its tables.
        }

        postgres.Freeze();
        try
        {
            return await MeasureAsync("lists; PostgreSQL, by SIGSTOP", busy, [DeadLists, .. store]);
        }
        finally
        {
            postgres.Resume();
        }
    }

    private static string P0fAt(string socket) => $"p0f.socket=\"{socket}\"";

    private async Task<bool> MeasureAsync(string what, int busy, params string[] settings)
    {
        var working = Enumerable.Range(0, busy).Select(
            _ => RunningProcess.Start(new LaunchPlan("sh", "-c", "while :; do :; done"))).ToList();
        try
        {
            using var lists = bench.StartLists(0);
            var clock = Stopwatch.StartNew();
            using var node = bench.StartNode(lists, [.. Timeouts, .. settings]);
            var ready = clock.Elapsed;
            using var load = new PluginLoad(node.PluginEndpoint("tcp"), 1);
            var clients = new LoadClients();
            var probe = new DnsProbe(lists.EndpointOf("dns", "udp"));
            LoadResult first, steady;
            using (probe)
            {
                first = load.RunOpen(1, double.PositiveInfinity, _ => clients.NextClean());
                steady = load.RunOpen((int)(PerSecond * bench.Options.Length(5).TotalSeconds), PerSecond, _ => clients.NextClean());
            }

            var late = first.All.Latency.CountAbove(Deadline + Grace) + steady.All.Latency.CountAbove(Deadline + Grace);
            table.Add(
                what, $"{busy}", ready.TotalSeconds.Figure(), Over(first.All.Latency.Max), Over(steady.All.Latency.Percentile(.5)),
                Over(steady.All.Latency.Percentile(.99)), Over(steady.All.Latency.Max), $"{late}", $"{first.Lost + steady.Lost}",
                probe.RoundTrips.Max.Milliseconds());
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}, {busy} busy processes: first query {Over(first.All.Latency.Max)}, max {Over(steady.All.Latency.Max)} ms after "
                    + $"the deadline, {late} late"));
            return busy > 0 || (late == 0 && first.IsClean && steady.IsClean);
        }
        finally
        {
            foreach (var process in working)
                await process.DisposeAsync();
        }
    }

    private static string Over(TimeSpan latency) => (latency - Deadline).Milliseconds();
}
