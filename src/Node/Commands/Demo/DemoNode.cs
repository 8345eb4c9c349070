using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Node.Api;
using Screening.Node.Commands.Cache;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Hosting;
using Screening.Node.Hosting.Scripted;
using Screening.Node.Hosting.WarmUp;
using Screening.Node.Sources.Custom;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Demo;

/// <summary>What came of an arrival.</summary>
/// <param name="Reply">What the policy door answered; null at the plug-in door.</param>
internal sealed record DemoVerdict(Decision Decision, string? Reply);

/// <summary>
/// The demonstration's node, in this process, with all its doors; its clients, which use the doors; and its operator, who uses the API's
/// unix socket.
/// </summary>
internal sealed class DemoNode : IAsyncDisposable
{
    // Far beyond every deadline of the node.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly NodeHost _node;
    private readonly Channel<Decision> _decisions;
    private readonly PluginTransport _pluginDoor;
    private readonly IPEndPoint _policyDoor;
    private readonly HttpClient _http;
    private int _number;

    private DemoNode(NodeHost node, Channel<Decision> decisions, string folder)
    {
        _node = node;
        _decisions = decisions;
        _policyDoor = DoorOf("policy");
        _pluginDoor = new PluginTransport(
            "the plug-in door", DoorOf("plugin"), TimeProvider.System, Loggers.CreateLogger<PluginTransport>());
        Socket = new NodeUrl($"unix://{folder}/{DemoConfiguration.HttpSocket}");
        _http = Socket.CreateClient();
    }

    /// <summary>Where changes are taken, and the whitelist is listed.</summary>
    public NodeUrl Socket { get; }

    /// <summary>Where everything else is asked.</summary>
    public NodeUrl Http => NodeUrl.OfEndpoint(UriOf("http"));

    private static ILoggerFactory Loggers => Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;

    /// <summary>Starts a node whose files are all in <paramref name="folder"/>.</summary>
    /// <param name="verbose">Whether the node's log goes to standard error; else it goes nowhere.</param>
    /// <exception cref="EndpointException">A port was taken just now.</exception>
    public static async Task<DemoNode> StartAsync(string folder, DemoSources sources, bool verbose, CancellationToken cancellation)
    {
        var file = Path.Combine(folder, "screening.toml");
        await File.WriteAllTextAsync(file, DemoConfiguration.TextFor(folder, sources), cancellation).ConfigureAwait(false);
        var request = new ConfigurationRequest { ConfigPath = file, CurrentDirectory = folder, SystemDirectory = folder };
        var configuration = ConfigurationLoader.Load(request);
        if (configuration.Options is null)
            throw new InvalidOperationException(string.Join('\n', configuration.Faults));
        var decisions = Channel.CreateBounded<Decision>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });
        var rehearsal = Rehearsal.RunAsync(folder, cancellation);
        var node = NodeHost.Build(configuration, request, services => Replace(services, decisions.Writer, verbose), warm: rehearsal);
        try
        {
            await node.StartAsync(cancellation).ConfigureAwait(false);
            return new DemoNode(node, decisions, folder);
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            await rehearsal.ConfigureAwait(false); // It writes to the folder, which is removed next.
            throw;
        }
    }

    /// <summary>A client connects: what the node decides.</summary>
    public async Task<DemoVerdict> ArriveAsync(DemoClient client, CancellationToken cancellation)
    {
        while (_decisions.Reader.TryRead(out _))
        {
            // Of another asker's question meanwhile.
        }

        string? reply = null;
        if (client.Mail is null)
        {
            var subject = new CheckSubject($"demo-{++_number}", client.Address, Profile.DefaultName);
            await _pluginDoor.AskAsync(subject, Timeout, cancellation).ConfigureAwait(false);
        }
        else
        {
            reply = await PolicyAsker.AskAsync(_policyDoor, client, cancellation).ConfigureAwait(false);
        }

        return new DemoVerdict(await DecisionAboutAsync(client, cancellation).ConfigureAwait(false), reply);
    }

    /// <summary>What is degraded, in the words of <c>status</c>; empty: nothing.</summary>
    public async Task<IReadOnlyList<string>> DegradedAsync(CancellationToken cancellation)
    {
        var status = await new NodeClient(_http, cancellation).GetAsync("api/v1/status", NodeClient.Shapes.StatusDocument)
            .ConfigureAwait(false);
        return [.. status.Value.Degraded.Select(part => part.What)];
    }

    /// <summary>As <c>cache ban</c> does.</summary>
    public Task BanAsync(DemoClient client, string ttl, string reason, CancellationToken cancellation) =>
        new NodeClient(_http, cancellation).SendAsync(
        HttpMethod.Put, PathOf(client), NodeClient.Shapes.CacheLine,
        JsonSerializer.Serialize(new GrantRequest(GrantKind.Ban.Word(), ttl, reason), ApiJson.Default.GrantRequest));

    /// <summary>As <c>cache forget</c> does.</summary>
    public Task ForgetAsync(DemoClient client, CancellationToken cancellation) =>
        new NodeClient(_http, cancellation).SendAsync(HttpMethod.Delete, PathOf(client), NodeClient.Shapes.ForgetResult);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _pluginDoor.DisposeAsync().ConfigureAwait(false);
        await _node.StopAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
    }

    private static void Replace(IServiceCollection services, ChannelWriter<Decision> decisions, bool verbose)
    {
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton<IScreeningObserver>(provider => new DecisionTap(provider.GetRequiredService<DecisionLog>(), decisions));
        if (!verbose)
            services.AddLogging(log => log.ClearProviders());
    }

    // Others may ask at the same time over the API, also about this client.
    private async Task<Decision> DecisionAboutAsync(DemoClient client, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        while (true)
        {
            var decision = await _decisions.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
            if (decision.Query.Client == client.Address && decision.Query.Door == (client.Mail is null ? Door.Plugin : Door.Policy))
                return decision;
        }
    }

    private static string PathOf(DemoClient client) => CacheCommand.PathOf(client.Address.ToString());

    private IPEndPoint DoorOf(string kind) => new(IPAddress.Loopback, new Uri(UriOf(kind)).Port);

    private string UriOf(string kind) =>
        _node.Endpoints.First(e => e.Kind == kind && e.Uri.StartsWith("tcp://", StringComparison.Ordinal)).Uri;
}
