using System.Net;
using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Fleet.Forming;
using Screening.Actors.Hosting;

namespace Screening.Actors.Fleet;

/// <summary>What a cluster system is built from.</summary>
internal sealed record FleetHostSetup(FleetSettings Settings)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public FleetTimings Timings { get; init; } = FleetTimings.Default;

    /// <summary>Where the join guard writes what it knows.</summary>
    public FleetPresence Presence { get; init; } = new();

    /// <summary>TLS between nodes; needed if the settings ask for it.</summary>
    public FleetCertificates? Certificates { get; init; }

    /// <summary>Addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Where the cluster system logs to.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Adds actors, regions and serializers.</summary>
    public Action<AkkaConfigurationBuilder, IServiceProvider> Configure { get; init; } = (_, _) => { };
}

/// <summary>
/// The nested host: one life of the cluster system, from <see cref="StartAsync"/> until the split brain resolver, the join guard or the
/// outer host ends it. It listens to no signals, and its end is nobody's end: whoever holds it starts another one.
/// </summary>
internal sealed class FleetHost
{
    /// <summary>The cluster system's name, part of each node's address.</summary>
    public const string SystemName = "fleet";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly ServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly FleetPresence _presence;

    private FleetHost(ServiceProvider services, ActorSystem system, FleetHostSetup setup)
    {
        _services = services;
        _time = setup.Time;
        _presence = setup.Presence;
        _presence.Why = "";
        System = system;
        Ended = EndAsync();
    }

    /// <summary>The cluster system.</summary>
    public ActorSystem System { get; }

    /// <summary>Completes, and never fails, when the cluster system has ended for whatever reason.</summary>
    public Task Ended { get; }

    /// <summary>Starts a cluster system. Its join guard sees to everything else.</summary>
    /// <exception cref="FleetStartException">The port can not be bound, or something that was configured fails.</exception>
    public static async Task<FleetHost> StartAsync(FleetHostSetup setup, CancellationToken cancellation)
    {
        var services = Services(setup).BuildServiceProvider();
        try
        {
            // Binding the port blocks its thread.
            var system = await Task.Run(services.GetRequiredService<ActorSystem>, cancellation).ConfigureAwait(false);
            var host = new FleetHost(services, system, setup);
            try
            {
                foreach (var service in services.GetServices<IHostedService>())
                {
                    await service.StartAsync(cancellation).ConfigureAwait(false);
                }
            }
            catch
            {
                await host.StopAsync().ConfigureAwait(false);
                throw;
            }

            return host;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await services.DisposeAsync().ConfigureAwait(false);
            var reason = e.GetBaseException().Message;
            throw new FleetStartException(
                $"the cluster port {setup.Settings.ListenHost}:{setup.Settings.ListenPort} can not be opened: {reason}", e);
        }
    }

    /// <summary>Leaves the cluster so that others take over the shards first, then ends.</summary>
    /// <param name="limit">After this it ends without.</param>
    public async Task LeaveAsync(TimeSpan limit)
    {
        _ = CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        if (!await EndsWithinAsync(limit).ConfigureAwait(false))
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends at once; others find out by themselves.</summary>
    public async Task StopAsync()
    {
        _ = System.Terminate();
        await EndsWithinAsync(StopLimit).ConfigureAwait(false);
    }

    private async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        try
        {
            await Ended.WaitAsync(limit, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task EndAsync()
    {
        await System.WhenTerminated.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _presence.Now = _presence.Why.Length == 0 ? FleetStatus.Down : FleetStatus.Down with { Reason = _presence.Why };
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    private static ServiceCollection Services(FleetHostSetup setup)
    {
        var services = new ServiceCollection();
        services.AddSingleton(setup.Loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<IHostApplicationLifetime, NestedLifetime>();
        services.AddAkka(SystemName, (builder, provider) =>
        {
            builder
                .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory(setup.Loggers))
                .AddHocon(FleetConfiguration.Of(setup.Settings, setup.Timings), HoconAddMode.Prepend)
                .AddSetup(new FleetStoreSetup(setup.Settings.Store, setup.Time));
            if (setup.Settings.Tls is not null)
            {
                builder.AddSetup((setup.Certificates ?? throw new InvalidOperationException("TLS needs certificates")).ToSetup());
            }

            if (setup.Settings.Store.Connection is { } connection)
            {
                builder.AddSetup(new DataOptionsSetup(StoreOptions.Of(connection)));
            }

            setup.Configure(builder, provider);
            builder.WithActors((system, _) => system.ActorOf(JoinGuard.CreateProps(setup), JoinGuard.Name));
        });
        return services;
    }

    /// <summary>
    /// Takes the place of the process's lifetime, which listens to signals and whose end is the end of the process. Akka.Hosting sets the
    /// exit code of the process before it asks for a stop; here it was only the cluster that ended.
    /// </summary>
    private sealed class NestedLifetime : IHostApplicationLifetime
    {
        private readonly int _exitCode = Environment.ExitCode;

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => Environment.ExitCode = _exitCode;
    }
}

/// <summary>The cluster system can not be started. The message is for the operator.</summary>
internal sealed class FleetStartException(string message, Exception inner) : Exception(message, inner);
