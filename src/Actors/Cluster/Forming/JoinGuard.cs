using System.Collections.Immutable;
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
/// It only asks, listens and does what <see cref="Founding"/> and <see cref="Rivals"/> decide. In Looking and Watching one round follows
/// another: the seeds are found, asked, and the round is over when all have answered or its time is up. Each step has a limit, and each
/// fault is one more way for a round to end, so there is always a next one. A join cannot be withdrawn but by ending the system; whoever
/// runs it starts another.
/// </summary>
internal sealed class JoinGuard : UntypedActor, IWithTimers
{
    public const string Name = "guard";

    private const string RoundTimer = "round";
    private const string NextTimer = "next";
    private const string LockTimer = "lock";
    private const int RoundsBetweenClocks = 12;

    // Nodes of a fleet start together, and what one of them finds in its first seconds is over before anybody reads it.
    private static readonly TimeSpan QuietStart = TimeSpan.FromSeconds(5);

    // Above the limits of its parts, resolving and probing.
    private static readonly TimeSpan FindLimit = TimeSpan.FromSeconds(5);

    private readonly ClusterSystemSetup _setup;
    private readonly ClusterSettings _settings;
    private readonly ClusterTimings _timings;
    private readonly ILogger _log;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Membership _members = new();
    private readonly SeedFinder _seeds;
    private readonly Founding _founding;
    private readonly Rivals _rivals;
    private readonly Peers _peers;
    private readonly FoundingLock? _lock;

    // The cluster that this node founds, if it does. One for all attempts: a lock whose answer was lost is got again.
    private readonly string _ownId = Guid.NewGuid().ToString("N");

    private Round _round = new(Random.Shared.NextInt64(1L << 40));
    private Round _last = new(0);
    private SeedsFound _found = SeedsFound.Nothing;
    private readonly long _started;
    private long _asked;
    private int _watched;

    private JoinState _state = JoinState.Looking;
    private bool _isEnding;
    private string _reason = "";
    private string _failure = "";
    private string _toldReason = "";
    private ImmutableSortedDictionary<string, string> _toldFaults = SeedsFound.Nothing.Faults;
    private string _clusterId = "";

    public JoinGuard(ClusterSystemSetup setup)
    {
        _setup = setup;
        _settings = setup.Settings;
        _timings = setup.Timings;
        _log = setup.Loggers.CreateLogger<JoinGuard>();
        _started = setup.Time.GetTimestamp();
        _lock = _settings is { IsCache: true, Store.Lock: not null } ? new FoundingLock(_settings.Store, _timings.Lock, setup.Time) : null;
        _seeds = new SeedFinder(setup, Own);
        _founding = new Founding(new FoundingRules(Own, _settings.IsCache, _lock is not null, _settings.Expected, _settings.Seeds.Length)
        {
            QuietRounds = RoundsIn(2 * _timings.Watch, _timings.Look),
        });
        _rivals = new Rivals(RoundsIn(2 * _timings.Lock, _timings.Watch));
        _peers = new Peers(_timings.Clock);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private Address Own => _cluster.SelfAddress;

    private bool IsTold => _setup.Time.GetElapsedTime(_started) >= QuietStart;

    private NodePhase Phase => _members.StatusOf(Own) switch
    {
        _ when _isEnding => NodePhase.Leaving,
        MemberStatus.Up or MemberStatus.WeaklyUp => NodePhase.Member,
        MemberStatus.Joining => NodePhase.Joining,
        null when _state is JoinState.Looking or JoinState.Refused => NodePhase.Looking,
        null when _state is JoinState.Joining => NodePhase.Joining,
        _ => NodePhase.Leaving,
    };

    public static Props CreateProps(ClusterSystemSetup setup) => Props.Create(() => new JoinGuard(setup));

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.ReachabilityEvent));
        Become(Looking);
        Self.Tell(NextRound.Instance);
    }

    // What it knew of the cluster is lost.
    protected override void PostRestart(Exception reason) => End($"the join guard failed: {reason.Message}");

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        if (IsLastOfItsCluster())
            _ = _lock?.ReleaseAsync(_clusterId);
    }

    protected override void OnReceive(object message) => Always(message);

    private void Looking(object message)
    {
        if (message is LockAnswer answer)
            Follow(_founding.Decide(answer));
        else if (!TryAdvance(message, () => Follow(_founding.Decide(_last, _found.Places))))
            Always(message);
    }

    private void Joining(object message)
    {
        if (message is NextRound)
            GiveUpJoining();
        else
            Always(message);
    }

    private void Watching(object message)
    {
        switch (message)
        {
            case ProlongLock:
                Pipe(_lock!.TakeAsync(_clusterId));
                break;
            case LockAnswer answer:
                EndFor(_rivals.Compare(answer.State));
                break;
            default:
                if (!TryAdvance(message, Compare))
                    Always(message);
                break;
        }
    }

    // What is the same in all states.
    private void Always(object message)
    {
        switch (message)
        {
            case AskPresence ask:
                Sender.Tell(Presence(ask));
                break;
            case ClusterEvent.CurrentClusterState state:
                _members.Reset(state);
                MembersChanged();
                break;
            case ClusterEvent.IMemberEvent change:
                Tell(change);
                _members.Apply(change);
                MembersChanged();
                break;
            case ClusterEvent.ReachabilityEvent change:
                Tell(change);
                _members.Apply(change);
                MembersChanged();
                break;
            case NodePresence or RoundEvent or NextRound or ProlongLock or LockAnswer:
                break; // Late.
            default:
                Unhandled(message);
                break;
        }
    }

    // Rounds

    /// <param name="end">Called when the round is over; <see cref="_last"/> is then that round.</param>
    /// <returns>False if the message is none of a round.</returns>
    private bool TryAdvance(object message, Action end)
    {
        switch (message)
        {
            case NextRound:
                Find();
                return true;
            case SeedsCame came when came.Round == _round.Id:
                Ask(came.Found);
                break;
            case NodePresence presence:
                Hear(presence);
                break;
            case RoundOver over when over.Round == _round.Id:
                break;
            case RoundFailed failed when failed.Round == _round.Id:
                Fail(failed.Fault);
                return true;
            default:
                return false;
        }

        if (message is RoundOver || _round.IsOver)
        {
            CloseRound();
            end();
        }

        return true;
    }

    private void Find()
    {
        var round = _round.Id;
        var isKnown = _last.Answered.ContainsKey;
        var members = _members.All.Select(member => member.Address).ToHashSet();
        Timers.StartSingleTimer(RoundTimer, new RoundFailed(round, "the seeds could not be found in time"), FindLimit);
        _seeds.FindAsync(address => isKnown(address) || members.Contains(address)).PipeTo(
            Self, success: found => new SeedsCame(round, found), failure: fault => new RoundFailed(round, fault.Message));
    }

    // A member asks strangers for their cluster, members for their names, and now and then cache members for their clocks.
    private void Ask(SeedsFound found)
    {
        Report(found);
        var isClockDue = _watched % RoundsBetweenClocks == 0;
        var strangers = found.Reachable.Where(address => !_members.Contains(address));
        var members = _members.All.Where(member => _peers.NameOf(member.Address).Length == 0 || (isClockDue && Membership.IsCache(member)));
        _round = _round.Asking(strangers.Concat(members.Select(member => member.Address)).Where(address => address != Own));
        _asked = _setup.Time.GetTimestamp();
        var question = new AskPresence(_round.Id, Identity());
        foreach (var address in _round.Asked)
            Context.ActorSelection(new RootActorPath(address) / "user" / Name).Tell(question, Self);
        Timers.StartSingleTimer(RoundTimer, new RoundOver(_round.Id), _timings.Answer);
    }

    private void Hear(NodePresence presence)
    {
        var round = _round.With(presence);
        if (round == _round)
            return;
        _round = round;
        var ago = _setup.Time.GetElapsedTime(_asked) / 2;
        var ahead = TimeSpan.FromMilliseconds(presence.From.ClockMs - NowMs()) + ago;
        if (_peers.Apply(presence.From, ahead) is { } warning)
            _log.ClocksDiffer(warning);
    }

    private void Fail(string fault)
    {
        CloseRound();
        if (fault != _failure)
            _log.RoundFailed(fault);
        _failure = fault;
        if (_state != JoinState.Up)
            Show(JoinState.Looking, $"the other nodes cannot be asked: {fault}");
        Again(_state == JoinState.Up ? _timings.Watch : _timings.Look);
    }

    // What comes for it from now on is late.
    private void CloseRound()
    {
        Timers.Cancel(RoundTimer);
        _last = _round;
        _round = new Round(_round.Id + 1);
        _peers.Keep(address => _last.Answered.ContainsKey(address) || _members.Contains(address));
    }

    private void Report(SeedsFound found)
    {
        _found = found;
        if (IsTold)
        {
            foreach (var (where, fault) in found.Faults.Where(fault => _toldFaults.GetValueOrDefault(fault.Key) != fault.Value))
                _log.SeedFails(where, fault);
            _toldFaults = found.Faults;
        }

        if (_settings.Expected == 0)
            _setup.Presence.Expect(Math.Max(_settings.Seeds.Length, found.Places - (_settings.IsCache ? 0 : 1)));
    }

    private void Again(TimeSpan pause) => Timers.StartSingleTimer(NextTimer, NextRound.Instance, pause);

    // Looking and joining

    private void Follow(Decision decision)
    {
        switch (decision)
        {
            case Decision.Join join:
                _log.Joining(join.ClusterId, Founding.Describe(join.By));
                BeginJoining(join.ClusterId);
                _cluster.JoinSeedNodes(join.Members);
                break;
            case Decision.Found:
                _log.Founding(_ownId);
                BeginJoining(_ownId);
                _cluster.Join(Own);
                break;
            case Decision.TakeLock:
                Pipe(_lock!.TakeAsync(_ownId));
                break;
            case Decision.TestDatabase:
                Pipe(_lock!.TestAsync());
                break;
            case Decision.Refused refused:
                Show(JoinState.Refused, refused.Reason);
                Again(_timings.LookRefused);
                break;
            case Decision.Wait wait:
                Show(JoinState.Looking, wait.Reason);
                Again(_timings.Look);
                break;
        }
    }

    private void BeginJoining(string clusterId)
    {
        _clusterId = clusterId;
        Show(JoinState.Joining, "");
        Become(Joining);
        Again(_timings.Join + _timings.Answer);
    }

    // A member that is not up yet waits for others; one that no cluster accepted stays out for good.
    private void GiveUpJoining()
    {
        if (_members.Contains(Own))
            Again(_timings.Join);
        else
            End($"cluster {_clusterId} did not admit this node");
    }

    // Watching

    private void Compare()
    {
        _watched++;

        // A member may have restarted between its answer and the join. The oldest one is right.
        if (_members.Oldest is { } oldest && _last.Answered.TryGetValue(oldest.Address, out var told) && told.ClusterId.Length > 0)
            _clusterId = told.ClusterId;
        var others = _last.Answered.Values.Where(answer => !_members.Contains(answer.From.Address));
        EndFor(_rivals.Compare(_clusterId, _members.Caches.Count(), _members.HasUnreachable, others));
        Publish();
        Again(_timings.Watch);
    }

    // True for the last cache node of a cluster, and for a founder that never came up. One that was downed must not give the lock back:
    // it is the cluster's, which lives on elsewhere.
    private bool IsLastOfItsCluster() => _state switch
    {
        JoinState.Up => _members.Caches.All(member => member.Address == Own && member.Status != MemberStatus.Down),
        JoinState.Joining => _clusterId == _ownId,
        _ => false,
    };

    // Answers

    private NodeIdentity Identity() => new(
        _settings.Node, Own, _settings.IsCache, WhitelistLayout.Version, _settings.Store.Provider,
        _settings.SplitBrain.Name, NowMs());

    private NodePresence Presence(AskPresence ask)
    {
        var (identity, phase) = (Identity(), Phase);
        return new NodePresence(
            ask.Round, identity, phase, phase == NodePhase.Member ? _clusterId : "", _members.Caches.Count(), _members.HasUnreachable,
            Admission.Refusal(identity, ask.From));
    }

    // The end, and what is shown

    private void MembersChanged()
    {
        if (_state == JoinState.Joining && Phase == NodePhase.Member)
        {
            Show(JoinState.Up, "");
            _log.IsMember(_clusterId, _members.All.Count());
            Become(Watching);
            if (_lock is not null)
                Timers.StartPeriodicTimer(LockTimer, ProlongLock.Instance, _timings.Watch);
            Self.Tell(NextRound.Instance);
        }
        else if (_members.StatusOf(Own) is MemberStatus.Down)
        {
            _setup.Presence.Why = "the other side of a split carries on without this node";
        }

        Publish();
    }

    private void Tell(ClusterEvent.IMemberEvent change)
    {
        if (change.Member.Address == Own)
            return;
        var node = NameOf(change.Member);
        switch (change)
        {
            case ClusterEvent.MemberUp:
                _log.MemberIsUp(node);
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down }:
                _log.MemberIsRemoved(node);
                break;
            case ClusterEvent.MemberRemoved:
                _log.MemberLeft(node);
                break;
        }
    }

    private void Tell(ClusterEvent.ReachabilityEvent change)
    {
        if (change is ClusterEvent.UnreachableMember)
            _log.MemberIsUnreachable(NameOf(change.Member));
        else
            _log.MemberIsBack(NameOf(change.Member));
    }

    private string NameOf(Member member) =>
        _peers.NameOf(member.Address) is { Length: > 0 } name ? $"{name} ({Founding.HostPortOf(member.Address)})" : Founding.HostPortOf(member.Address);

    private void EndFor(string? reason)
    {
        if (reason is not null)
            End(reason);
    }

    private void End(string reason)
    {
        if (_isEnding)
            return;
        _isEnding = true;
        _setup.Presence.Why = reason;
        _log.Ends(reason);
        _ = CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
    }

    private void Show(JoinState state, string reason)
    {
        (_state, _reason) = (state, reason);
        if (reason.Length > 0 && reason != _toldReason && (IsTold || state == JoinState.Refused))
        {
            _toldReason = reason;
            if (state == JoinState.Refused)
                _log.IsRefused(reason);
            else
                _log.IsOutside(reason);
        }

        Publish();
    }

    private void Publish() => _setup.Presence.Now = new MembershipView(
        _state,
        _reason,
        _state == JoinState.Up ? _clusterId : "",
        [.. _members.All.Select(member => new ClusterMember(
            member.Address == Own ? _settings.Node : _peers.NameOf(member.Address), Founding.HostPortOf(member.Address),
            [.. member.Roles.Order(StringComparer.Ordinal)], _members.StateOf(member)))],
        _state == JoinState.Up && _members.HasMajority,
        [.. _peers.Warnings]);

    private void Pipe(Task<LockAnswer> answer) => answer.PipeTo(Self, failure: fault => new LockAnswer(LockState.Unknown, fault.Message));

    private long NowMs() => _setup.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static int RoundsIn(TimeSpan span, TimeSpan round) => (int)Math.Ceiling(span / round);

    private abstract record RoundEvent(long Round);

    private sealed record SeedsCame(long Round, SeedsFound Found) : RoundEvent(Round);

    private sealed record RoundOver(long Round) : RoundEvent(Round);

    private sealed record RoundFailed(long Round, string Fault) : RoundEvent(Round);

    private sealed class NextRound
    {
        public static readonly NextRound Instance = new();
    }

    private sealed class ProlongLock
    {
        public static readonly ProlongLock Instance = new();
    }
}
