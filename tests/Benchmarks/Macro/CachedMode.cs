using System.Globalization;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Macro;

/// <summary>
/// Verdicts a second for clients that are already decided, by the near cache and by a permanent permit, against the limit; round by
/// round, so that both see the same machine.
/// </summary>
internal static class CachedMode
{
    private const int CachedClients = 1000;

    public static readonly LoadShape[] Shapes = [new(1, 1), new(64, 1), new(64, 16), new(8, 32)];
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly uint FirstCached = LoadClients.Parse("198.18.0.0");
    private static readonly uint FirstPermitted = LoadClients.Parse("198.51.100.0");

    public static int Run(Bench bench)
    {
        using var lists = bench.StartLists(0);
        using var node = bench.StartNode(
            lists, "dnsbl.sites=\"l0.test*8\"", "access.permit=[\"127.0.0.0/8\", \"::1/128\", \"198.51.100.0/24\"]");
        using var echo = bench.StartEcho();
        Subject limit = new("limit", echo, FirstCached, CachedClients);
        Subject[] products = [new("near cache", node, FirstCached, CachedClients), new("permit", node, FirstPermitted, 256)];
        Fill(node);
        WarmUpAll([limit, .. products]);

        var runs = new Dictionary<(Subject, string, LoadShape), List<LoadResult>>();
        for (var round = 0; round < (bench.Options.Rounds ?? 3); round++)
        {
            foreach (var scheme in Sockets.Both)
            {
                foreach (var shape in Shapes.Where(shape => bench.Options.IsMeantPhase($"{scheme} {shape}")))
                {
                    foreach (var subject in products.Prepend(limit))
                    {
                        if (!runs.TryGetValue((subject, scheme, shape), out var results))
                            runs[(subject, scheme, shape)] = results = [];
                        results.Add(Measure(subject, scheme, shape, bench.Options.Length(2)));
                    }
                }
            }
        }

        foreach (var subject in products)
            Print(subject, limit, runs);
        var all = runs.Values.SelectMany(r => r).ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Sum(r => r.Sent):N0} queries, {all.Sum(r => r.Lost)} lost, {all.Sum(r => r.Duplicates)} answered twice, "
                + $"{all.Sum(r => r.Wrong)} wrong; passes that were no hit: {all.Sum(r => r.All.Pass - r.All.CompletePass)}, other "
                + $"actions: {all.Sum(r => r.All.Ignore + r.All.Enforce + r.All.Drop)}"));
        return 0;
    }

    private static LoadResult Measure(Subject subject, string scheme, LoadShape shape, TimeSpan length)
    {
        using var load = new PluginLoad(subject.Server.PluginEndpoint(scheme), shape.Connections);
        return load.RunClosed(shape.Depth, WarmUp, length, LoadClients.Repeat(subject.FirstClient, subject.Clients), subject.Server.Usage);
    }

    // Each client passes once, with every list answering.
    private static void Fill(ServerProcess node)
    {
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), 1);
        var filled = load.RunOpen(CachedClients, 500, LoadClients.Repeat(FirstCached, CachedClients));
        Console.WriteLine($"{filled.All.CompletePass} of {CachedClients} clients passed completely and are in the near cache");
        Console.WriteLine();
    }

    // Until the runtime has compiled what is hot.
    private static void WarmUpAll(Subject[] subjects)
    {
        foreach (var subject in subjects)
        {
            foreach (var scheme in Sockets.Both)
            {
                Measure(subject, scheme, new LoadShape(64, 1), TimeSpan.FromSeconds(1));
                Measure(subject, scheme, new LoadShape(8, 32), TimeSpan.FromSeconds(1));
            }
        }
    }

    private static void Print(Subject subject, Subject limit, Dictionary<(Subject, string, LoadShape), List<LoadResult>> runs)
    {
        var table = new Table(
            $"Cached verdicts: {subject.Name}", "sockets", "/s", "limit /s", "ratio", "p50 us", "p99 us", "limit p50", "limit p99",
            "CPU us", "limit CPU us", "client busy");
        foreach (var scheme in Sockets.Both)
        {
            foreach (var shape in Shapes)
            {
                if (!runs.TryGetValue((limit, scheme, shape), out var bound))
                    continue;
                var product = runs[(subject, scheme, shape)];
                table.Add(
                    $"{scheme} {shape}",
                    product.Select(r => r.PerSecond).Median().Rate(),
                    bound.Select(r => r.PerSecond).Median().Rate(),
                    product.Zip(bound, (p, b) => p.PerSecond / b.PerSecond).Median().Ratio(),
                    Percentile(product, .5), Percentile(product, .99), Percentile(bound, .5), Percentile(bound, .99),
                    product.Select(r => r.ServerMicroseconds).Median().Figure(),
                    bound.Select(r => r.ServerMicroseconds).Median().Figure(),
                    product.Select(r => r.ClientCpu / r.Window).Median().Share());
            }
        }

        table.Print();
    }

    private static string Percentile(List<LoadResult> runs, double share) =>
        runs.Select(r => r.All.Latency.Percentile(share).TotalMicroseconds).Median().Rate();

    private sealed record Subject(string Name, ServerProcess Server, uint FirstClient, int Clients);
}
