using Screening.Actors.Checks;
using Screening.Benchmarks.Load;

namespace Screening.Benchmarks.Macro;

/// <summary>
/// Whether verdicts come as fast as the lists, and by the deadline whatever the lists do. Each part has a node of its own.
/// </summary>
internal static class DeadlinesMode
{
    private const int Connections = 4;
    private const int ListDelayMs = 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DeadListTimeout = TimeSpan.FromMilliseconds(400);

    // Ten lists, so that a clean client needs them all.
    private static readonly string TenLists = $"dnsbl.sites=\"{string.Join(", ", Enumerable.Range(0, 10).Select(i => $"l{i}.test*1"))}\"";

    public static int Run(Bench bench)
    {
        for (var round = 0; round < (bench.Options.Rounds ?? 1); round++)
        {
            AllAnswer(bench);
            OneIsDead(bench);
            AllAreDead(bench);
        }

        return 0;
    }

    private static void AllAnswer(Bench bench)
    {
        using var lists = bench.StartLists(ListDelayMs);
        using var node = bench.StartNode(lists, TenLists);
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
        var clients = new LoadClients();
        load.RunOpen(600, 200, _ => clients.NextClean());

        var probe = new DnsProbe(lists.EndpointOf("dns", "udp"));
        LoadResult steady;
        using (probe)
            steady = load.RunOpen((int)(200 * bench.Options.Length(20).TotalSeconds), 200, _ => clients.NextClean(), server: node.Usage);
        load.RunOpen(1000, double.PositiveInfinity, _ => clients.NextClean());
        var burst = load.RunOpen(1000, double.PositiveInfinity, _ => clients.NextClean(), server: node.Usage);

        var table = new Table(
            $"Ten lists that answer after {ListDelayMs} ms", "load", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "complete", "CPU us",
            "account");
        table.Add(
            "bare DNS round trip meanwhile", probe.RoundTrips.Percentile(.5).Milliseconds(),
            probe.RoundTrips.Percentile(.99).Milliseconds(),
            probe.RoundTrips.Percentile(.999).Milliseconds(), probe.RoundTrips.Max.Milliseconds(), "", "",
            $"{probe.RoundTrips.Count} round trips");
        Add(table, "200 new clients a second", steady);
        Add(table, "1,000 at once", burst);
        table.Print();
    }

    private static void Add(Table table, string load, LoadResult result) => table.Add(
        load,
        result.All.Latency.Percentile(.5).Milliseconds(), result.All.Latency.Percentile(.99).Milliseconds(),
        result.All.Latency.Percentile(.999).Milliseconds(), result.All.Latency.Max.Milliseconds(),
        ((double)result.All.CompletePass / Math.Max(1, result.All.Latency.Count)).Share(),
        result.ServerMicroseconds.Figure(),
        result.ToString());

    // The dead list decides about clean clients (0 or 3), not about those that l0 lists (8 or more: drop either way).
    private static void OneIsDead(Bench bench)
    {
        const int Before = 0;
        const int After = 1;
        const int Listed = 2;
        const int PerSecond = 200;
        using var lists = bench.StartLists(ListDelayMs);
        using var node = bench.StartNode(
            lists, "dnsbl.sites=\"l0.test*8, l1.test*1, dying.test*3\"", $"dnsbl.timeout=\"{DeadListTimeout.TotalMilliseconds:0}ms\"");
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
        var clients = new LoadClients();
        load.RunOpen(FakeLists.DyingAfter, PerSecond, i => i % 2 == 0 ? clients.NextListed() : clients.NextClean());

        // The list is dead now. The breaker opens with the tenth timeout in a row: clean clients that came before wait for the list.
        var opensAfter = DeadListTimeout.TotalSeconds * PerSecond;
        var result = load.RunOpen(
            (int)(PerSecond * bench.Options.Length(10).TotalSeconds), PerSecond,
            i => i % 2 == 0 ? clients.NextListed(Listed) : clients.NextClean(i < opensAfter ? Before : After), groups: 3);

        var table = new Table(
            $"One of three lists dies, its timeout {DeadListTimeout.TotalMilliseconds:0} ms; {PerSecond} new clients a second",
            "clients", "count", "p50 ms", "p90 ms", "p99 ms", "max ms", "pass", "drop");
        AddGroup(table, "clean, before the breaker can open", result.Groups[Before]);
        AddGroup(table, "clean, later", result.Groups[After]);
        AddGroup(table, "listed elsewhere", result.Groups[Listed]);
        table.Print();
        Console.WriteLine(result);
        Console.WriteLine();
    }

    private static void AddGroup(Table table, string name, LoadGroup group) => table.Add(
        name, $"{group.Latency.Count}", group.Latency.Percentile(.5).Milliseconds(), group.Latency.Percentile(.9).Milliseconds(),
        group.Latency.Percentile(.99).Milliseconds(), group.Latency.Max.Milliseconds(), $"{group.Pass}", $"{group.Drop}");

    // The lists' timeout lies far behind the deadline, so that neither it nor the breaker ends a query first.
    private static void AllAreDead(Bench bench)
    {
        using var lists = bench.StartLists(ListDelayMs);
        var sites = string.Join(", ", Enumerable.Range(0, 10).Select(i => $"d{i}.dead.test*1"));
        using var node = bench.StartNode(lists, $"dnsbl.sites=\"{sites}\"", "dnsbl.timeout=\"60s\"");
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
        var clients = new LoadClients();
        load.RunOpen(200, 100, _ => clients.NextClean());

        var steady = load.RunOpen((int)(100 * bench.Options.Length(10).TotalSeconds), 100, _ => clients.NextClean());
        var burst = load.RunOpen(1000, double.PositiveInfinity, _ => clients.NextClean());
        var table = new Table(
            $"Every list is dead: answer after the deadline of {Deadline.TotalMilliseconds:0} ms (negative: before)",
            "load", "p50 ms", "p99 ms", "max ms", "default passes", "account");
        AddOvershoot(table, "100 new clients a second", steady);
        AddOvershoot(table, "1,000 at once", burst);
        table.Print();
    }

    private static void AddOvershoot(Table table, string load, LoadResult result) => table.Add(
        load, (result.All.Latency.Percentile(.5) - Deadline).Milliseconds(), (result.All.Latency.Percentile(.99) - Deadline).Milliseconds(),
        (result.All.Latency.Max - Deadline).Milliseconds(), $"{result.All.Pass - result.All.CompletePass}", result.ToString());
}
