using System.Collections.Immutable;
using System.Net;
using Akka.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Endpoints.Dnsbl;
using Screening.Node.Endpoints.Http;
using Screening.Node.Endpoints.Memcache;
using Screening.Node.Endpoints.Policy;
using Screening.Node.Hosting.Logging;
using Screening.Node.Hosting.Systemd;
using Screening.Node.Hosting.WarmUp;
using Screening.Node.Platform;
using Screening.Node.Sources;
using Screening.Node.Store;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting;

/// <summary>
/// One node as a host: logging, metrics, actors, sources and listeners, started in this order and stopped in the reverse one, so that
/// listeners close first and pending queries are still answered.
/// </summary>
internal sealed class NodeHost : IAsyncDisposable
{
    // Every pending query ends by its deadline; a connection that is still open then is closed.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(4);

    private readonly WebApplication _app;
    private readonly Listeners _listeners;
    private readonly string _dataDir;
    private readonly NodeStatus _status;
    private readonly NodeEnd _end;
    private readonly IReadOnlyList<ConfigurationFault> _warnings;
    private readonly ImmutableArray<OpenEndpoint> _clusterEndpoint;

    private NodeHost(WebApplication app, Listeners listeners, string dataDir, IReadOnlyList<ConfigurationFault> warnings)
    {
        _dataDir = dataDir;
        var fleet = app.Services.GetRequiredService<ClusterSettings>();
        _clusterEndpoint = fleet.IsAlone ? [] : [new OpenEndpoint("cluster", $"tcp://{new HostPort(fleet.ListenHost, fleet.ListenPort)}")];
        _app = app;
        _listeners = listeners;
        _warnings = warnings;
        _status = app.Services.GetRequiredService<NodeStatus>();
        _end = app.Services.GetRequiredService<NodeEnd>();
    }

    /// <summary>The listeners that are open.</summary>
    public IReadOnlyList<OpenEndpoint> Endpoints => _status.Endpoints;

    /// <summary>The whitelist as operators see it.</summary>
    public IWhitelistAdmin Whitelist => _app.Services.GetRequiredService<Func<IWhitelistAdmin>>()();

    /// <summary>A service of the node, for tests.</summary>
    internal T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Puts a node together; nothing is opened yet.</summary>
    /// <param name="configuration">Settings without faults.</param>
    /// <param name="request">Their source, for reloads.</param>
    /// <param name="replace">Puts other services in place of the node's own, for tests.</param>
    /// <param name="warm">No door opens before this has ended; null: nothing is waited for.</param>
    /// <exception cref="EndpointException">An address cannot be used.</exception>
    public static NodeHost Build(
        ConfigurationResult configuration, ConfigurationRequest request, Action<IServiceCollection>? replace = null, Task? warm = null)
    {
        var options = configuration.Options!;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        NodeLogging.Configure(builder.Logging, options.Log.Format);
        AddServices(builder.Services, options, configuration, request, warm ?? Task.CompletedTask);
        replace?.Invoke(builder.Services);

        var listeners = new Listeners(options);
        builder.Services.Configure<SocketTransportOptions>(listeners.Configure);
        builder.WebHost.ConfigureKestrel(listeners.Configure);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout);

        var app = builder.Build();
        var screening = app.Services.GetRequiredService<ScreeningHandle>();
        app.Services.GetRequiredService<NodeMetrics>().OnScrape(
            screening, app.Services.GetRequiredService<Ladder>(), app.Services.GetRequiredService<ReloadState>());
        app.Use(AnswerAsync);
        app.UseStatusCodePages(Answers.DescribeAsync);
        app.UseMiddleware<HostGuard>(options.Node.Name);
        app.Services.GetRequiredService<HttpApi>().Map(app);
        app.Services.GetRequiredService<CacheApi>().Map(app);
        return new NodeHost(app, listeners, options.Node.DataDir, configuration.Warnings);
    }

    /// <summary>Opens everything.</summary>
    /// <exception cref="EndpointException">An address cannot be bound.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        Warn();
        await _app.StartAsync(cancellation).ConfigureAwait(false);
        _ = EndWhenBrokenAsync(_app.Services.GetRequiredService<ScreeningHandle>());
        _status.Endpoints = [.. _listeners.Opened(), .. _app.Services.GetRequiredService<DnsblDatagrams>().Opened, .. _clusterEndpoint];
        var manager = _app.Services.GetRequiredService<ServiceManager>();
        manager.Ready();
        _app.Lifetime.ApplicationStopping.Register(() =>
        {
            manager.Stopping();
            _status.Endpoints = [];
            _app.Services.GetRequiredService<ILogger<NodeHost>>().Draining();
        });
    }

    /// <summary>Opens everything. False if the process was told to end meanwhile.</summary>
    /// <exception cref="EndpointException">An address cannot be bound.</exception>
    public async Task<bool> TryStartAsync(CancellationToken cancellation)
    {
        try
        {
            await StartAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is not EndpointException && _app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false; // Whatever error a half-started part reports.
        }
    }

    /// <summary>Ends once the process has been told to end and all pending queries are answered.</summary>
    /// <returns>False if the node ended by itself, which the log explains.</returns>
    public async Task<bool> WaitForShutdownAsync(CancellationToken cancellation = default)
    {
        await _app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        return cancellation.IsCancellationRequested || _end.WasOrderly();
    }

    /// <summary>Closes the listeners, answers pending queries, and ends.</summary>
    public Task StopAsync(CancellationToken cancellation = default) => _app.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // What the configuration probably does not mean, and what this host should give a node and does not.
    private void Warn()
    {
        var log = _app.Services.GetRequiredService<ILogger<NodeHost>>();
        foreach (var warning in _warnings)
            log.ConfigurationWarning(warning.ToString());
        var files = _app.Services.GetRequiredService<OpenFileLimit>();
        if (files.IsTooSmall)
            log.FewOpenFiles(files.Files, files.Doors, files.Needed, files.Each);
        if (PrivateFiles.IsOpenToOthers(_dataDir))
            log.DataDirIsOpen(_dataDir, Convert.ToString((int)File.GetUnixFileMode(_dataDir), 8).PadLeft(4, '0'));
    }

    private async Task EndWhenBrokenAsync(ScreeningHandle screening)
    {
        var actor = await screening.Broken.ConfigureAwait(false);
        _end.Fail($"the actor {actor} is gone");
    }

    private static void AddServices(
        IServiceCollection services, ScreeningOptions options, ConfigurationResult configuration, ConfigurationRequest request, Task warm)
    {
        var handle = new ScreeningHandle();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(handle);
        services.AddSingleton(request);
        services.AddSingleton<Troubles>();
        services.AddSingleton<NodeEnd>();
        services.AddSingleton(provider => new ReloadState(
            configuration, provider.GetRequiredService<Troubles>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new ReloadInterval(TimeSpan.FromSeconds(0.5)));
        services.AddSingleton(new EndpointSettings(
            options.Limits.PerConnection, options.DnsblZone.Name, (int)options.Cache.FailShare.TotalSeconds));
        var files = new OpenFileLimit(
            OpenFileLimit.Read(), options.Endpoints.StreamDoors, options.Limits.Connections,
            IsAsked: configuration.Origins.ContainsKey("limits.connections"));
        services.AddSingleton(files);
        services.AddSingleton(new GateSettings(files.Each, options.Limits.ConnectionsPerAddress));
        services.AddSingleton(provider => new NearbyNetworks(NearbyNetworks.OfInterfaces, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConnectionGates>();
        services.AddSingleton(FleetPlan.Of(options, StoreFactory.Create(options)));
        services.AddSingleton<Ladder>();
        services.AddSingleton(provider => new NodeStatus(
            options.Node.Name, handle, provider.GetRequiredService<Ladder>(), provider.GetRequiredService<ReloadState>()));
        var addresses = new AddressView(options.Log.Address, Path.Combine(options.Node.DataDir, "log.key"));
        services.AddSingleton(addresses);
        services.AddSingleton(DecisionLogSettings.Of(options, addresses));
        services.AddSingleton<NodeMetrics>();
        services.AddSingleton<TransportSet>();
        services.AddSingleton<HttpApi>();
        // A function, because the API is built before the actors start.
        services.AddSingleton<Func<IWhitelistAdmin>>(
            () => handle.Fleet?.Whitelist ?? throw new WhitelistUnavailableException("this node has no fleet"));
        services.AddSingleton(new CacheApiSettings(options.Cache.MaxLife));
        services.AddSingleton(new ChangeGuardSettings(options.Http.TokenFile));
        services.AddSingleton(AuditLogSettings.Of(options));
        services.AddSingleton<AuditLog>();
        services.AddSingleton<ChangeGuard>();
        services.AddSingleton(OwnAddresses.Of(options));
        services.AddSingleton<ReachGuard>();
        services.AddSingleton<CacheApi>();
        services.AddSingleton(new PolicyTexts(options.Policy, options.Node.Name));
        services.AddSingleton<PolicyInstances>();
        services.AddSingleton<PolicyAnswers>();
        services.AddSingleton<ZoneDecisions>();
        services.AddSingleton<VerdictZoneAnswers>();
        services.AddSingleton<DnsblZone>();
        services.AddSingleton<ResponseRateLimit>();
        services.AddSingleton(DigestKeysSettings.Of(options.Cache.MaxEntries));
        services.AddSingleton<DigestKeys>();
        services.AddSingleton<MemcacheTable>();
        services.AddSingleton<Doors>();
        services.AddSingleton<DecisionLog>();
        services.AddSingleton<IScreeningObserver>(provider => provider.GetRequiredService<DecisionLog>());
        services.AddHostedService(provider => provider.GetRequiredService<DecisionLog>());
        services.AddAkka("screening", (akka, provider) => akka.WithScreening(SetupOf(options, provider), handle));
        services.AddHostedService<FleetService>();
        services.AddHostedService(provider => provider.GetRequiredService<Ladder>());
        services.AddHostedService(provider => new WarmUpService(warm, provider.GetRequiredService<ILogger<WarmUpService>>()));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DnsblDatagrams>(provider, UdpAddresses(options)));
        services.AddHostedService(provider => provider.GetRequiredService<DnsblDatagrams>());
        services.AddHostedService<ReloadService>();
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<ServiceManager>();
        services.AddSingleton<Liveness>();
        services.AddHostedService<WatchdogService>();
    }

    // A connection with a request is not idle.
    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var watch = ConnectionWatch.Of(context.Features);
        watch.IsAnswering = true;
        try
        {
            // The server answers the requests that one connection sent at once without a pause: others are to get their turn between them.
            await Task.Yield();
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            watch.IsAnswering = false;
        }
    }

    private static IReadOnlyList<DatagramAddress> UdpAddresses(ScreeningOptions options) =>
    [
        .. options.Endpoints.Dnsbl.Where(a => a.Scheme == EndpointScheme.Udp)
            .SelectMany(a => Listeners.Resolve(Door.Dnsbl, a), (a, host) => new DatagramAddress(new IPEndPoint(host, a.Port), a.Allow)),
    ];

    private static ScreeningSetup SetupOf(ScreeningOptions options, IServiceProvider provider)
    {
        var plan = ScreeningPlan.Of(options, provider.GetRequiredService<TransportSet>());
        return new ScreeningSetup
        {
            Time = provider.GetRequiredService<TimeProvider>(),
            Observer = provider.GetRequiredService<IScreeningObserver>(),
            MaxInFlight = options.Limits.InFlight,
            NearEntries = options.Cache.NearEntries,
            Fleet = provider.GetRequiredService<ClusterSettings>(),
            Loggers = provider.GetRequiredService<ILoggerFactory>(),
            Profiles = plan.Profiles,
            Access = new PermanentLists(AccessFiles.Read(options.Access).Lines),
            Sources = plan.Sources,
        };
    }
}
