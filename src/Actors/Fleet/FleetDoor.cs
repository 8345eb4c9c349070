using Akka.Actor;
using Akka.Cluster;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// The cluster system's end of <see cref="FleetLink"/>: takes what the buckets answer and passes it on. Tells the link when this node is a
/// member, says what this node holds, and, at the leader, keeps all buckets awake, so that they have recovered before anybody asks.
/// </summary>
internal sealed class FleetDoor : UntypedActor, IWithTimers
{
    /// <summary>The actor's name at each node.</summary>
    public const string Name = "door";

    private static readonly TimeSpan WakeInterval = TimeSpan.FromSeconds(1);

    // After a change of members the buckets move: then all are woken each time, else now and then.
    private const int RoundsAfterChange = 30;
    private const int RoundsBetween = 60;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly string _node;
    private readonly string _cacheRole;
    private readonly FleetMeter _meter;
    private readonly IActorRef _link;
    private readonly IActorRef _region;
    private int _round;
    private int _changedAtRound;

    public FleetDoor(string node, string cacheRole, FleetMeter meter, IActorRef link, IActorRef region)
    {
        _node = node;
        _cacheRole = cacheRole;
        _meter = meter;
        _link = link;
        _region = region;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(string node, string cacheRole, FleetMeter meter, IActorRef link, IActorRef region) =>
        Props.Create(() => new FleetDoor(node, cacheRole, meter, link, region));

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Timers.StartPeriodicTimer(nameof(WakeRound), WakeRound.Instance, TimeSpan.FromSeconds(0.5), WakeInterval);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _link.Tell(new FleetClosed(Self), ActorRefs.NoSender);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LookUpHit or LookUpMiss or EvidenceCame:
                _link.Tell(message, ActorRefs.NoSender);
                break;
            case AskHoldings ask:
                Sender.Tell(new NodeHoldings(ask.Id, _node, _meter.Shards, _meter.Buckets, _meter.Recovering, _meter.Entries));
                break;
            case ClusterEvent.IMemberEvent changed:
                _changedAtRound = _round;
                if (changed is ClusterEvent.MemberUp up && up.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
                    _link.Tell(new FleetOpened(_region, Self), ActorRefs.NoSender);
                break;
            case WakeRound:
                WakeBuckets();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void WakeBuckets()
    {
        _round++;
        var isDue = _round - _changedAtRound <= RoundsAfterChange || _round % RoundsBetween == 0;
        if (!isDue || !_cluster.SelfAddress.Equals(_cluster.State.RoleLeader(_cacheRole)))
            return;
        for (var bucket = WhitelistLayout.Rules; bucket < WhitelistLayout.Buckets; bucket++)
            _region.Tell(new Wake(bucket), ActorRefs.NoSender);
    }

    private sealed class WakeRound
    {
        public static readonly WakeRound Instance = new();
    }
}
