using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// Brings a node into the one cluster of its fleet, founds that cluster if there is none, and ends a second one.
/// <code>
/// Looking ──► Joining ──► Watching ──► (the system ends)
///                └──────────────────────────┘
/// </code>
/// It only asks, listens and does what pure types decide: <see cref="Round"/> says who has answered, <see cref="Founding"/> whether to
/// join, found or wait, <see cref="Rivals"/> whether to give way to another cluster, <see cref="Standing"/> what follows from how far it
/// has got. In Looking and Watching one round follows another: the seeds are found, asked, and the round is over when all have answered or
/// its time is up. Each step has a limit, and each fault is one more way for a round to end, so there is always a next one.
/// </summary>
/// <remarks>
/// It stands in for Akka's seed nodes, with which a restarted first seed founded a second cluster beside the running one: the two never
/// merged, and each bucket had two writers.
/// </remarks>
internal sealed partial class JoinGuard : UntypedActor, IWithTimers
{
    public const string Name = "guard";

    private const string LockTimer = "lock";

    private readonly ClusterSystemSetup _setup;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Membership _members = new();
    private readonly SeedFinder _seeds;
    private readonly Founding _founding;
    private readonly Rivals _rivals;
    private readonly Peers _peers;
    private readonly GuardReport _report;
    private readonly FoundingLock? _lock;

    // The cluster that this node founds, if it does. One for all attempts: a lock whose answer was lost is acquired again.
    private readonly string _ownId = Guid.NewGuid().ToString("N");

    private Standing _standing = Standing.Looking;
    private int _watchedRounds;

    public JoinGuard(ClusterSystemSetup setup)
    {
        _setup = setup;
        var (settings, timings) = (setup.Settings, setup.Timings);
        _report = new GuardReport(setup.Loggers.CreateLogger<JoinGuard>(), setup.Time);
        _lock = settings is { IsCache: true, Store.Lock: not null } ? new FoundingLock(settings.Store, timings.Lock, setup.Time) : null;
        _seeds = new SeedFinder(setup, Own);
        _founding = new Founding(new FoundingRules(Own, settings.IsCache, _lock is not null, settings.Expected, settings.Seeds.Length)
        {
            QuietRounds = RoundsIn(2 * timings.Watch, timings.Look),
        });
        _rivals = new Rivals(RoundsIn(2 * timings.Lock, timings.Watch));
        _peers = new Peers(timings.Clock);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private Address Own => _cluster.SelfAddress;

    public static Props CreateProps(ClusterSystemSetup setup) => Props.Create(() => new JoinGuard(setup));

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.ReachabilityEvent));
        Become(Looking);
        Self.Tell(NextRound.Instance);
    }

    // What it knew of the cluster is lost, and a guard that looks again from inside a cluster would found another one.
    protected override void PostRestart(Exception reason) => End($"the join guard failed: {reason.Message}");

    // A guard that failed has not ended: see PostRestart.
    protected override void PreRestart(Exception reason, object message) => _cluster.Unsubscribe(Self);

    // The last one gives the lock back, so that the next start of the fleet need not wait until it expires. That it is the last one, the
    // others have told it: nodes that leave one right after the other are not seen to have left by those that leave next.
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        if (_standing.IsUp)
            SayGoodbye();
        if (_standing.OwnsLock(_members.IsOnlyCache(Own), _ownId))
            _ = _lock?.ReleaseAsync(_standing.ClusterId);
    }

    protected override void OnReceive(object message) => InAnyState(message);

    private void Looking(object message)
    {
        switch (message)
        {
            case LockAnswer answer:
                Follow(_founding.Decide(answer));
                break;
            case NextRound or NodePresence or RoundEvent:
                if (Advance(message))
                    Follow(_founding.Decide(_last));
                break;
            default:
                InAnyState(message);
                break;
        }
    }

    // A join cannot be withdrawn but by ending the system. A member that is not up yet waits for others to become reachable; one that no
    // cluster accepted stays out for good, and whoever runs the system starts another.
    private void Joining(object message)
    {
        if (message is not NextRound)
            InAnyState(message);
        else if (_members.Contains(Own))
            StartNextRoundIn(_setup.Timings.Join);
        else
            End($"cluster {_standing.ClusterId} did not admit this node");
    }

    private void Watching(object message)
    {
        switch (message)
        {
            case RenewLock:
                Pipe(_lock!.AcquireAsync(_standing.ClusterId));
                break;
            case LockAnswer answer:
                EndFor(_rivals.Compare(answer.State));
                break;
            case NodePresence { Round: NodePresence.Unasked } goodbye:
                _members.NoteEnd(goodbye.From.Address);
                break;
            case NextRound or NodePresence or RoundEvent:
                if (Advance(message))
                    Compare();
                break;
            default:
                InAnyState(message);
                break;
        }
    }

    private void InAnyState(object message)
    {
        switch (message)
        {
            case AskPresence ask:
                Sender.Tell(PresenceFor(ask));
                break;
            case ClusterEvent.CurrentClusterState state:
                _members.Reset(state);
                MembersChanged();
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: not (MemberStatus.Exiting or MemberStatus.Down) }:
                // As this node's own view of the cluster ends, Akka tells of all others as if they had been removed. They are still there,
                // and the lock in the database is theirs.
                break;
            case ClusterEvent.IMemberEvent change:
                if (change.Member.Address != Own)
                    _report.Changed(change, LabelOf(change.Member));
                _members.Apply(change);
                MembersChanged();
                break;
            case ClusterEvent.ReachabilityEvent change:
                _report.Changed(change, LabelOf(change.Member));
                _members.Apply(change);
                MembersChanged();
                break;
            case NextRound or NodePresence or RoundEvent or RenewLock or LockAnswer:
                break; // For a state that this node has left.
            default:
                Unhandled(message);
                break;
        }
    }

    private void Follow(Decision decision)
    {
        switch (decision)
        {
            case Decision.Join join:
                _report.Joining(join.ClusterId, join.By.Label);
                BeginJoining(join.ClusterId);
                _cluster.JoinSeedNodes(join.Members);
                break;
            case Decision.Found:
                _report.Founding(_ownId);
                BeginJoining(_ownId);
                _cluster.Join(Own);
                break;
            case Decision.AcquireLock:
                Pipe(_lock!.AcquireAsync(_ownId));
                break;
            case Decision.TestDatabase:
                Pipe(_lock!.TestAsync());
                break;
            case Decision.Refused refused:
                Show(JoinState.Refused, refused.Reason);
                StartNextRoundIn(_setup.Timings.LookRefused);
                break;
            case Decision.Wait wait:
                Show(JoinState.Looking, wait.Reason);
                StartNextRoundIn(_setup.Timings.Look);
                break;
        }
    }

    private void BeginJoining(string clusterId)
    {
        _standing = _standing with { ClusterId = clusterId };
        Show(JoinState.Joining, "");
        Become(Joining);
        StartNextRoundIn(_setup.Timings.Join + _setup.Timings.Answer);
    }

    private void Compare()
    {
        _watchedRounds++;

        // A member may have restarted between its answer and the join, and founded anew. The oldest one is right.
        if (_members.Oldest is { } oldest && _last.Answered.TryGetValue(oldest.Address, out var told) && told.ClusterId.Length > 0)
            _standing = _standing with { ClusterId = told.ClusterId };
        var others = _last.Answered.Values.Where(answer => !_members.Contains(answer.From.Address));
        EndFor(_rivals.Compare(_standing.ClusterId, _members.Caches.Count(), _members.HasUnreachable, others));
        Publish();
        StartNextRoundIn(_setup.Timings.Watch);
    }

    private void MembersChanged()
    {
        if (_standing.State == JoinState.Joining && PhaseNow() == NodePhase.Member)
        {
            Show(JoinState.Up, "");
            _report.IsMember(_standing.ClusterId, _members.All.Count());
            Become(Watching);
            if (_lock is not null)
                Timers.StartPeriodicTimer(LockTimer, RenewLock.Instance, _setup.Timings.Watch);
            Self.Tell(NextRound.Instance);
        }
        else if (_members.StatusOf(Own) is MemberStatus.Down)
        {
            _setup.Board.Why = "the other side of a split carries on without this node";
        }

        Publish();
    }

    private void EndFor(string? reason)
    {
        if (reason is not null)
            End(reason);
    }

    private void End(string reason)
    {
        if (_standing.IsEnding)
            return;
        _standing = _standing with { IsEnding = true };
        _setup.Board.Why = reason;
        _report.Ends(reason);
        _ = CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
    }

    // What others are told

    private NodePhase PhaseNow() => _standing.PhaseOf(_members.StatusOf(Own));

    private NodeIdentity Identity() => new(
        _setup.Settings.Node, Own, _setup.Settings.IsCache, WhitelistLayout.Version, _setup.Settings.Store.Provider,
        _setup.Settings.SplitBrain.Name, NowMs());

    private NodePresence PresenceFor(AskPresence ask)
    {
        var (identity, phase) = (Identity(), PhaseNow());
        return new NodePresence(
            ask.Round, identity, phase, phase == NodePhase.Member ? _standing.ClusterId : "", _members.Caches.Count(),
            _members.HasUnreachable, Admission.Refusal(identity, ask.From));
    }

    private void SayGoodbye()
    {
        var goodbye = new NodePresence(
            NodePresence.Unasked, Identity(), NodePhase.Leaving, "", _members.Caches.Count(), _members.HasUnreachable, "");
        foreach (var member in _members.All.Where(member => member.Address != Own))
            GuardAt(member.Address).Tell(goodbye, Self);
    }

    private void Show(JoinState state, string reason)
    {
        _standing = _standing with { State = state, Reason = reason };
        _report.Outside(state, reason);
        Publish();
    }

    private void Publish() => _setup.Board.Now = new MembershipView(
        _standing.State, _standing.Reason, _standing.IsUp ? _standing.ClusterId : "",
        [.. _members.List(address => address == Own ? _setup.Settings.Node : _peers.NameOf(address))],
        _standing.IsUp && _members.HasMajority,
        [.. _peers.Warnings]);

    private string LabelOf(Member member) => _peers.LabelOf(member.Address);

    private void Pipe(Task<LockAnswer> answer) => answer.PipeTo(Self, failure: fault => new LockAnswer(LockState.Unknown, fault.Message));

    private long NowMs() => _setup.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static int RoundsIn(TimeSpan span, TimeSpan round) => (int)Math.Ceiling(span / round);

    private sealed class RenewLock
    {
        public static readonly RenewLock Instance = new();
    }
}
