using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Microsoft.Extensions.Logging;
using Screening.Actors.Checks;
using Screening.Actors.Cluster;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// Keeps this node in the fleet: runs the cluster system, and starts it again whenever it ends: when this node was cut off and downed,
/// found a larger cluster, or could not open its port. Screening does not stop meanwhile.
/// </summary>
internal sealed partial class ClusterRunner : WhitelistRunner
{
    // How long a leave may take.
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    // After a cluster system that lived so long, the next one starts without a long pause.
    private static readonly TimeSpan GoodLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CertificateSpread = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TotalsTimeout = TimeSpan.FromMilliseconds(500);

    private readonly Func<ClusterSystemSetup, ActorSystemSetup> _bootstrap;
    private readonly MembershipBoard _board;
    private readonly ILoggerFactory _loggers;
    private readonly PeerFaults _faults;
    private volatile ClusterSystem? _system;
    private volatile NodeCertificates? _certificates;

    public ClusterRunner(
        ClusterSettings settings, RunnerContext node, ILoggerFactory loggers, Func<ClusterSystemSetup, ActorSystemSetup> bootstrap)
        : base(settings, node, loggers.CreateLogger<ClusterRunner>())
    {
        _bootstrap = bootstrap;
        _loggers = loggers;
        _faults = new PeerFaults(node.Time, loggers.CreateLogger<PeerFaults>());
        _board = new MembershipBoard(node.Time, settings.Expected > 0 ? settings.Expected : settings.Seeds.Length);
    }

    /// <inheritdoc/>
    public override MembershipView Cluster => _board.Now;

    /// <inheritdoc/>
    public override CacheMembers Caches => _board.Caches;

    /// <inheritdoc/>
    public override DateTimeOffset? CertificateExpiry => _certificates?.Own.NotAfter;

    /// <inheritdoc/>
    public override async Task<WhitelistTotals> AskTotalsAsync()
    {
        if (_system is not { } system)
            return new WhitelistTotals(0, 0, 0);
        var asked = _board.Now.Members.Where(m => m.Roles.Contains(WhitelistRegion.CacheRole)).Select(m => AskAsync(system, m.Address));
        var answers = (await Task.WhenAll(asked).ConfigureAwait(false)).OfType<NodeHoldings>().ToList();
        return new WhitelistTotals(answers.Sum(a => a.Shards), answers.Sum(a => a.Recovering), answers.Sum(a => a.Entries));
    }

    /// <summary>Runs until it is told to stop; then leaves, so that others take over first.</summary>
    private protected override async Task LiveAsync(CancellationToken stopping)
    {
        using var storeStopping = new CancellationTokenSource();
        var store = StoreKeeper.RunAsync(storeStopping.Token);
        var pauses = new Backoff(FirstPause, LongestPause);
        while (!stopping.IsCancellationRequested)
        {
            var started = Time.GetTimestamp();
            await LiveOnceAsync(stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
                break;
            if (Time.GetElapsedTime(started) > GoodLife)
                pauses.Reset();
            var pause = pauses.Next();
            StartsAgain(Log, pause.TotalSeconds);
            await Task.Delay(pause, Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await storeStopping.CancelAsync().ConfigureAwait(false);
        await store.ConfigureAwait(false);
        _faults.Dispose();
    }

    // One life of the cluster system.
    private async Task LiveOnceAsync(CancellationToken stopping)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            using var certificates = Settings.Tls is { } tls ? new NodeCertificates(tls, Time, _loggers, _faults) : null;
            _certificates = certificates;
            _system = await ClusterSystem.StartAsync(Setup(certificates), _bootstrap, stopping).ConfigureAwait(false);
            if (certificates is not null)
                certificates.Changed += () => EndSoon(over);
            await using (stopping.Register(() => over.TrySetResult()).ConfigureAwait(false))
                await Task.WhenAny(_system.Ended, over.Task).ConfigureAwait(false);
            if (_system.Ended.IsCompleted)
                Ended(Log);
            else
                await _system.LeaveAsync(LeaveTimeout).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ClusterStartException or PeerTlsException)
        {
            CanNotStart(Log, fault.Message);
        }
        catch (OperationCanceledException)
        {
            // Told to stop while it started.
        }
        finally
        {
            _system = null;
        }
    }

    // New certificates come to all nodes at about the same time; they must not all leave at once.
    private void EndSoon(TaskCompletionSource over) =>
        _ = Task.Delay(CertificateSpread * Random.Shared.NextDouble(), Time).ContinueWith(_ => over.TrySetResult(), TaskScheduler.Default);

    private ClusterSystemSetup Setup(NodeCertificates? certificates) => new(Settings)
    {
        Time = Time,
        Board = _board,
        Certificates = certificates,
        Loggers = _loggers,
        Faults = _faults,
        StartActors = StartActors,
    };

    private void StartActors(ActorSystem system)
    {
        var news = system.ActorOf(NewsSender.CreateProps(Meter, Time), "news-sender");
        system.ActorOf(NewsReceivers.CreateProps(WhitelistRegion.CacheRole, news), "news-receivers");
        var cluster = Akka.Cluster.Cluster.Get(system);
        var lists = system.ActorOf(ListAsker.CreateProps(Node.Checks, Time), "lists");
        var context = ContextFor(news, lists) with { CountNodes = () => CountNodes(cluster) };
        var region = WhitelistRegion.Start(system, Settings.IsCache, context);
        system.ActorOf(NewsReceiver.CreateProps(Node.NearCache, Grants, region, Node.CheckSupervisor, Time), NewsSender.ReceiverName);
        var answers = system.ActorOf(AnswerReceiver.CreateProps(Node.Client), "answers");
        system.ActorOf(
            RegionOpener.CreateProps(Settings.Node, WhitelistRegion.CacheRole, Meter, Node.Client, region, answers), RegionOpener.Name);
    }

    // With a store, what nodes know beyond it is little. Without, a node that is still on its way here may be the only one that knows
    // anything.
    private int CountNodes(Akka.Cluster.Cluster cluster)
    {
        var members = cluster.State.Members.Count;
        return Settings.Store.Connection is null ? Math.Max(members, Settings.Expected) : members;
    }

    private static async Task<NodeHoldings?> AskAsync(ClusterSystem system, string address)
    {
        // With TLS the protocol of addresses is another.
        var protocol = ((ExtendedActorSystem)system.System).Provider.DefaultAddress.Protocol;
        var door = system.System.ActorSelection($"{protocol}://{ClusterSystem.SystemName}@{address}/user/{RegionOpener.Name}");
        try
        {
            return await door.Ask<NodeHoldings>(new AskHoldings(0), TotalsTimeout).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    [LoggerMessage(ClusterEventIds.SystemEnded, LogLevel.Warning, "The cluster system ended; screening continues without the fleet")]
    private static partial void Ended(ILogger log);

    [LoggerMessage(ClusterEventIds.SystemCannotStart, LogLevel.Warning,
        "The cluster system cannot start; screening continues without the fleet: {Fault}")]
    private static partial void CanNotStart(ILogger log, string fault);

    [LoggerMessage(ClusterEventIds.SystemStartsAgain, LogLevel.Information, "The cluster system starts again in {Seconds} s")]
    private static partial void StartsAgain(ILogger log, double seconds);
}
