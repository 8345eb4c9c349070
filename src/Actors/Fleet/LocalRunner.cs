using Akka.Actor;
using Microsoft.Extensions.Logging;
using Screening.Actors.Cluster;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// The whitelist of a node that is alone (<c>cluster.seeds</c> is empty): the same entities as a fleet's, in the process's one actor
/// system. There is no cluster, no remoting and no port, so nobody can reach it from outside.
/// </summary>
internal sealed class LocalRunner : WhitelistRunner, IDisposable
{
    // A million entries take a fraction of this.
    private static readonly TimeSpan RecoveryTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RecoveryLook = TimeSpan.FromMilliseconds(5);

    // So that the process ends within the five seconds that supervisors give.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1.5);

    private readonly CancellationTokenSource _storeStopping = new();
    private Task _storeKeeping = Task.CompletedTask;
    private StoredWhitelist? _stored;

    public LocalRunner(ClusterSettings settings, RunnerContext node, ILoggerFactory loggers)
        : base(settings, node, loggers.CreateLogger<LocalRunner>())
    {
    }

    /// <inheritdoc/>
    public override MembershipView Cluster => new(
        JoinState.Up, "", "", [new ClusterMember(Settings.Node, "", [WhitelistRegion.CacheRole], "up")], HasMajority: true, []);

    /// <inheritdoc/>
    public override CacheMembers Caches { get; } = new(1, 1, FewerSince: null);

    /// <inheritdoc/>
    public override Task<WhitelistTotals> AskTotalsAsync() =>
        Task.FromResult(new WhitelistTotals(Meter.Shards, Meter.Recovering, Meter.Entries));

    /// <summary>Starts the entities, with what is stored if the store answers at once.</summary>
    public async Task StartAsync(ActorSystem system)
    {
        _storeKeeping = StoreKeeper.RunAsync(_storeStopping.Token);
        await Task.WhenAny(StoreKeeper.Signal.Ready, Task.Delay(StoreTimeout, Time)).ConfigureAwait(false);
        _stored = StoreKeeper.Signal.Ready.IsCompleted ? await ReadStoredAsync().ConfigureAwait(false) : null;
        var region = system.ActorOf(LocalRegion.CreateProps(EntitiesOf), "whitelist");
        if (_stored is not null)
            await UntilRecoveredAsync().ConfigureAwait(false);
        Node.Client.Open(region, system.ActorOf(AnswerReceiver.CreateProps(Node.Client), "answers"));
        if (StoreKeeper.Signal.Ready.IsCompleted)
            await Task.WhenAny(Grants.FirstConfirmation, Task.Delay(StoreTimeout, Time)).ConfigureAwait(false);
    }

    /// <summary>Runs until it is told to stop, and then until what the entities know is stored, or cannot be.</summary>
    private protected override async Task LiveAsync(CancellationToken stopping)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var since = Time.GetTimestamp();
        while (Meter.Queued > 0 && Meter.Store.IsOk && Time.GetElapsedTime(since) < DrainTimeout)
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time).ConfigureAwait(false);
        await _storeStopping.CancelAsync().ConfigureAwait(false);
        await _storeKeeping.ConfigureAwait(false);
    }

    public void Dispose() => _storeStopping.Dispose();

    // So that a known client is known from the first query on.
    private async Task UntilRecoveredAsync()
    {
        var since = Time.GetTimestamp();
        while ((Meter.Buckets < WhitelistLayout.Buckets || Meter.Recovering > 0) && Time.GetElapsedTime(since) < RecoveryTimeout)
            await Task.Delay(RecoveryLook, Time).ConfigureAwait(false);
    }

    private async Task<StoredWhitelist?> ReadStoredAsync()
    {
        try
        {
            return await StoredWhitelist.ReadAsync(Settings.Store, WhitelistSerializer.TryReadWhole, _storeStopping.Token)
                .ConfigureAwait(false);
        }
        catch (StoreException)
        {
            return null; // Entities read by themselves, as soon as that can be.
        }
    }

    private Func<string, Props> EntitiesOf(IActorContext region)
    {
        var news = region.ActorOf(
            NewsReceiver.CreateProps(Node.NearCache, Grants, region.Self, Node.CheckSupervisor, Time), NewsSender.ReceiverName);
        var context = ContextFor(news, lists: ActorRefs.Nobody, _stored);
        return entity => WhitelistRegion.PropsOf(entity, context);
    }
}
