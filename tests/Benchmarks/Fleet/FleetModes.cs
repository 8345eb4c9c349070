using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Screening.Benchmarks.Macro;
using Screening.Testing.Dns;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Fleet;

/// <summary>Fleets of real processes on loopback addresses.</summary>
internal static class FleetModes
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>From the reply at one node to a hit in the near caches of two others.</summary>
    public static async Task<int> PushAsync(BenchmarkOptions options)
    {
        await using var lab = await FleetLab.StartAsync(3, 0, cuttable: false, "store.provider=memory", FleetLab.PassEverybody);
        await WarmUpAsync(lab.Nodes);
        using var socket = await FleetLoad.ConnectAsync(lab.Nodes[0]);
        var (took, own) = (new List<double>(), new List<double>());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < (options.Count ?? 1000); i++)
        {
            await timer.WaitForNextTickAsync();
            var client = FleetLoad.NewClient();
            await FleetLoad.AskOnceAsync(socket, client);
            var replied = Stopwatch.StartNew();
            await Task.WhenAll(lab.Nodes.Skip(1).Select(async node =>
            {
                while (await node.SourceAsync(client) != "near" && replied.Elapsed < Patience)
                    await Task.Yield();
            }));
            took.Add(replied.Elapsed.TotalMilliseconds);

            // The limit: what asking costs when the answer is there already.
            replied.Restart();
            await Task.WhenAll(lab.Nodes.Skip(1).Select(node => node.SourceAsync(client)));
            own.Add(replied.Elapsed.TotalMilliseconds);
        }

        var table = new Table($"A pass at A is a near hit at B and C, {took.Count} clients at up to 50 a second", "", "p50 ms", "p99 ms", "max ms");
        foreach (var (name, values) in new[] { ("from A's reply to the hit at both", took), ("asking both when it is there", own) })
        {
            values.Sort();
            table.Add(name, At(values, .5).Figure(), At(values, .99).Figure(), values[^1].Figure());
        }

        table.Print();
        return 0;
    }

    /// <summary>How often the fleet asks a list about a client that several nodes are asked about at once.</summary>
    public static async Task<int> FlightAsync(BenchmarkOptions options)
    {
        var count = options.Count ?? 10_000;
        var table = new Table(
            $"{count} new clients, each at up to three random nodes at the same moment, {options.Rate} clients a second",
            "nodes", "queries per client and list", "p50 ms", "p99 ms", "max ms", "screened", "fleet", "near");
        foreach (var nodes in new[] { 1, 3, 5 })
        {
            using var list = new FakeDnsServer { Delay = TimeSpan.FromMilliseconds(5) };
            await using var lab = await FleetLab.StartAsync(
                nodes, 0, cuttable: false, "store.provider=memory", "dnsbl.sites=list.test*3",
                FormattableString.Invariant($"dnsbl.resolver=[\"127.0.0.1:{list.EndPoint.Port}\"]"));
            await WarmUpAsync(lab.Nodes);
            var clients = new List<string>();
            var took = new List<double>();
            var asking = new List<Task>();
            using var slots = new SemaphoreSlim(256);
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
            {
                var due = TimeSpan.FromSeconds((double)i / options.Rate) - clock.Elapsed;
                if (due > TimeSpan.Zero)
                    await Task.Delay(due);
                var client = FleetLoad.NewClient();
                clients.Add(client);
                foreach (var node in Random.Shared.GetItems(lab.Nodes.ToArray(), Math.Min(3, nodes)).Distinct())
                {
                    await slots.WaitAsync();
                    asking.Add(AskAsync(node, client, took, slots));
                }
            }

            await Task.WhenAll(asking);
            await Task.Delay(TimeSpan.FromSeconds(1));
            var asked = clients.Sum(c => list.CountOf(FakeDnsServer.QueryName(c, "list.test")));
            var metrics = await Task.WhenAll(lab.Nodes.Select(n => n.MetricsAsync()));
            double Sum(string source) => metrics.Sum(m => m.Split('\n')
                .Where(l => l.StartsWith("screening_verdicts_total", StringComparison.Ordinal) && l.Contains($"source=\"{source}\"", StringComparison.Ordinal))
                .Sum(l => double.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture)));
            took.Sort();
            table.Add(
                $"{nodes}", ((double)asked / count).ToString("0.000", CultureInfo.InvariantCulture), At(took, .5).Figure(), At(took, .99).Figure(), took[^1].Figure(),
                $"{Sum("screened")}", $"{Sum("fleet")}", $"{Sum("near")}");
        }

        table.Print();
        return 0;
    }

    /// <summary>A whitelist of a million: memory, size in the database, recovery.</summary>
    public static async Task<int> EntriesAsync(BenchmarkOptions options)
    {
        var count = options.Count ?? 1_000_000;
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await FleetLab.StartAsync(
            3, 0, cuttable: false, "store.provider=postgresql", $"store.connection={postgres.ConnectionString}", FleetLab.PassEverybody);
        var before = lab.Nodes.Sum(Megabytes);
        var clock = Stopwatch.StartNew();
        const int Chunk = 50_000;
        for (var first = 0; first < count; first += Chunk)
            await ImportAsync(lab.Nodes[first / Chunk % 3], first, Math.Min(Chunk, count - first));
        await Poll.UntilAsync(async () => (await Task.WhenAll(lab.Nodes.Select(n => n.StatusAsync()))).All(s => s.Queued == 0), Patience, "all stored");
        var stored = clock.Elapsed;
        var after = lab.Nodes.Sum(Megabytes);
        var entries = (await lab.Nodes[0].StatusAsync()).Entries;
        var size = double.Parse(
            await postgres.QueryAsync("SELECT pg_total_relation_size('journal') + pg_total_relation_size('snapshot')"), CultureInfo.InvariantCulture);
        await Task.WhenAll(lab.Nodes.Select(n => n.KillAsync()));
        clock.Restart();
        await Task.WhenAll(lab.Nodes.Select(n => n.StartAsync()));
        await Poll.UntilAsync(async () => await lab.Nodes[0].StatusAsync() is { Recovering: 0 } s && s.Entries >= entries, Patience, "all recovered");
        var recovered = clock.Elapsed;
        await lab.WaitUntilWholeAsync();
        var reread = lab.Nodes.Sum(Megabytes);
        var table = new Table($"{entries} entries over 3 nodes, PostgreSQL", "", "");
        table.Add("imported and stored, s", stored.TotalSeconds.Figure());
        table.Add("resident memory of the three before, MB", before.Figure());
        table.Add("after the import, MB", after.Figure());
        table.Add("after kill -9 of all and recovery, MB", reread.Figure());
        table.Add("bytes of memory per entry, after recovery against empty nodes", ((reread - before) * 1e6 / entries).Figure());
        table.Add("bytes per entry in the database", (size / entries).Figure());
        table.Add("from the start of all processes to all entries recovered, s", recovered.TotalSeconds.Figure());
        table.Print();
        return 0;
    }

    // Code that has just been compiled is not what is measured.
    private static async Task WarmUpAsync(IReadOnlyList<FleetNode> nodes)
    {
        await using var load = FleetLoad.Start(nodes, perSecond: 60);
        await Task.Delay(TimeSpan.FromSeconds(10));
        var client = FleetLoad.NewClient();
        for (var i = 0; i < 200; i++)
            await Task.WhenAll(nodes.Select(n => n.SourceAsync(client)));
        await load.StopAsync();
    }

    private static async Task ImportAsync(FleetNode node, int first, int count)
    {
        var lines = new StringBuilder();
        var (made, expires) = ("2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
        for (var i = first; i < first + count; i++)
        {
            var bits = 0x14000000u + (uint)i;
            lines.Append(CultureInfo.InvariantCulture, $$"""{"address":"{{new IPAddress([(byte)(bits >> 24), (byte)(bits >> 16), (byte)(bits >> 8), (byte)bits])}}","profile":"default","kind":"pass","expires":"{{expires}}","times":[0,0,0,0,0],"by":"mx1","made":"{{made}}","reason":"nothing speaks against this client","allow":false,"score":0,"policy":"0123456789ab"}""").Append('\n');
        }

        using var reply = await node.ChangeAsync(HttpMethod.Post, "api/v1/cache", lines.ToString(), "application/x-ndjson");
        if (!reply.IsSuccessStatusCode)
            throw new InvalidOperationException(await reply.Content.ReadAsStringAsync());
    }

    private static async Task AskAsync(FleetNode node, string client, List<double> took, SemaphoreSlim slots)
    {
        using var socket = await FleetLoad.ConnectAsync(node);
        var clock = Stopwatch.StartNew();
        await FleetLoad.AskOnceAsync(socket, client);
        lock (took)
            took.Add(clock.Elapsed.TotalMilliseconds);
        slots.Release();
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static double Megabytes(FleetNode node)
    {
        using var process = Process.GetProcessById(node.Process!.Pid);
        return process.WorkingSet64 / 1e6;
    }
}
