using System.Diagnostics;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// Fleets of every kind start again and again, all processes at once: each time there has to be one cluster of all nodes.
/// </summary>
internal static class StartsMode
{
    private const int DefaultRounds = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private static readonly (string Name, FleetShape Shape, bool Lease)[] Kinds =
    [
        ("3 nodes by address", new FleetShape(3), false),
        ("3 nodes by name (localhost:PORT)", new FleetShape(3) { Seeds = FleetSeeds.Localhost }, false),
        ("3 nodes by name, A and AAAA (as root)", new FleetShape(3) { Seeds = FleetSeeds.DualStackNames }, false),
        ("2 cache nodes, 1 edge", new FleetShape(2, 1), false),
        ("3 cache nodes, 2 edges", new FleetShape(3, 2), false),
        ("2 nodes with a lease (PostgreSQL)", new FleetShape(2), true),
    ];

    /// <returns>1 if a fleet was not one cluster in time.</returns>
    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Checkout.Machine());
        await using var postgres = await PostgresServer.StartAsync();
        var rounds = options.Rounds ?? DefaultRounds;
        var starts = Kinds.ToDictionary(k => k.Name, _ => new List<Start>());

        // In turn, so that a moment in which the machine is busy with other things is nobody's own.
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, shape, lease) in Kinds)
            {
                if (shape.Seeds == FleetSeeds.DualStackNames && !Environment.IsPrivilegedProcess)
                    continue;
                string[] store = lease
                    ? ["store.provider=postgresql",
                        $"store.connection={await postgres.CreateDatabaseAsync(FormattableString.Invariant($"round{round}"))}"]
                    : ["store.provider=memory"];
                var start = await StartAsync(shape with { Program = Checkout.NodeProgram(options.Node), Settings = store });
                starts[name].Add(start);
                await Console.Error.WriteLineAsync($"{name}, round {round + 1}: {start}");
            }
        }

        var table = new Table(
            $"One cluster from the start of all processes, within {Limit.TotalSeconds:0} s", "", "starts", "one cluster", "p50 s", "max s",
            "last ready p50 s");
        foreach (var (name, of) in starts.Where(s => s.Value.Count > 0))
        {
            var took = of.Where(s => s.Whole is not null).Select(s => s.Whole!.Value.TotalSeconds).ToList();
            table.Add(
                name, $"{of.Count}", $"{took.Count}", took.Median().Figure(), took.DefaultIfEmpty(double.NaN).Max().Figure(),
                of.Select(s => s.Ready.TotalSeconds).Median().Figure());
        }

        table.Print();
        return starts.Values.SelectMany(s => s).All(s => s.Whole is not null) ? 0 : 1;
    }

    private static async Task<Start> StartAsync(FleetShape shape)
    {
        await using var lab = await FleetLab.BuildAsync(shape);
        var clock = Stopwatch.StartNew();
        await lab.StartAllAsync();
        var seen = Array.Empty<FleetNodeStatus?>();
        while (clock.Elapsed < Limit)
        {
            seen = await Task.WhenAll(lab.Nodes.Select(FleetLab.TryStatusAsync));
            if (IsOneCluster(seen))
                return new Start(clock.Elapsed, lab.Nodes.Max(n => n.ReadyAfter), "");
            await Task.Delay(LookInterval);
        }

        return new Start(null, lab.Nodes.Max(n => n.ReadyAfter), string.Join('\n', seen.Select(s => $"  {s?.ToString() ?? "no answer"}")));
    }

    // Each node sees all of them as up, every shard has a home, and all see the same addresses.
    private static bool IsOneCluster(FleetNodeStatus?[] seen) =>
        seen.All(s => s is { State: "up", Shards: 64 } && s.Members.Count == seen.Length
            && s.Members.All(m => m.EndsWith(" up", StringComparison.Ordinal))
            && s.Addresses.SequenceEqual(seen[0]!.Addresses));

    /// <summary>One start of a fleet.</summary>
    /// <param name="Whole">When it was one cluster; null: not in time.</param>
    private sealed record Start(TimeSpan? Whole, TimeSpan Ready, string Seen)
    {
        public override string ToString() =>
            Whole is { } whole ? FormattableString.Invariant($"one cluster after {whole.TotalSeconds:0.0} s") : $"no one cluster\n{Seen}";
    }
}
