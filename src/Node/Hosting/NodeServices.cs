using System.Net;
using Akka.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Endpoints.Dnsbl;
using Screening.Node.Endpoints.Http;
using Screening.Node.Endpoints.Memcache;
using Screening.Node.Endpoints.Policy;
using Screening.Node.Hosting.Systemd;
using Screening.Node.Hosting.WarmUp;
using Screening.Node.Sources;
using Screening.Node.Store;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;
using Screening.Node.Telemetry.Otlp;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting;

/// <summary>Every service of a node, by what it is for.</summary>
internal static class NodeServices
{
    /// <summary>Adds them all.</summary>
    /// <param name="otlp">What is sent to a collector; null: nothing.</param>
    /// <param name="configuration">Settings without faults; <paramref name="options"/> are theirs.</param>
    /// <param name="request">Their source, for reloads.</param>
    /// <param name="warm">No door opens before this has ended.</param>
    public static void Add(
        IServiceCollection services, ScreeningOptions options, OtlpExport? otlp, ConfigurationResult configuration,
        ConfigurationRequest request, Task warm)
    {
        var handle = new ScreeningHandle();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(handle);
        services.AddSingleton(request);
        AddSupervision(services, configuration);
        AddTelemetry(services, options, handle);
        AddExport(services, otlp);
        AddGates(services, options, configuration.Origins.ContainsKey("limits.connections"));
        AddDoors(services, options);
        AddApi(services, options, handle);
        services.AddSingleton<TransportSet>();
        services.AddSingleton(FleetPlan.Of(options, StoreFactory.Create(options)));
        AddParts(services, options, handle, warm);
    }

    private static void AddSupervision(IServiceCollection services, ConfigurationResult configuration)
    {
        services.AddSingleton<Troubles>();
        services.AddSingleton<NodeEnd>();
        services.AddSingleton<Drain>();
        services.AddSingleton(provider => new ReloadState(
            configuration, provider.GetRequiredService<Troubles>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new ReloadInterval(TimeSpan.FromSeconds(0.5)));
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<ServiceManager>();
        services.AddSingleton<Liveness>();
    }

    private static void AddTelemetry(IServiceCollection services, ScreeningOptions options, ScreeningHandle handle)
    {
        services.AddSingleton<Ladder>();
        services.AddSingleton(provider => new NodeStatus(
            options.Node.Name, handle, provider.GetRequiredService<Ladder>(), provider.GetRequiredService<ReloadState>(),
            provider.GetRequiredService<Drain>()));
        var addresses = new AddressView(options.Log.Address, Path.Combine(options.Node.DataDir, "log.key"));
        services.AddSingleton(addresses);
        services.AddSingleton(DecisionLogSettings.Of(options, addresses));
        services.AddSingleton<NodeMetrics>();
        services.AddSingleton<DecisionLog>();
        services.AddSingleton<IScreeningObserver>(provider => provider.GetRequiredService<DecisionLog>());
    }

    // Its service is the first, so that it ends last: what others log and decide at the end is sent as well.
    private static void AddExport(IServiceCollection services, OtlpExport? otlp)
    {
        if (otlp is null)
            return;
        services.AddSingleton(otlp);
        services.AddHostedService<OtlpService>();
        if (otlp.Traces is { } traces)
            services.AddSingleton(traces);
    }

    private static void AddGates(IServiceCollection services, ScreeningOptions options, bool isLimitAsked)
    {
        var files = new OpenFileLimit(
            OpenFileLimit.Read(), options.Endpoints.StreamDoors, options.Limits.Connections, IsAsked: isLimitAsked);
        services.AddSingleton(files);
        services.AddSingleton(new GateSettings(files.Each, options.Limits.ConnectionsPerAddress));
        services.AddSingleton(provider => new NearbyNetworks(NearbyNetworks.OfInterfaces, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConnectionGates>();
    }

    private static void AddDoors(IServiceCollection services, ScreeningOptions options)
    {
        services.AddSingleton(new EndpointSettings(
            options.Limits.PerConnection, options.DnsblZone.Name, (int)options.Cache.FailShare.TotalSeconds));
        services.AddSingleton(new PolicyTexts(options.Policy, options.Node.Name));
        services.AddSingleton<PolicyInstances>();
        services.AddSingleton<PolicyAnswers>();
        services.AddSingleton<ZoneDecisions>();
        services.AddSingleton<VerdictZoneAnswers>();
        services.AddSingleton<DnsblZone>();
        services.AddSingleton<ResponseRateLimit>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DnsblDatagrams>(provider, UdpAddresses(options)));
        services.AddSingleton(DigestKeysSettings.Of(options.Cache.MaxEntries));
        services.AddSingleton<DigestKeys>();
        services.AddSingleton<MemcacheTable>();
        services.AddSingleton<Doors>();
    }

    private static void AddApi(IServiceCollection services, ScreeningOptions options, ScreeningHandle handle)
    {
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
        services.AddSingleton<DrainApi>();
    }

    // In the order of start; the reverse is the order of stop. What records decisions starts before the actors that make them. Doors open
    // last, when the code is warm and the store was asked once, and close first; Kestrel's are after all of these.
    private static void AddParts(IServiceCollection services, ScreeningOptions options, ScreeningHandle handle, Task warm)
    {
        services.AddHostedService(provider => provider.GetRequiredService<DecisionLog>());
        services.AddAkka("screening", (akka, provider) => akka.WithScreening(SetupOf(options, provider), handle));
        services.AddHostedService<FleetService>();
        services.AddHostedService(provider => provider.GetRequiredService<Ladder>());
        services.AddHostedService(provider => new WarmUpService(warm, provider.GetRequiredService<ILogger<WarmUpService>>()));
        services.AddHostedService(provider => provider.GetRequiredService<DnsblDatagrams>());
        services.AddHostedService<ClientWatchService>();
        services.AddHostedService<ReloadService>();
        services.AddHostedService<WatchdogService>();
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
            Clients = ScreeningPlan.ClientsOf(options.Clients),
            Sources = plan.Sources,
        };
    }
}
