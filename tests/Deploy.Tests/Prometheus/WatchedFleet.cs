using System.Net;
using System.Net.Sockets;
using Screening.Testing;
using Screening.Testing.Dns;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Deploy.Tests.Prometheus;

/// <summary>
/// Two nodes with mutual TLS and a PostgreSQL between them (without PostgreSQL: memory), clients that keep coming, and a real Prometheus
/// that asks both. Started by the first test that needs it.
/// </summary>
public sealed class WatchedFleet : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeDnsServer _lists = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<NodeProcess> _nodes = [];
    private FleetAuthority? _authority;
    private PostgresServer? _database;
    private PrometheusProcess? _server;
    private Task _load = Task.CompletedTask;

    /// <summary>Files that a node has mapped, once it has answered.</summary>
    public IEnumerable<string> MapsOf(int node) => File.ReadLines($"/proc/{_nodes[node].Pid}/maps");

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Prometheus, once it has asked both nodes.</summary>
    public async Task<PrometheusProcess> StartAsync()
    {
        if (_server is { } running)
            return running;
        Requires.Unpacked("prometheus", "usr/bin/prometheus");

        // One list answers, one fails.
        _lists.Respond = question => question.Name.EndsWith("fails.example", StringComparison.Ordinal) ? FakeDnsReply.Error(2) : null;
        _authority = new FleetAuthority(_folder.MakeFolder("tls"));
        if (PostgresServer.IsInstalled)
            _database = await PostgresServer.StartAsync();
        int[] ports = [FreePort(), FreePort()];
        await Task.WhenAll(StartNodeAsync("mx1", ports, 0), StartNodeAsync("mx2", ports, 1)).Within("both nodes");
        _load = Task.Run(() => LoadAsync(_stopping.Token));
        var rules = Repository.File("deploy/prometheus/screening.rules.yaml");
        _server = await PrometheusProcess.StartAsync(
            _folder, rules, _nodes.Select((node, i) => ($"mx{i + 1}", new Uri($"https://{node.Http.Authority}"))));
        await Poll.UntilAsync(
            async () => await _server.ValuesAsync("sum(screening_members == 2)") is [4], Waiting.Limit, "two nodes that see each other",
            () => string.Concat(_nodes.Select(node => node.Transcript)));
        return _server;
    }

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _load;
        }
        finally
        {
            if (_server is not null)
                await _server.DisposeAsync();
            foreach (var node in _nodes)
                await node.DisposeAsync();
            if (_database is not null)
                await _database.DisposeAsync();
            _authority?.Dispose();
            _lists.Dispose();
            _folder.Dispose();
            _stopping.Dispose();
        }
    }

    private async Task StartNodeAsync(string name, int[] ports, int index)
    {
        var tls = _authority!.Issue(name, IPAddress.Loopback);
        var node = await NodeProcess.StartAsync(
            null, $"node.name={name}", $"cluster.listen=127.0.0.1:{ports[index]}",
            $"cluster.seeds=[\"127.0.0.1:{ports[0]}\",\"127.0.0.1:{ports[1]}\"]", tls,
            $"http.certificate={_folder[$"tls/{name}.pem"]}", $"http.key={_folder[$"tls/{name}.key"]}",
            $"dnsbl.resolver=[\"{_lists.EndPoint}\"]", "dnsbl.sites=answers.example*2, fails.example*2", "dnsbl.skip=[]",
            "endpoints.policy=[\"tcp://127.0.0.1:0?allow=192.0.2.0/24\"]", "endpoints.memcache=[\"tcp://127.0.0.1:0\"]",
            $"store.provider={(_database is null ? "memory" : "postgresql")}", $"store.connection={_database?.ConnectionString}");
        lock (_nodes)
            _nodes.Add(node);
    }

    // Clients that are new, at one node and then at the other; ones that come again; one that is not understood, and one that may not
    // connect.
    private async Task LoadAsync(CancellationToken stopping)
    {
        using var first = await PluginClient.ConnectAsync(_nodes[0].Plugin);
        using var second = await PluginClient.ConnectAsync(_nodes[1].Plugin);
        for (var i = 1; !stopping.IsCancellationRequested; i++)
        {
            var client = new IPAddress([203, 0, (byte)(i >> 8), (byte)i]);
            await first.AskAsync(PluginClient.Request2012(client, "q"));
            await second.AskAsync(PluginClient.Request2012(client, "q"));
            await first.AskAsync(PluginClient.Request2012(client, "q"));
            await second.AskAsync("query_id=q\nremote_address=nobody\n\n");
            using var refused = new TcpClient();
            await refused.ConnectAsync(IPAddress.Loopback, _nodes[0].Listening["policy"].Port, CancellationToken.None);
            await Task.Delay(20, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
