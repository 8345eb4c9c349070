using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// Opens the whitelist to <see cref="FleetClient"/> once this node is a member and the way to every shard is known, and closes it as the
/// cluster system ends. Says what this node holds and, at the leader, keeps all buckets awake, so that they have recovered before anybody
/// asks.
/// </summary>
internal sealed class RegionOpener : UntypedActor, IWithTimers
{
    /// <summary>The actor's name at each node.</summary>
    public const string Name = "door";

    private static readonly TimeSpan WakeInterval = TimeSpan.FromSeconds(1);

    // A region asks for a shard's home when it is first needed, and code is compiled when it first runs: both come before any screening.
    private static readonly TimeSpan WarmUpInterval = TimeSpan.FromMilliseconds(100);
    private static readonly ImmutableArray<ClientAddress> OneClientPerShard =
        [.. Enumerable.Range(0, WhitelistLayout.Shards).Select(ClientOf)];

    // By then the shards of a member that is gone have another home, or messages to them wait for one.
    private static readonly TimeSpan AfterChange = TimeSpan.FromSeconds(2);

    private const int WarmUpRounds = 30;
    private const int WarmUpsPerShard = 4;

    // After a change of members the buckets move: then all are woken each time, else now and then.
    private const int RoundsAfterChange = 30;
    private const int RoundsBetween = 60;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly string _node;
    private readonly string _cacheRole;
    private readonly WhitelistMeter _meter;
    private readonly FleetClient _client;
    private readonly IActorRef _region;
    private readonly IActorRef _answers;
    private readonly int[] _warmUps = new int[WhitelistLayout.Shards];
    private int _round;
    private int _changedAtRound;
    private int _warmUpRound;

    public RegionOpener(string node, string cacheRole, WhitelistMeter meter, FleetClient client, IActorRef region, IActorRef answers)
    {
        _node = node;
        _cacheRole = cacheRole;
        _meter = meter;
        _client = client;
        _region = region;
        _answers = answers;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(
        string node, string cacheRole, WhitelistMeter meter, FleetClient client, IActorRef region, IActorRef answers) =>
        Props.Create(() => new RegionOpener(node, cacheRole, meter, client, region, answers));

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.ReachableMember));
        Timers.StartPeriodicTimer(nameof(WakeRound), WakeRound.Instance, TimeSpan.FromSeconds(0.5), WakeInterval);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _client.Close(_answers);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AskHoldings ask:
                Sender.Tell(new NodeHoldings(ask.Id, _node, _meter.Shards, _meter.Buckets, _meter.Recovering, _meter.Entries));
                break;
            case ClusterEvent.IMemberEvent changed:
                _changedAtRound = _round;
                if (changed is ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Exiting or MemberStatus.Down })
                    Timers.StartSingleTimer(nameof(TellAgain), TellAgain.Instance, AfterChange);
                if (changed is ClusterEvent.MemberUp up && up.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
                    Timers.StartPeriodicTimer(nameof(WarmUpRound), WarmUpRound.Instance, TimeSpan.Zero, WarmUpInterval);
                break;
            case ClusterEvent.ReachableMember:
                Timers.StartSingleTimer(nameof(TellAgain), TellAgain.Instance, AfterChange);
                break;
            case TellAgain:
                _client.TellAgain();
                break;
            case WarmUpRound:
                WarmUp();
                break;
            case LookUpMiss miss:
                CountWarmUp((int)miss.Id);
                break;
            case WakeRound:
                WakeBuckets();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // Asks one bucket of each shard about a client that nobody is, again and again until all have answered; after some rounds it has to do.
    private void WarmUp()
    {
        if (_warmUpRound++ == WarmUpRounds)
        {
            Open();
            return;
        }

        for (var shard = 0; shard < WhitelistLayout.Shards; shard++)
        {
            if (_warmUps[shard] < WarmUpsPerShard)
                _region.Tell(new LookUp(shard, OneClientPerShard[shard], "", "", default, []), Self);
        }
    }

    private void CountWarmUp(int shard)
    {
        if (++_warmUps[shard] < WarmUpsPerShard)
            _region.Tell(new LookUp(shard, OneClientPerShard[shard], "", "", default, []), Self);
        if (Timers.IsTimerActive(nameof(WarmUpRound)) && _warmUps.All(count => count >= WarmUpsPerShard))
            Open();
    }

    private void Open()
    {
        Timers.Cancel(nameof(WarmUpRound));
        _client.Open(_region, _answers);
    }

    // An address of 0.0.0.0/8 (this network, RFC 1122 section 3.2.1.3), which no client has.
    private static ClientAddress ClientOf(int shard)
    {
        for (var neighbours = 0u; ; neighbours++)
        {
            var client = ClientAddress.FromIPv4(neighbours << 8);
            if (WhitelistLayout.BucketOf(client) % WhitelistLayout.Shards == shard)
                return client;
        }
    }

    private void WakeBuckets()
    {
        _round++;
        var isDue = _round - _changedAtRound <= RoundsAfterChange || _round % RoundsBetween == 0;
        if (!isDue || !_cluster.SelfAddress.Equals(_cluster.State.RoleLeader(_cacheRole)))
            return;
        for (var bucket = WhitelistLayout.Grants; bucket < WhitelistLayout.Buckets; bucket++)
            _region.Tell(new Wake(bucket), ActorRefs.NoSender);
    }

    private sealed class TellAgain
    {
        public static readonly TellAgain Instance = new();
    }

    private sealed class WarmUpRound
    {
        public static readonly WarmUpRound Instance = new();
    }

    private sealed class WakeRound
    {
        public static readonly WakeRound Instance = new();
    }
}
