using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Screening.Actors.Fleet;
using Screening.Node.Commands;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Http;
using Screening.Node.Hosting;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Node.Tests.Endpoints;

/// <summary>A whole node in this process, on free ports, with a folder of its own.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly NodeHost _node;

    private RunningNode(NodeHost node, DirectoryInfo folder)
    {
        _node = node;
        Folder = folder.FullName;
    }

    public string Folder { get; }

    /// <summary>Starts a node; further settings as <c>--set</c> takes them, with <c>{folder}</c> for the node's folder.</summary>
    public static Task<RunningNode> StartAsync(params string[] sets) => StartAsync(null, null, sets);

    /// <summary>The same with a configuration file.</summary>
    public static Task<RunningNode> StartFromAsync(string? file, params string[] sets) => StartAsync(file, null, sets);

    /// <summary>A node with a whitelist of the test's in place of the fleet's.</summary>
    public static Task<RunningNode> StartWithAsync(IWhitelistAdmin whitelist, params string[] sets) =>
        StartAsync(null, services => services.AddSingleton(() => whitelist).AddSingleton(Own), sets);

    /// <summary>A node with a configuration file and services of the test's in place of its own.</summary>
    public static Task<RunningNode> StartWithAsync(Action<IServiceCollection> replace, string? file, params string[] sets) =>
        StartAsync(file, replace, sets);

    /// <summary>The addresses of a node in tests, whatever this host's are.</summary>
    public static readonly OwnAddresses Own = new(
        () => [Network.Of(ClientAddress.Parse("127.0.0.0"), 8), Network.Of(ClientAddress.Parse("203.0.113.200"))]);

    private static async Task<RunningNode> StartAsync(string? file, Action<IServiceCollection>? replace, string[] sets)
    {
        var folder = Directory.CreateTempSubdirectory("screening-");
        string[] usual =
        [
            "node.data_dir={folder}/data", "node.name=test", "endpoints.plugin=[\"tcp://127.0.0.1:0\",\"unix://{folder}/plugin\"]",
            "endpoints.http=[\"tcp://127.0.0.1:0\"]", "endpoints.policy=[]", "endpoints.dnsbl=[]", "endpoints.memcache=[]",
                "access.permit=[]", "cluster.listen=127.0.0.1:0", "store.provider=memory",

            // On a busy machine a verdict may take seconds. Tests of the deadlines themselves set their own.
            "verdict.deadline=60s", "verdict.serial_deadline=60s", "verdict.dnsbl_deadline=60s", "dnsbl.timeout=20s",
        ];
        var request = new ConfigurationRequest
        {
            ConfigPath = file,
            Sets = [.. usual.Concat(sets).Select(s => s.Replace("{folder}", folder.FullName, StringComparison.Ordinal))],
            CurrentDirectory = folder.FullName,
            SystemDirectory = folder.FullName,
        };
        var configuration = ConfigurationLoader.Load(request);
        Assert.True(configuration.Options is not null, string.Join('\n', configuration.Faults));
        var node = NodeHost.Build(configuration, request, replace);
        await node.StartAsync();
        return new RunningNode(node, folder);
    }

    /// <summary>A service of the node.</summary>
    public T Service<T>()
        where T : notnull => _node.Service<T>();

    /// <summary>Waits for the node to end by itself; false if that was a fault.</summary>
    public Task<bool> WaitForShutdownAsync() => _node.WaitForShutdownAsync().Within("the node's end");

    /// <summary>The port of the first TCP listener of a kind.</summary>
    public int PortOf(string kind) =>
        new Uri(_node.Endpoints.First(e => e.Kind == kind && e.Uri.StartsWith("tcp", StringComparison.Ordinal)).Uri).Port;

    /// <summary>The port of the DNSBL zone over UDP.</summary>
    public int UdpPort => new Uri(_node.Endpoints.First(e => e.Uri.StartsWith("udp", StringComparison.Ordinal)).Uri).Port;

    /// <summary>A client of the HTTP API.</summary>
    public HttpClient Http() => NodeUrl.OfEndpoint($"tcp://127.0.0.1:{PortOf("http")}").CreateClient();

    /// <summary>The address of the HTTP API, for <c>--node</c>.</summary>
    public string Url => $"http://127.0.0.1:{PortOf("http")}";

    /// <summary>A client of the HTTP API on the unix socket of that name in the node's folder.</summary>
    public HttpClient HttpUnix(string name) => new NodeUrl($"unix://{Folder}/{name}").CreateClient();

    /// <summary>A connection to the plug-in listener.</summary>
    public async Task<PluginPeer> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, PortOf("plugin"));
        return new PluginPeer(socket);
    }

    /// <summary>A connection to the unix socket of that name in the node's folder.</summary>
    public async Task<PluginPeer> ConnectUnixAsync(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Folder, name)));
        return new PluginPeer(socket);
    }

    /// <summary>Stops the node; its files stay.</summary>
    public Task StopAsync() => _node.StopAsync();

    /// <summary>The lines of the decision log, in the order of its files.</summary>
    public List<JsonElement> Decisions() =>
    [
        .. Directory.EnumerateFiles(Folder, "decisions*.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines).Select(line => JsonElement.Parse(line)),
    ];

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>The other side of a plug-in connection.</summary>
internal sealed class PluginPeer(Socket socket) : IDisposable
{
    private readonly StringBuilder _received = new();

    public Socket Socket { get; } = socket;

    public async Task SendAsync(string text) => await Socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads so many replies, each without its empty line.</summary>
    public async Task<List<string>> ReadAsync(int count)
    {
        var replies = new List<string>();
        while (replies.Count < count)
        {
            var text = _received.ToString();
            var end = text.IndexOf("\n\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                replies.Add(text[..end]);
                _received.Remove(0, end + 2);
            }
            else if (!await ReceiveAsync())
                throw new EndOfStreamException($"closed after {replies.Count} of {count} replies: '{text}'");
        }

        return replies;
    }

    /// <summary>Reads until the other side closes and returns everything.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return _received.ToString();
    }

    public void Dispose() => Socket.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        var buffer = new byte[8192];
        try
        {
            var read = await Socket.ReceiveAsync(buffer.AsMemory()).AsTask().Within($"more than '{_received}' from the node");
            _received.Append(Encoding.Latin1.GetString(buffer, 0, read));
            return read > 0;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionReset)
        {
            return false;
        }
    }
}
