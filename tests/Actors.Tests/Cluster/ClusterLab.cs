using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Screening.Actors.Cluster;
using Screening.Actors.Hosting;
using Screening.Actors.Whitelist;
using Xunit;

namespace Screening.Actors.Tests.Cluster;

/// <summary>Several nodes in one process, on loopback.</summary>
internal sealed class ClusterLab : IAsyncDisposable
{
    /// <summary>As by default, but a lost node is found out within about 4 s.</summary>
    public static readonly ClusterTimings Quick = new()
    {
        StableAfter = TimeSpan.FromSeconds(2),
        Heartbeat = TimeSpan.FromMilliseconds(500),
        HeartbeatPause = TimeSpan.FromSeconds(1.5),
        Look = TimeSpan.FromMilliseconds(300),
        LookRefused = TimeSpan.FromMilliseconds(500),
        Watch = TimeSpan.FromSeconds(1),
        Lock = TimeSpan.FromSeconds(4),
    };

    private readonly List<Node> _nodes = [];

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Settings of a node that is its own only seed.</summary>
    public static ClusterSettings Alone(int port) => new()
    {
        Node = $"n{port}",
        ListenPort = port,
        PublicHost = "127.0.0.1",
        PublicPort = port,
        Seeds = [new("127.0.0.1", port)],
        Store = new MemoryStore(),
    };

    /// <summary>Settings of nodes that have each other for seeds.</summary>
    public static ClusterSettings[] Fleet(int nodes)
    {
        var ports = Enumerable.Range(0, nodes).Select(_ => FreePort()).ToArray();
        return [.. ports.Select(port => Alone(port) with { Seeds = [.. ports.Select(p => new Seed("127.0.0.1", p))], Expected = nodes })];
    }

    public Task<Node> StartAsync(ClusterSettings settings) => StartAsync(new ClusterSystemSetup(settings) { Timings = Quick });

    public async Task<Node> StartAsync(ClusterSystemSetup setup)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var node = new Node(setup, await ClusterSystem.StartAsync(setup, ClusterBootstrap.Of, limit.Token));
        _nodes.Add(node);
        return node;
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_nodes.Select(node => node.Host.StopAsync()));

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<bool> holds, Func<string> what, double seconds = 60)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(seconds), $"not within {seconds} s: {what()}");
            await Task.Delay(25);
        }
    }

    /// <summary>Sees that something goes on to hold.</summary>
    public static async Task StaysAsync(Func<bool> holds, Func<string> what, double seconds)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            Assert.True(holds(), $"no longer after {watch.Elapsed}: {what()}");
            await Task.Delay(50);
        }
    }

    internal sealed record Node(ClusterSystemSetup Setup, ClusterSystem Host)
    {
        public MembershipView Now => Setup.Board.Now;

        public Task IsUpAsync(int members, double seconds = 60) =>
            UntilAsync(
                () => Now.State == JoinState.Up && Now.Members.Count(m => m.State == "up") == members, () => $"{members} members up: {Now}",
                seconds);

        public Task IsAsync(JoinState state, double seconds = 60) => UntilAsync(() => Now.State == state, () => $"{state}: {Now}", seconds);
    }
}
