using System.Globalization;

namespace Screening.Testing.Lab.Fleet;

/// <summary>Several nodes, either on loopback addresses or, with root, each in a network of its own on one switch that can be cut.</summary>
public sealed class FleetLab : IAsyncDisposable
{
    private const int ClusterPort = 4053;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static int _labs;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _namespaces = [];
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"scr{Environment.ProcessId}-{Interlocked.Increment(ref _labs)}");
    private readonly List<FleetNode> _nodes = [];

    public IReadOnlyList<FleetNode> Nodes => _nodes;

    /// <summary>The lines of a custom check that lets everybody pass for ten minutes.</summary>
    public static string PassEverybody =>
        """custom=[{ name = "ok", command = ["/bin/sh", "-c", "while read -r l; do case $l in query_id=*) q=$l;; '') printf '%s\\naction=pass\\nttl=600\\n\\n' \"$q\";; esac; done"] }]""";

    /// <summary>Makes nodes that have each other for seeds, and starts them.</summary>
    /// <param name="caches">Nodes of role cache.</param>
    /// <param name="edges">Further nodes without shards.</param>
    /// <param name="cuttable">Each in a network of its own; needs root.</param>
    public static async Task<FleetLab> StartAsync(int caches, int edges, bool cuttable, params string[] settings)
    {
        var lab = new FleetLab();
        try
        {
            var block = Random.Shared.Next(1, 250); // Another lab may be there.
            string HostOf(int i) => FormattableString.Invariant($"{(cuttable ? "10.77.0" : $"127.77.{block}")}.{i}");
            var seeds = string.Join(", ", Enumerable.Range(1, caches).Select(i => $"\"{HostOf(i)}:{ClusterPort}\""));
            if (cuttable)
                await lab.RunAsync("netns add {0}-hub", "-n {0}-hub link add br0 type bridge", "-n {0}-hub link set br0 up");
            for (var i = 1; i <= caches + edges; i++)
            {
                var inside = cuttable ? await lab.AddNetworkAsync(i, HostOf(i)) : null;
                string[] own =
                [
                    $"cluster.listen={HostOf(i)}:{ClusterPort}", $"cluster.seeds=[{seeds}]", "cluster.insecure=true",
                    $"cluster.roles={(i > caches ? "[]" : "[\"cache\"]")}",
                ];
                var name = string.Create(CultureInfo.InvariantCulture, $"mx{i}");
                lab._nodes.Add(new FleetNode(name, lab._folder.MakeFolder(name), inside, [.. own, .. settings]));
            }

            await Task.WhenAll(lab._nodes.Select(n => n.StartAsync()));
            await lab.WaitUntilWholeAsync();
            await lab.WaitUntilBalancedAsync(lab._nodes.Take(caches).ToList());
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until all nodes that are meant see each other, every shard has a home and, if there is a store, nothing is recovering.</summary>
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
                    whole &= status is { State: "up", Shards: 64 } and ({ Recovering: 0 } or { StoreOk: false }) && status.Members.Count(m => m.EndsWith(" up", StringComparison.Ordinal)) == nodes.Count
                        && status.Members.Count == nodes.Count;
                }

                return whole;
            },
            within ?? TimeSpan.FromSeconds(60), "a whole fleet", () => string.Join('\n', seen.Select(s => $"{s.Key}: {s.Value}")));
        return started.Elapsed;
    }

    /// <summary>Waits until no more shards will move: what is under way to a bucket as it moves may be lost, and a test would not know why.</summary>
    public async Task WaitUntilBalancedAsync(IReadOnlyList<FleetNode> caches)
    {
        var least = (64 / caches.Count) - 3;
        await Poll.UntilAsync(
            async () => (await Task.WhenAll(caches.Select(n => n.StatusAsync()))).All(s => s.ShardsHere >= least), TimeSpan.FromSeconds(60), "balanced shards");
    }

    /// <summary>Pulls a node's plug: it reaches nobody, and nobody reaches it.</summary>
    public Task CutAsync(FleetNode node) => RunAsync($"-n {{0}}-hub link set p{NumberOf(node)} down");

    public Task HealAsync(FleetNode node) => RunAsync($"-n {{0}}-hub link set p{NumberOf(node)} up");

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_namespaces.Count > 0)
        {
            foreach (var name in _namespaces.Append("hub"))
                await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "del", $"{_prefix}-{name}"), Patience);
        }

        _folder.Dispose();
    }

    private static async Task<FleetNodeStatus?> TryStatusAsync(FleetNode node)
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

    private static string NumberOf(FleetNode node) => node.Name["mx".Length..];

    private async Task<NetworkNamespace> AddNetworkAsync(int number, string host)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"n{number}");
        _namespaces.Add(name);
        await RunAsync(
            $"netns add {{0}}-{name}",
            $"link add v0 netns {{0}}-{name} type veth peer name p{number} netns {{0}}-hub",
            $"-n {{0}}-{name} addr add {host}/24 dev v0",
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
}
