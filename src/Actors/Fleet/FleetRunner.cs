using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Logging;
using Screening.Actors.Cluster;
using Screening.Actors.Hosting;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// Keeps this node in the fleet: runs the cluster system, and starts it again whenever it ends, be it that this node was cut off and downed,
/// found a better cluster, or could not open its port. Nothing of the screening stops meanwhile.
/// </summary>
public sealed partial class FleetRunner
{
    // How long a leave may take, so that a stop of the process is over within the five seconds that supervisors give.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    // A cluster system that lived so long did well; the next one starts without a long pause.
    private static readonly TimeSpan GoodLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CertificateSpread = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HoldingsLimit = TimeSpan.FromMilliseconds(500);

    private readonly FleetSettings _settings;
    private readonly TimeProvider _time;
    private readonly IActorRef _link;
    private readonly FleetPort _port;
    private readonly NearCache _nearCache;
    private readonly FleetPresence _presence = new();
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _log;
    private readonly StoreKeeper _storeKeeper;
    private volatile FleetHost? _host;

    internal FleetRunner(
        FleetSettings settings, TimeProvider time, IActorRef link, FleetPort port, NearCache nearCache, FleetRules rules, ILoggerFactory loggers)
    {
        _settings = settings;
        _time = time;
        _link = link;
        _port = port;
        _nearCache = nearCache;
        _loggers = loggers;
        _log = loggers.CreateLogger<FleetRunner>();
        Rules = rules;
        Meter = new FleetMeter(time);
        Whitelist = new FleetDesk(port, rules, nearCache, Meter, time);
        Times = new FleetTimes(port, nearCache, settings.MaxLife, time);
        _storeKeeper = new StoreKeeper(settings.Store, Meter, time, _log);
    }

    /// <summary>The whitelist as operators see it.</summary>
    public IFleetWhitelist Whitelist { get; }

    /// <summary>postscreen's own times.</summary>
    public FleetTimes Times { get; }

    /// <summary>What this node holds, and its store.</summary>
    public FleetMeter Meter { get; }

    /// <summary>This node's copy of grants and bans.</summary>
    public FleetRules Rules { get; }

    /// <summary>Name of the store.</summary>
    public string StoreProvider => _settings.Store.Provider;

    /// <summary>What this node sees of its cluster at this moment.</summary>
    public FleetView View
    {
        get
        {
            var now = _presence.Now;
            return new FleetView(
                now.State.ToString().ToLowerInvariant(), now.State == FleetState.Up && now.HasMajority, now.Reason,
                [.. now.Members.Select(m => new FleetNode(m.Node, m.Address, m.Roles, m.State))], now.Warnings,
                _port.IsLeftAlone, _port.LateShare);
        }
    }

    /// <summary>What all members hold together. Members that do not answer at once are left out.</summary>
    public async Task<FleetHoldings> AskHoldingsAsync()
    {
        if (_host is not { } host)
            return new FleetHoldings(0, 0, 0);
        var asked = _presence.Now.Members.Where(m => m.Roles.Contains(FleetConfiguration.CacheRole)).Select(m => AskAsync(host, m.Address));
        var answers = (await Task.WhenAll(asked).ConfigureAwait(false)).OfType<NodeHoldings>().ToList();
        return new FleetHoldings(answers.Sum(a => a.Shards), answers.Sum(a => a.Recovering), answers.Sum(a => a.Entries));
    }

    /// <summary>Runs until it is told to stop; then leaves, so that others take over first.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var storeStopping = new CancellationTokenSource();
        var store = _storeKeeper.RunAsync(storeStopping.Token);
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            var started = _time.GetTimestamp();
            await LiveAsync(stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
                break;
            pause = _time.GetElapsedTime(started) > GoodLife ? FirstPause : pause;
            StartsAgain(_log, pause.TotalSeconds);
            await Task.Delay(pause, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        await storeStopping.CancelAsync().ConfigureAwait(false);
        await store.ConfigureAwait(false);
    }

    // One life of the cluster system.
    private async Task LiveAsync(CancellationToken stopping)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            using var certificates = _settings.Tls is { } tls ? new FleetCertificates(tls, _time, _loggers) : null;
            _host = await FleetHost.StartAsync(Setup(certificates), stopping).ConfigureAwait(false);
            if (certificates is not null)
                certificates.Changed += () => EndSoon(over);
            await using (stopping.Register(() => over.TrySetResult()).ConfigureAwait(false))
                await Task.WhenAny(_host.Ended, over.Task).ConfigureAwait(false);
            if (_host.Ended.IsCompleted)
                Ended(_log);
            else if (_settings.IsAlone)
                await StopAloneAsync(_host).ConfigureAwait(false);
            else
                await _host.LeaveAsync(LeaveLimit).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is FleetStartException or FleetTlsException)
        {
            CanNotStart(_log, fault.Message);
        }
        catch (OperationCanceledException)
        {
            // Told to stop while it started.
        }
        finally
        {
            _host = null;
        }
    }

    // With nobody to hand over to, it is enough that what the buckets know is stored.
    private async Task StopAloneAsync(FleetHost host)
    {
        var since = _time.GetTimestamp();
        while (Meter.Queued > 0 && Meter.Store.IsOk && _time.GetElapsedTime(since) < DrainLimit)
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time).ConfigureAwait(false);
        await host.StopAsync().ConfigureAwait(false);
    }

    // New certificates come to all nodes at about the same time; they must not all leave at once.
    private void EndSoon(TaskCompletionSource over) =>
        _ = Task.Delay(CertificateSpread * Random.Shared.NextDouble(), _time).ContinueWith(_ => over.TrySetResult(), TaskScheduler.Default);

    private FleetHostSetup Setup(FleetCertificates? certificates) => new(_settings)
    {
        Time = _time,
        Presence = _presence,
        Certificates = certificates,
        Loggers = _loggers,
        Configure = (builder, _) => builder.WithActors((system, _) => StartActors(system)),
    };

    private void StartActors(ActorSystem system)
    {
        var news = system.ActorOf(NewsSender.CreateProps(FleetConfiguration.CacheRole), "news-sender");
        var context = new BucketContext(
            _time, Meter, news, ActorRefs.Nobody, _settings.MaxLife, BucketCapacity(_settings.MaxEntries),
            _settings.Store.Connection is null ? null : _storeKeeper.Signal);
        var region = WhitelistRegion.Start(system, _settings.IsCache, context);
        system.ActorOf(NewsReceiver.CreateProps(_nearCache, Rules, region), NewsSender.ReceiverName);
        system.ActorOf(FleetDoor.CreateProps(_settings.Node, FleetConfiguration.CacheRole, Meter, _link, region), FleetDoor.Name);
    }

    // Buckets do not fill evenly: a bucket may hold four standard deviations more than its share.
    private static int BucketCapacity(int maxEntries)
    {
        var share = (double)maxEntries / WhitelistLayout.Buckets;
        return (int)Math.Ceiling(share + (4 * Math.Sqrt(share)));
    }

    private static async Task<NodeHoldings?> AskAsync(FleetHost host, string address)
    {
        // With TLS the protocol of addresses is another.
        var protocol = ((ExtendedActorSystem)host.System).Provider.DefaultAddress.Protocol;
        var door = host.System.ActorSelection($"{protocol}://{FleetHost.SystemName}@{address}/user/{FleetDoor.Name}");
        try
        {
            return await door.Ask<NodeHoldings>(new AskHoldings(0), HoldingsLimit).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    [LoggerMessage(5001, LogLevel.Warning, "The cluster system ended; screening goes on without the fleet")]
    private static partial void Ended(ILogger log);

    [LoggerMessage(5002, LogLevel.Warning, "The cluster system can not start; screening goes on without the fleet: {Fault}")]
    private static partial void CanNotStart(ILogger log, string fault);

    [LoggerMessage(5003, LogLevel.Information, "The cluster system starts again in {Seconds} s")]
    private static partial void StartsAgain(ILogger log, double seconds);
}

/// <summary>What a node sees of its cluster.</summary>
/// <param name="State">down, looking, refused, joining or up.</param>
/// <param name="IsWhole">It is a member, and reaches more than half of the cache members.</param>
/// <param name="Reason">Why it is not up; empty when there is nothing to say.</param>
/// <param name="Warnings">What an operator should look at.</param>
/// <param name="IsLeftAlone">The fleet failed repeatedly and is not asked for a while.</param>
/// <param name="LateShare">Part of the questions of the last seconds without an answer in time, 0..1.</param>
public sealed record FleetView(
    string State, bool IsWhole, string Reason, ImmutableArray<FleetNode> Members, ImmutableArray<string> Warnings, bool IsLeftAlone,
    double LateShare);

/// <summary>A member of the cluster.</summary>
/// <param name="Node">Its name; empty until it told.</param>
/// <param name="Address">HOST:PORT of its remoting port.</param>
/// <param name="State">joining, up, leaving, exiting, down, or unreachable.</param>
public sealed record FleetNode(string Node, string Address, ImmutableArray<string> Roles, string State);

/// <summary>What the members hold together.</summary>
/// <param name="Shards">Shards that have a home.</param>
/// <param name="Recovering">Buckets that still wait for what is stored.</param>
/// <param name="Entries">Entries of the whitelist.</param>
public sealed record FleetHoldings(int Shards, int Recovering, long Entries);
