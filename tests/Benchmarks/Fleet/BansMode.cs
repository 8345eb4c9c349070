using System.Diagnostics;
using System.Globalization;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Dns;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// Many bans, and nodes that are restarted in every way: from a node's <c>ready</c> on no banned client may pass there. On a single node
/// with SQLite the passes that were made before have to be hits as well.
/// </summary>
internal sealed class BansMode(FleetLab lab, int bans, Table table)
{
    private const int DefaultCount = 100_000;
    private const int Passes = 1_000;
    private const string Zone = "list.test";
    private static readonly TimeSpan ConfirmLimit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan AwayFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<FleetNode, BanWatch> _watches = [];
    private readonly List<TimeSpan> _ready = [];
    private readonly List<TimeSpan?> _confirmed = [];
    private BanSightings _seen = BanSightings.None;

    private bool IsWell { get; set; } = true;

    /// <returns>1 if a banned client passed, a node did not know all bans in the end, or a pass was not a hit.</returns>
    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Checkout.Machine());
        var bans = options.Count ?? DefaultCount;
        var table = new Table(
            $"{bans} bans; each node is asked about 200 banned clients a second from its ready on",
            "store", "what", "start to ready s", "start to confirmed s", "asked", "let in", "last let in, s after ready",
            "slowest answer ms", "bans known");
        var well = true;
        if (options.IsMeant("memory"))
            well &= await FleetAsync(options, bans, table, postgres: null);
        if (options.IsMeant("postgresql"))
        {
            await using var postgres = await PostgresServer.StartAsync();
            well &= await FleetAsync(options, bans, table, postgres);
        }

        if (options.IsMeant("sqlite"))
            well &= await SingleAsync(options, bans, table);
        table.Print();
        return well ? 0 : 1;
    }

    private static async Task<bool> FleetAsync(BenchmarkOptions options, int bans, Table table, PostgresServer? postgres)
    {
        var store = postgres is null ? "memory" : "postgresql";
        string[] connection = postgres is null ? [] : [$"store.connection={postgres.ConnectionString}"];
        await using var lab = await FleetLab.StartAsync(new FleetShape(3)
        {
            Program = Checkout.NodeProgram(options.Node),
            Settings = [$"store.provider={store}", .. connection],
        });
        var mode = new BansMode(lab, bans, table);
        await mode.ImportAsync(store);
        await mode.ScenarioAsync(store, "rolling restart, SIGTERM", () => mode.RollAsync(node => node.StopAsync()));
        await mode.ScenarioAsync(store, "rolling restart, SIGKILL", () => mode.RollAsync(node => node.KillAsync()));
        await mode.ScenarioAsync(store, "kill -9 of all", async () => await mode.ConfirmAllAsync(await mode.RestartAllAsync()));
        if (postgres is not null)
        {
            await mode.ScenarioAsync(store, FormattableString.Invariant(
                $"kill -9 of all, database away for {AwayFor.TotalSeconds} s"), async () =>
            {
                await postgres.StopAsync();
                var clock = await mode.RestartAllAsync();
                await Task.Delay(AwayFor);
                await postgres.RestartAsync();
                await mode.ConfirmAllAsync(clock);
            });
        }

        return mode.IsWell;
    }

    private static async Task<bool> SingleAsync(BenchmarkOptions options, int bans, Table table)
    {
        using var list = new FakeDnsServer();
        await using var lab = await FleetLab.BuildAsync(new FleetShape(1)
        {
            Seeds = FleetSeeds.None,
            Program = Checkout.NodeProgram(options.Node),
            Settings = ["store.provider=sqlite", $"dnsbl.sites={Zone}*3", $"dnsbl.resolver=[\"{list.EndPoint}\"]"],
        });
        await lab.StartAllAsync();
        var mode = new BansMode(lab, bans, table);
        await mode.ImportAsync("sqlite");
        var clients = Enumerable.Range(0, Passes).Select(_ => FleetLoad.NewClient()).ToList();
        await AskAllAsync(lab.Nodes[0], clients);
        await Poll.UntilAsync(
            async () => await lab.Nodes[0].StatusAsync() is { Queued: 0 } s && s.Entries >= Passes, ConfirmLimit, "all passes stored");
        var asked = QueriesAbout(clients, list);
        await mode.ScenarioAsync("sqlite", "kill -9", async () =>
        {
            var clock = await mode.RestartAllAsync();
            await AskAllAsync(lab.Nodes[0], clients);
            await mode.ConfirmAllAsync(clock);
        });
        var again = QueriesAbout(clients, list) - asked;
        Console.WriteLine(
            FormattableString.Invariant($"sqlite, kill -9: of {Passes} clients that had passed, the list was asked about {again} again"));
        return mode.IsWell && again == 0;
    }

    private static int QueriesAbout(List<string> clients, FakeDnsServer list) =>
        clients.Sum(c => list.CountOf(FakeDnsServer.QueryName(c, Zone)));

    private static async Task AskAllAsync(FleetNode node, IEnumerable<string> clients)
    {
        using var socket = await FleetLoad.ConnectAsync(node);
        foreach (var client in clients)
            await FleetLoad.AskOnceAsync(socket, client);
    }

    private async Task ImportAsync(string store)
    {
        var clock = Stopwatch.StartNew();
        await WhitelistLines.ImportAsync([lab.Nodes[0]], bans, WhitelistLines.Ban);
        var imported = clock.Elapsed;
        await ConfirmAllAsync(clock);
        Console.WriteLine(FormattableString.Invariant(
            $"{store}: import of {bans} bans took {imported.TotalSeconds:0.0} s; all nodes knew them after {Shown(_confirmed)} s"));
        _confirmed.Clear();
    }

    // All nodes are watched while it lasts.
    private async Task ScenarioAsync(string store, string what, Func<Task> runAsync)
    {
        _seen = BanSightings.None;
        _ready.Clear();
        _confirmed.Clear();
        foreach (var node in lab.Nodes)
            _watches[node] = BanWatch.Begin(node, bans);
        await runAsync();
        foreach (var node in lab.Nodes)
            await EndWatchAsync(node);
        var known = (await Task.WhenAll(lab.Nodes.Select(FleetLab.TryStatusAsync))).Select(s => s?.Bans ?? -1).ToList();
        IsWell &= _seen.LetIn == 0 && _confirmed.All(c => c is not null) && known.All(k => k == bans);
        table.Add(
            store, what, Shown(_ready.Select(r => (TimeSpan?)r)), Shown(_confirmed), $"{_seen.Asked}", $"{_seen.LetIn}",
            _seen.LetIn == 0 ? "" : _seen.LastLetIn.TotalSeconds.Figure(), _seen.Slowest.Milliseconds(), string.Join(' ', known));
        await Console.Error.WriteLineAsync($"{store}, {what}: {_seen}");
    }

    private async Task RollAsync(Func<FleetNode, Task> endAsync)
    {
        foreach (var node in lab.Nodes)
        {
            await endAsync(node);
            await EndWatchAsync(node);
            var clock = Stopwatch.StartNew();
            await StartAsync(node);
            _confirmed.Add(await ConfirmedAfterAsync(node, clock));
        }
    }

    private async Task<Stopwatch> RestartAllAsync()
    {
        await Task.WhenAll(lab.Nodes.Select(n => n.KillAsync()));
        foreach (var node in lab.Nodes)
            await EndWatchAsync(node);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(lab.Nodes.Select(StartAsync));
        return clock;
    }

    private async Task StartAsync(FleetNode node)
    {
        await node.StartAsync();
        lock (_watches)
        {
            _watches[node] = BanWatch.Begin(node, bans);
            _ready.Add(node.ReadyAfter);
        }
    }

    private async Task EndWatchAsync(FleetNode node)
    {
        if (_watches.Remove(node, out var watch))
            _seen = _seen.And(await watch.EndAsync());
    }

    private async Task ConfirmAllAsync(Stopwatch clock) =>
        _confirmed.AddRange(await Task.WhenAll(lab.Nodes.Select(node => ConfirmedAfterAsync(node, clock))));

    // Confirmed: it is one of all nodes, nothing is degraded, and it knows all bans. Null: not in time.
    private async Task<TimeSpan?> ConfirmedAfterAsync(FleetNode node, Stopwatch clock)
    {
        for (var began = clock.Elapsed; clock.Elapsed - began < ConfirmLimit; await Task.Delay(LookInterval))
        {
            if (await FleetLab.TryStatusAsync(node) is { State: "up", Rung: 0 } s && s.Members.Count == lab.Nodes.Count && s.Bans == bans)
                return clock.Elapsed;
        }

        return null;
    }

    private static string Shown(IEnumerable<TimeSpan?> times) =>
        string.Join(' ', times.Select(t => t?.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "never"));
}
