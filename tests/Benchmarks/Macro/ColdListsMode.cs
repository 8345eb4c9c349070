using System.Net;
using System.Net.Sockets;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Macro;

/// <summary>
/// Clients that are all new, with several lists on a real rbldnsd: the greatest rate, what the node adds to the lists' own time at half of
/// it, and what becomes of clients that are known while ten times as many new ones come as the node can screen.
/// </summary>
internal sealed class ColdListsMode(Bench bench, int lists)
{
    private const int DefaultLists = 10;
    private const int Connections = 16;

    // Of the queries of the overload, one in so many is about a client of the permit list, on connections that ask about no other.
    private const int HitEvery = Connections;
    private const int New = 0;
    private const int Known = 1;
    private const string Permit = "10.0.0.0/8";

    private static readonly LoadShape[] Shapes = [new(16, 1), new(64, 4)];
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly LoadClients _clients = new();

    public static async Task<int> RunAsync(Bench bench)
    {
        var lists = bench.Options.Count ?? DefaultLists;
        return await new ColdListsMode(bench, lists).RunAsync();
    }

    private async Task<int> RunAsync()
    {
        var zones = Enumerable.Range(0, lists).Select(i => $"l{i}.test").ToList();
        await using var rbldnsd = await RblDnsd.StartAsync(
            null, FreeEndpoint(), zones.ToDictionary(zone => zone, _ => new[] { new Listing("127.0.0.2", "127.0.0.2") }));
        using var node = bench.StartNode(
            null, $"dnsbl.sites=\"{string.Join(", ", zones.Select(zone => $"{zone}*1"))}\"", $"dnsbl.resolver=[\"{rbldnsd.EndPoint}\"]",
            $"access.permit=[\"{Permit}\"]");

        var greatest = Closed(node);
        Open(node, rbldnsd.EndPoint, greatest);
        Overload(node, greatest);
        return 0;
    }

    private double Closed(ServerProcess node)
    {
        Measure(node, new LoadShape(64, 4), bench.Options.Length(3));
        var table = new Table(
            $"Closed loop: every client new, {lists} lists on rbldnsd", "tcp", "/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "CPU us",
            "complete");
        var greatest = 0.0;
        foreach (var shape in Shapes)
        {
            var runs = Enumerable.Range(0, bench.Options.Rounds ?? 3)
                .Select(_ => Measure(node, shape, bench.Options.Length(3))).ToList();
            var rate = runs.Select(run => run.PerSecond).Median();
            greatest = Math.Max(greatest, rate);
            table.Add(
                [shape.ToString(), rate.Rate(), .. Latencies(run => run.All.Latency, runs),
                runs.Select(run => run.ServerMicroseconds).Median().Figure(),
                ((double)runs.Sum(run => run.All.CompletePass) / runs.Sum(run => run.All.Latency.Count)).Share()]);
        }

        table.Print();
        return greatest;
    }

    // From when each query was due. What is above the bare round trip is the node's, and this machine's.
    private void Open(ServerProcess node, EndPoint rbldnsd, double greatest)
    {
        var table = new Table(
            "Open loop", "new clients a second", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "CPU us", "complete", "bare DNS p50 ms",
            "bare DNS p99 ms", "account");
        double[] rates = bench.Options.Rate is { } wanted ? [wanted] : [greatest / 4, greatest / 2, greatest * 0.9];
        foreach (var rate in rates)
        {
            using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
            using var probe = new DnsProbe(rbldnsd);
            var count = (int)(rate * bench.Options.Length(5).TotalSeconds);
            var run = load.RunOpen(count, rate, _ => _clients.NextClean(), server: node.Usage);
            probe.Dispose();
            table.Add(
                [rate.Rate(), .. Latencies(r => r.All.Latency, [run]), run.ServerMicroseconds.Figure(),
                ((double)run.All.CompletePass / Math.Max(1, run.All.Latency.Count)).Share(),
                probe.RoundTrips.Percentile(.5).Milliseconds(), probe.RoundTrips.Percentile(.99).Milliseconds(), run.ToString()]);
        }

        table.Print();
    }

    private void Overload(ServerProcess node, double greatest)
    {
        var table = new Table(
            $"One query in {HitEvery} is about a client of the permit list", "queries a second", "clients", "p50 ms", "p99 ms", "p99.9 ms",
            "max ms", "complete", "in time", "account");
        foreach (var rate in (double[])[greatest / 4, greatest * 10])
        {
            using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
            var count = (int)(rate * bench.Options.Length(4).TotalSeconds);
            var run = load.RunOpen(count, rate, NextOfBoth, groups: 2);
            foreach (var (group, name) in new[] { (run.Groups[Known], "known"), (run.Groups[New], "new") })
            {
                table.Add(
                    [rate.Rate(), name, .. Latencies(_ => group.Latency, [run]),
                    ((double)group.CompletePass / Math.Max(1, group.Latency.Count)).Share(),
                    (1 - ((double)group.Latency.CountAbove(Deadline) / Math.Max(1, group.Latency.Count))).Share(), run.ToString()]);
            }
        }

        table.Print();
    }

    private LoadClient NextOfBoth(int number) => number % HitEvery == 0
        ? new LoadClient(LoadClients.Parse("10.0.0.1") + (uint)(number / HitEvery % 1000), Known)
        : _clients.NextClean(New);

    private LoadResult Measure(ServerProcess node, LoadShape shape, TimeSpan length)
    {
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), shape.Connections);
        return load.RunClosed(shape.Depth, WarmUp, length, _ => _clients.NextClean(), node.Usage);
    }

    private static IEnumerable<string> Latencies(Func<LoadResult, LatencyHistogram> of, IReadOnlyList<LoadResult> runs) =>
    [
        .. new[] { .5, .99, .999 }.Select(share => runs.Select(run => of(run).Percentile(share).TotalMilliseconds).Median().Figure()),
        runs.Max(run => of(run).Max).Milliseconds(),
    ];

    private static IPEndPoint FreeEndpoint()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return (IPEndPoint)probe.LocalEndpoint;
    }
}
