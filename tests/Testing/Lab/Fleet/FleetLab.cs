using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Screening.Testing.Lab.Fleet;

/// <summary>How the nodes of a fleet are told of each other.</summary>
public enum FleetSeeds
{
    /// <summary>There are no seeds: a cluster of one.</summary>
    None,

    /// <summary>By addresses, each node at one of its own.</summary>
    Addresses,

    /// <summary>All nodes at 127.0.0.1, and <c>localhost:PORT</c> for seeds.</summary>
    Localhost,

    /// <summary>By names that have both an A and an AAAA record, while the nodes listen on IPv4 only; needs root.</summary>
    DualStackNames,
}

/// <summary>What a fleet consists of.</summary>
/// <param name="Caches">Nodes of role cache.</param>
/// <param name="Edges">Further nodes without shards.</param>
public sealed record FleetShape(int Caches, int Edges = 0)
{
    public FleetSeeds Seeds { get; init; } = FleetSeeds.Addresses;

    /// <summary>Each node in a network of its own, on a switch that can be cut; needs root.</summary>
    public bool Cuttable { get; init; }

    /// <summary>TLS between the nodes, which must be known by addresses; else none.</summary>
    public bool Tls { get; init; }

    /// <summary>The node's program; empty: the one built with the tests.</summary>
    public string Program { get; init; } = "";

    /// <summary>What follows <c>--set</c> at each node.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Network namespaces are what makes a network that can be cut, and names of one's own.</summary>
    internal bool NeedsNetworks => Cuttable || Seeds == FleetSeeds.DualStackNames;
}

/// <summary>
/// Several nodes, either on loopback addresses or, with root, each in a network of its own on one switch that can be cut.
/// </summary>
public sealed class FleetLab : IAsyncDisposable
{
    private const int ClusterPort = 4053;
    private const string Network4 = "10.77.0";
    private const string Network6 = "fd77::";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static int _labs;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _namespaces = [];
    private readonly string _prefix = string.Create(
        CultureInfo.InvariantCulture, $"scr{Environment.ProcessId}-{Interlocked.Increment(ref _labs)}");
    private const string AnswerPass =
        """while read -r l; do case $l in query_id=*) q=$l;; '') printf '%s\\naction=pass\\nttl=600\\n\\n' \"$q\";; esac; done""";

    private readonly List<FleetNode> _nodes = [];

    public IReadOnlyList<FleetNode> Nodes => _nodes;

    /// <summary>The lines of a custom check that lets everybody pass for ten minutes.</summary>
    public static string PassEverybody =>
        $$"""custom=[{ name = "ok", command = ["/bin/sh", "-c", "{{AnswerPass}}"] }]""";

    /// <summary>Makes nodes that have each other for seeds, and starts them.</summary>
    /// <param name="caches">Nodes of role cache.</param>
    /// <param name="edges">Further nodes without shards.</param>
    /// <param name="cuttable">Each in a network of its own; needs root.</param>
    public static Task<FleetLab> StartAsync(int caches, int edges, bool cuttable, params string[] settings) =>
        StartAsync(new FleetShape(caches, edges) { Cuttable = cuttable, Settings = settings });

    /// <summary>Makes nodes and starts them; the fleet is whole and its shards are balanced.</summary>
    public static async Task<FleetLab> StartAsync(FleetShape shape)
    {
        var lab = await BuildAsync(shape);
        try
        {
            await lab.StartAllAsync();
            await lab.WaitUntilWholeAsync();
            await lab.WaitUntilBalancedAsync(lab._nodes.Take(shape.Caches).ToList());
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes nodes, and starts none.</summary>
    public static async Task<FleetLab> BuildAsync(FleetShape shape)
    {
        var lab = new FleetLab();
        try
        {
            await lab.AddNodesAsync(shape);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts all nodes at once; each has printed <c>ready</c>.</summary>
    public Task StartAllAsync() => Task.WhenAll(_nodes.Select(n => n.StartAsync()));

    /// <summary>
    /// Waits until all nodes that are meant see each other, every shard has a home and, if there is a store, nothing is recovering.
    /// </summary>
    public async Task<TimeSpan> WaitUntilWholeAsync(IReadOnlyList<FleetNode>? nodes = null, TimeSpan? within = null)
    {
        nodes ??= _nodes;
        var started = System.Diagnostics.Stopwatch.StartNew();
        var seen = new Dictionary<string, string>();
        await Poll.UntilAsync(
            async () =>
            {
                var whole = true;
                foreach (var node in nodes)
                {
                    var status = await TryStatusAsync(node);
                    seen[node.Name] = status?.ToString() ?? "no answer";
                    whole &= status is { State: "up", Shards: 64 } and ({ Recovering: 0 } or { StoreOk: false })
                        && status.Members.Count(m => m.EndsWith(" up", StringComparison.Ordinal)) == nodes.Count
                        && status.Members.Count == nodes.Count;
                }

                return whole;
            },
            within ?? Patience, "a whole fleet", () => string.Join('\n', seen.Select(s => $"{s.Key}: {s.Value}")));
        return started.Elapsed;
    }

    /// <summary>
    /// Waits until no more shards will move: what is under way to a bucket as it moves may be lost, and a test would not know why.
    /// </summary>
    public async Task WaitUntilBalancedAsync(IReadOnlyList<FleetNode> caches)
    {
        var least = (64 / caches.Count) - 3;
        await Poll.UntilAsync(
            async () => (await Task.WhenAll(caches.Select(n => n.StatusAsync()))).All(s => s.ShardsHere >= least), Patience,
            "balanced shards");
    }

    /// <summary>Pulls a node's plug: it reaches nobody, and nobody reaches it.</summary>
    public Task CutAsync(FleetNode node) => RunAsync($"-n {{0}}-hub link set p{NumberOf(node)} down");

    public Task HealAsync(FleetNode node) => RunAsync($"-n {{0}}-hub link set p{NumberOf(node)} up");

    /// <summary>What a node says of itself; null while it does not answer.</summary>
    public static async Task<FleetNodeStatus?> TryStatusAsync(FleetNode node)
    {
        try
        {
            return await node.StatusAsync();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_namespaces.Count > 0)
        {
            foreach (var name in _namespaces.Append("hub"))
            {
                await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "del", $"{_prefix}-{name}"), Patience);
                if (Directory.Exists(EtcOf(name)))
                    Directory.Delete(EtcOf(name), recursive: true);
            }
        }

        _folder.Dispose();
    }

    private static string NumberOf(FleetNode node) => node.Name["mx".Length..];

    private async Task AddNodesAsync(FleetShape shape)
    {
        var count = shape.Caches + shape.Edges;
        var places = shape.Seeds switch
        {
            FleetSeeds.Localhost => FreePorts(count).Select(port => new Place("127.0.0.1", "localhost", port)).ToList(),
            FleetSeeds.DualStackNames => PlacesOf(count, i => $"{Network4}.{i}", NameOf),
            _ when shape.Cuttable => PlacesOf(count, i => $"{Network4}.{i}"),
            _ => LoopbackPlaces(count),
        };
        var seeds = shape.Seeds == FleetSeeds.None ? "" : string.Join(
            ", ", places.Take(shape.Caches).Select(p => $"\"{p.Seed}:{p.Port}\""));
        using var authority = shape.Tls ? new FleetAuthority(_folder.MakeFolder("tls")) : null;
        if (shape.NeedsNetworks)
            await RunAsync("netns add {0}-hub", "-n {0}-hub link add br0 type bridge", "-n {0}-hub link set br0 up");
        for (var i = 1; i <= count; i++)
        {
            var place = places[i - 1];
            var name = string.Create(CultureInfo.InvariantCulture, $"mx{i}");
            var inside = shape.NeedsNetworks ? await AddNetworkAsync(i, place.Host) : null;
            if (shape.Seeds == FleetSeeds.DualStackNames)
                await NameAllAsync(i, count);
            string[] own =
            [
                $"cluster.listen={place.Host}:{place.Port}", $"cluster.seeds=[{seeds}]",
                authority?.Issue(name, IPAddress.Parse(place.Host)) ?? "cluster.insecure=true",
                $"cluster.roles={(i > shape.Caches ? "[]" : "[\"cache\"]")}",
            ];
            _nodes.Add(new FleetNode(name, _folder.MakeFolder(name), inside, [.. own, .. shape.Settings]) { Program = shape.Program });
        }
    }

    // Another lab may be there.
    private static List<Place> LoopbackPlaces(int count)
    {
        var block = Random.Shared.Next(1, 250);
        return PlacesOf(count, i => $"127.77.{block}.{i}");
    }

    private static List<Place> PlacesOf(int count, Func<int, string> hostOf, Func<int, string>? seedOf = null) =>
        [.. Enumerable.Range(1, count).Select(i => new Place(hostOf(i), (seedOf ?? hostOf)(i), ClusterPort))];

    private static List<int> FreePorts(int count)
    {
        var sockets = Enumerable.Range(0, count).Select(
            _ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        sockets.ForEach(socket => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        var ports = sockets.ConvertAll(socket => ((IPEndPoint)socket.LocalEndPoint!).Port);
        sockets.ForEach(socket => socket.Dispose());
        return ports;
    }

    private static string NameOf(int number) => $"mx{number}.fleet.test";

    // ip-netns(8) shows this folder's files in those of /etc.
    private string EtcOf(string name) => $"/etc/netns/{_prefix}-{name}";

    private async Task NameAllAsync(int number, int count)
    {
        var folder = EtcOf($"n{number}");
        Directory.CreateDirectory(folder);
        await File.WriteAllLinesAsync(
            Path.Combine(folder, "hosts"),
            ["127.0.0.1 localhost", .. Enumerable.Range(1, count).SelectMany(
                i => (string[])[$"{Network4}.{i} {NameOf(i)}", $"{Network6}{i} {NameOf(i)}"])]);
    }

    private async Task<NetworkNamespace> AddNetworkAsync(int number, string host)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"n{number}");
        _namespaces.Add(name);
        await RunAsync(
            $"netns add {{0}}-{name}",
            $"link add v0 netns {{0}}-{name} type veth peer name p{number} netns {{0}}-hub",
            $"-n {{0}}-{name} addr add {host}/24 dev v0",
            $"-n {{0}}-{name} addr add {Network6}{number}/64 dev v0 nodad",
            $"-n {{0}}-{name} link set v0 up",
            $"-n {{0}}-{name} link set lo up",
            $"-n {{0}}-hub link set p{number} master br0 up");
        return new NetworkNamespace($"{_prefix}-{name}");
    }

    private async Task RunAsync(params string[] commands)
    {
        foreach (var command in commands)
        {
            var arguments = string.Format(CultureInfo.InvariantCulture, command, _prefix).Split(' ');
            var result = await RunningProcess.RunAsync(new LaunchPlan("ip", arguments), Patience);
            if (result.ExitCode != 0)
                throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {result}");
        }
    }

    /// <summary>Where a node listens, and by what others know it.</summary>
    private sealed record Place(string Host, string Seed, int Port);
}
