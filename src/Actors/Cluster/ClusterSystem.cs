using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Cluster.Forming;

namespace Screening.Actors.Cluster;

/// <summary>What a cluster system is built from.</summary>
internal sealed record ClusterSystemSetup(ClusterSettings Settings)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ClusterTimings Timings { get; init; } = ClusterTimings.Default;

    /// <summary>Where the join guard writes what it knows.</summary>
    public MembershipBoard Board { get; init; } = new(TimeProvider.System);

    /// <summary>TLS between nodes; needed if the settings ask for it.</summary>
    public NodeCertificates? Certificates { get; init; }

    /// <summary>Counts what other nodes do wrong; null: nobody does.</summary>
    public PeerFaults? Faults { get; init; }

    /// <summary>Addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Where the cluster system logs to.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Starts actors and regions, before the node is in a cluster.</summary>
    public Action<ActorSystem> StartActors { get; init; } = _ => { };
}

/// <summary>
/// One life of the cluster system, from <see cref="StartAsync"/> until the split brain resolver, the join guard or the process ends it.
/// Nothing else ends with it: whoever holds it starts another one.
/// </summary>
internal sealed class ClusterSystem
{
    /// <summary>The cluster system's name, part of each node's address.</summary>
    public const string SystemName = "fleet";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly MembershipBoard _board;

    private ClusterSystem(ActorSystem system, ClusterSystemSetup setup)
    {
        System = system;
        _time = setup.Time;
        _board = setup.Board;
        _board.Why = "";
        Ended = EndAsync();
    }

    /// <summary>The cluster system.</summary>
    public ActorSystem System { get; }

    /// <summary>Completes, and never fails, when the cluster system has ended for whatever reason.</summary>
    public Task Ended { get; }

    /// <summary>
    /// True if nodes that are known by names are reached by IPv6: those that listen on all addresses take IPv4 as well, where there is any.
    /// </summary>
    public static bool UsesIPv6(ClusterSettings settings) =>
        IPAddress.TryParse(settings.ListenHost, out var address)
        && address.AddressFamily == AddressFamily.InterNetworkV6 && (!address.Equals(IPAddress.IPv6Any) || !settings.HasIPv4);

    /// <summary>Starts a cluster system. Its join guard does the rest.</summary>
    /// <param name="bootstrap">Makes the settings of the actor system.</param>
    /// <exception cref="ClusterStartException">The port cannot be bound, or something that was configured fails.</exception>
    public static async Task<ClusterSystem> StartAsync(
        ClusterSystemSetup setup, Func<ClusterSystemSetup, ActorSystemSetup> bootstrap, CancellationToken cancellation)
    {
        ActorSystem? system = null;
        try
        {
            // Binding the port blocks its thread.
            system = await Task.Run(() => ActorSystem.Create(SystemName, bootstrap(setup)), cancellation).ConfigureAwait(false);
            setup.StartActors(system);
            var host = new ClusterSystem(system, setup);
            system.ActorOf(JoinGuard.CreateProps(setup), JoinGuard.Name);
            return host;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            if (system is not null)
                await system.Terminate().ConfigureAwait(false);
            var reason = fault.GetBaseException().Message;
            throw new ClusterStartException(
                $"the cluster port {setup.Settings.ListenHost}:{setup.Settings.ListenPort} cannot be opened: {reason}", fault);
        }
    }

    /// <summary>Leaves the cluster so that others take over the shards first, then ends.</summary>
    /// <param name="limit">After this it ends without.</param>
    public async Task LeaveAsync(TimeSpan limit)
    {
        _ = CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        if (!await EndsWithinAsync(limit).ConfigureAwait(false))
            await StopAsync().ConfigureAwait(false);
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
        _board.Now = _board.Why.Length == 0 ? MembershipView.Down : MembershipView.Down with { Reason = _board.Why };
    }
}

/// <summary>The cluster system cannot be started. The message is for the operator.</summary>
internal sealed class ClusterStartException(string message, Exception inner) : Exception(message, inner);
