using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Screening.Actors.Checks;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Dns;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// How often the fleet asks a list about a client that all nodes are asked about at the same moment, from the <c>ready</c> of the last node
/// on. Before the cluster is whole each node can only ask for itself, so that is told apart.
/// </summary>
internal static class FlightMode
{
    private const int DefaultCount = 1800;
    private const int DefaultRate = 60;
    private const double MostQueries = 1.02;
    private const uint FirstClient = 0x0B000001;
    private const string Zone = "list.test";
    private static readonly int[] Sizes = [1, 3, 5];
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <returns>1 if a list was asked too often, or an answer was late or missing.</returns>
    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Checkout.Machine());
        var flights = new List<Flight>();
        foreach (var nodes in Sizes)
        {
            if (nodes > 1 || options.KillAt == TimeSpan.Zero)
                flights.Add(await FlyAsync(nodes, options));
        }

        PrintSeconds(flights);
        PrintSummary(flights, options);
        return flights.All(f => f.IsWell) ? 0 : 1;
    }

    private static async Task<Flight> FlyAsync(int nodes, BenchmarkOptions options)
    {
        using var list = new FakeDnsServer { Delay = TimeSpan.FromMilliseconds(5) };
        await using var lab = await FleetLab.BuildAsync(new FleetShape(nodes)
        {
            Program = Checkout.NodeProgram(options.Node),
            Settings =
            [
                "store.provider=memory", $"dnsbl.sites={Zone}*3", $"dnsbl.resolver=[\"{list.EndPoint}\"]",
                FormattableString.Invariant($"verdict.deadline={Deadline.TotalMilliseconds}ms"),
            ],
        });
        await lab.StartAllAsync();
        if (options.WarmUp > TimeSpan.Zero)
            await WarmUpAsync(lab, options.WarmUp);

        var (count, rate) = (options.Count ?? DefaultCount, options.Rate ?? DefaultRate);
        using var ended = new CancellationTokenSource();
        var whole = WholeAfterAsync(lab, ended.Token);
        var kill = KillAsync(lab.Nodes[^1], options.KillAt);
        using var load = new PluginLoad([.. lab.Nodes.Select(n => new UnixDomainSocketEndPoint(n.PluginSocket))]);
        var result = load.RunOpen(
            count * nodes, (double)rate * nodes, i => new LoadClient(ClientAt(i / nodes), i % nodes), groups: nodes,
            together: nodes);
        await kill;
        await ended.CancelAsync();
        var asked = Enumerable.Range(0, count).Select(i => list.CountOf(FakeDnsServer.QueryName(TextOf(ClientAt(i)), Zone))).ToArray();
        var sources = options.KillAt > TimeSpan.Zero ? [] : await Task.WhenAll(lab.Nodes.Select(n => n.MetricsAsync()));
        return new Flight(nodes, rate, asked, await whole, result, options.KillAt > TimeSpan.Zero ? nodes - 1 : nodes, sources);
    }

    // One client to a /24, so that they spread over all buckets.
    private static uint ClientAt(int number) => FirstClient + ((uint)number << 8);

    private static string TextOf(uint address) =>
        new IPAddress([(byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address]).ToString();

    private static async Task WarmUpAsync(FleetLab lab, TimeSpan length)
    {
        await lab.WaitUntilWholeAsync();
        await using var load = FleetLoad.Start(lab.Nodes, perSecond: 60);
        await Task.Delay(length);
        await load.StopAsync();
    }

    private static async Task KillAsync(FleetNode node, TimeSpan after)
    {
        if (after == TimeSpan.Zero)
            return;
        await Task.Delay(after);
        await node.KillAsync();
    }

    // Null: not before the end.
    private static async Task<TimeSpan?> WholeAfterAsync(FleetLab lab, CancellationToken ended)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!ended.IsCancellationRequested)
        {
            var seen = await Task.WhenAll(lab.Nodes.Select(FleetLab.TryStatusAsync));
            if (seen.All(s => s is { State: "up", Shards: 64 } && s.Members.Count == lab.Nodes.Count))
                return clock.Elapsed;
            await Task.Delay(LookInterval, CancellationToken.None);
        }

        return null;
    }

    private static void PrintSeconds(List<Flight> flights)
    {
        var table = new Table(
            "Queries per client and list, by the second in which the client came", ["second", .. flights.Select(f => $"{f.Nodes} nodes")]);
        for (var second = 0; second < flights.Max(f => f.Seconds); second++)
            table.Add([$"{second}", .. flights.Select(f => f.InSecond(second))]);
        table.Print();
    }

    private static void PrintSummary(List<Flight> flights, BenchmarkOptions options)
    {
        var kill = options.KillAt > TimeSpan.Zero ? FormattableString.Invariant(
            $"; kill -9 of one node after {options.KillAt.TotalSeconds} s") : "";
        var table = new Table(
            $"{options.Rate ?? DefaultRate} new clients a second, each at all nodes at once{kill}",
            "nodes", "whole after s", "queries per client, all", "since whole", "p50 ms", "p99 ms", "max ms", "late", "unanswered",
            "screened", "fleet", "near");
        foreach (var f in flights)
        {
            table.Add(
                $"{f.Nodes}", f.Whole?.TotalSeconds.Figure() ?? "never", Ratio(f.All), Ratio(f.SinceWhole),
                f.Answers.Max(g => g.Latency.Percentile(.5)).Milliseconds(),
                f.Answers.Max(g => g.Latency.Percentile(.99)).Milliseconds(), f.Answers.Max(g => g.Latency.Max).Milliseconds(),
                $"{f.Late}", $"{f.Unanswered}", f.Sum("screened"), f.Sum("fleet"), f.Sum("near"));
        }

        table.Print();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Late: more than {Grace.TotalMilliseconds} ms after the deadline of {Deadline.TotalSeconds} s. Latencies, late and "
                + $"unanswered: of the nodes that live."));
    }

    private static string Ratio(double ratio) => ratio.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>What came of one fleet.</summary>
    /// <param name="Asked">Queries to the list, by client.</param>
    /// <param name="Whole">When the cluster was whole, since the first query; null: never.</param>
    /// <param name="Living">How many nodes were not killed; they are the first.</param>
    /// <param name="Metrics">Each node's, unless one was killed.</param>
    private sealed record Flight(int Nodes, int Rate, int[] Asked, TimeSpan? Whole, LoadResult Result, int Living, string[] Metrics)
    {
        public int Seconds => (Asked.Length + Rate - 1) / Rate;

        public IEnumerable<LoadGroup> Answers => Result.Groups.Take(Living);

        public double All => Asked.Average();

        public double SinceWhole =>
            Whole is { } whole ? Asked.Skip((int)Math.Ceiling(whole.TotalSeconds * Rate)).DefaultIfEmpty(Nodes).Average() : Nodes;

        public long Late => Answers.Sum(g => g.Latency.CountAbove(Deadline + Grace));

        public long Unanswered => Answers.Sum(g => Asked.Length - g.Latency.Count);

        public bool IsWell => SinceWhole <= MostQueries && Late == 0 && Unanswered == 0;

        public string InSecond(int second) => second < Seconds ? Ratio(Asked.Skip(second * Rate).Take(Rate).Average()) : "";

        public string Sum(string source) => Metrics.Length == 0 ? "" : FormattableString.Invariant($"{Metrics.Sum(m => m.Split('\n')
            .Where(l => l.StartsWith("screening_verdicts_total", StringComparison.Ordinal)
                && l.Contains($"source=\"{source}\"", StringComparison.Ordinal))
            .Sum(l => double.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture)))}");
    }
}
