using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Screening.Testing.Lab.Fleet;

/// <summary>
/// One node of a fleet as a process of its own. It is reached through unix sockets in its folder, so that it makes no difference in which
/// network it is. It keeps its folder and settings when it is killed and started again.
/// </summary>
public sealed class FleetNode(string name, string folder, NetworkNamespace? inside, IReadOnlyList<string> settings) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(120);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folder, "http")), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
        PooledConnectionLifetime = TimeSpan.FromSeconds(5),
    })
    { BaseAddress = new Uri("http://localhost/"), Timeout = TimeSpan.FromSeconds(60) };

    public string Name { get; } = name;

    public string Folder { get; } = folder;

    /// <summary>The node's program; empty: the one built with the tests.</summary>
    public string Program { get; init; } = "";

    /// <summary>From the latest start of the process to its <c>ready</c>.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    public NodeProcess? Process { get; private set; }

    public string PluginSocket => Path.Combine(Folder, "plugin");

    public async Task StartAsync()
    {
        string[] own =
        [
            $"node.name={Name}", $"node.data_dir={Folder}", $"endpoints.plugin=[\"unix://{Folder}/plugin\"]",
            $"endpoints.http=[\"unix://{Folder}/http\"]", "endpoints.policy=[]", "endpoints.dnsbl=[]", "endpoints.memcache=[]",
            "access.permit=[]",
        ];
        string[] arguments = ["run", .. own.Concat(settings).SelectMany(s => (string[])["--set", s])];
        var started = Stopwatch.StartNew();
        Process = NodeProcess.Begin(NodeProcess.LaunchOf(Program, inside, arguments));
        await Process.WaitForReadyAsync();
        ReadyAfter = started.Elapsed;
    }

    public async Task KillAsync()
    {
        await Process!.KillAsync();
        await Process.DisposeAsync();
    }

    public async Task StopAsync()
    {
        Process!.Signal(Signal.Terminate);
        await Process.WaitForExitAsync(Patience);
        await Process.DisposeAsync();
    }

    /// <summary>What the node says of itself.</summary>
    public async Task<FleetNodeStatus> StatusAsync() => FleetNodeStatus.Parse(await _http.GetStringAsync("api/v1/status"));

    /// <summary>Where the node has its verdict from: near, fleet, screened, ban, ...; reads caches and writes none.</summary>
    public async Task<string> SourceAsync(string client)
    {
        using var verdict = JsonDocument.Parse(await _http.GetStringAsync($"api/v1/check/{client}"));
        return verdict.RootElement.GetProperty("source").GetString()!;
    }

    public async Task<string> MetricsAsync() => await _http.GetStringAsync("metrics");

    public Task<HttpResponseMessage> ChangeAsync(HttpMethod method, string path, string? body = null, string type = "application/json") =>
        _http.SendAsync(new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, type),
        });

    /// <summary>Runs a command of the program against this node.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) =>
        RunningProcess.RunAsync(NodeProcess.LaunchOf(Program, null, [.. arguments, "--node", $"unix://{Folder}/http"]), CommandPatience);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (Process is not null)
            await Process.DisposeAsync();
    }
}

/// <summary>A node's status in short.</summary>
public sealed record FleetNodeStatus(
    int Rung, string Degraded, string State, IReadOnlyList<string> Members, int Shards, int ShardsHere, int Recovering, bool StoreOk,
    long Queued,
    long Dropped, long Journaled, long Entries)
{
    /// <summary>The addresses of all members, in order.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Bans that this node knows.</summary>
    public long Bans { get; init; }

    /// <summary>Reads what <c>/api/v1/status</c> answers.</summary>
    public static FleetNodeStatus Parse(string json)
    {
        using var status = JsonDocument.Parse(json);
        var (root, cluster, store) = (status.RootElement, status.RootElement.GetProperty("cluster"),
            status.RootElement.GetProperty("store"));
        return new FleetNodeStatus(
            root.GetProperty("rung").GetInt32(),
            string.Join("; ", root.GetProperty("degraded").EnumerateArray().Select(d => d.GetProperty("what").GetString())),
            cluster.GetProperty("state").GetString()!,
            [.. cluster.GetProperty("members").EnumerateArray().Select(
                m => $"{m.GetProperty("node").GetString()} {m.GetProperty("state").GetString()}")],
            cluster.GetProperty("shards").GetInt32(),
            cluster.GetProperty("shards_here").GetInt32(),
            cluster.GetProperty("recovering").GetInt32(),
            store.GetProperty("ok").GetBoolean(),
            store.GetProperty("queued").GetInt64(),
            store.GetProperty("dropped").GetInt64(),
            store.GetProperty("journaled").GetInt64(),
            root.GetProperty("cache").GetProperty("entries").GetInt64())
        {
            Addresses =
                [.. cluster.GetProperty("members").EnumerateArray()
                    .Select(m => m.GetProperty("address").GetString()!).Order(StringComparer.Ordinal)],
            Bans = root.GetProperty("cache").GetProperty("bans").GetInt64(),
        };
    }

    public override string ToString() =>
        $"rung {Rung} ({Degraded}), {State}, members [{string.Join(", ", Members)}], shards {Shards} ({ShardsHere} here), recovering "
            + $"{Recovering}, "
        + $"store ok {StoreOk}, queued {Queued}, dropped {Dropped}, journaled {Journaled}, entries {Entries}, bans {Bans}";
}
