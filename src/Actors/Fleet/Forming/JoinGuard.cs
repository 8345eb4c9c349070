using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet.Forming;

/// <summary>
/// Brings a node into the one cluster of its fleet, founds that cluster if there is none, and ends a second one.
/// <code>
/// Looking ──► Joining ──► Watching ──► (the system ends)
///    │ ▲         └──────────────────────────┘
///    ▼ │
///   Voting
/// </code>
/// Guards ask each other over the remoting port before any of them is a member. A round asks all places once and ends when all have answered or
/// <see cref="FleetTimings.Answer"/> is over. What was joined can not be left again but by ending the system; whoever holds it starts another.
/// </summary>
internal sealed partial class JoinGuard : UntypedActor, IWithTimers
{
    public const string Name = "guard";

    private readonly FleetHostSetup _setup;
    private readonly FleetSettings _settings;
    private readonly FleetTimings _timings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly SeedFinder _finder;
    private readonly Knocker _knocker;
    private readonly Membership _members = new();

    // What others told: by address.
    private readonly Dictionary<string, string> _names = [];
    private readonly SortedDictionary<string, TimeSpan> _clocks = new(StringComparer.Ordinal);
    private readonly Dictionary<Address, string> _knownAs = [];
    private readonly HashSet<Address> _heard = [];
    private readonly Dictionary<Address, string> _faults = [];

    // The round.
    private readonly Dictionary<string, NodePresence> _answers = [];
    private long _round = Random.Shared.NextInt64(1L << 40);
    private long _askedMs;
    private ImmutableArray<SeedPlace> _places = [];
    private int _awaited;
    private int _mostPlaces;

    private FleetState _state = FleetState.Looking;
    private string _reason = "";
    private string _clusterId = "";

    public JoinGuard(FleetHostSetup setup)
    {
        _setup = setup;
        _settings = setup.Settings;
        _timings = setup.Timings;
        _finder = new SeedFinder(setup, _cluster.SelfAddress);
        _knocker = new Knocker(setup);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private string Own => _cluster.SelfAddress.ToString();

    public static Props CreateProps(FleetHostSetup setup) => Props.Create(() => new JoinGuard(setup));

    protected override void PreStart()
    {
        _names[Own] = _settings.Node;
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.ReachabilityEvent));
        if (_settings.IsAlone)
        {
            Found();
        }
        else
        {
            Become(Looking);
            Self.Tell(NextRound.Instance);
        }
    }

    // What it knew of the cluster is lost.
    protected override void PostRestart(Exception reason) => End($"the join guard failed: {reason.Message}");

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        ReleaseLock();
    }

    protected override void OnReceive(object message) => Always(message);

    private void Looking(object message)
    {
        switch (message)
        {
            case NextRound:
                Find();
                break;
            case PlacesFound found when found.Round == _round:
                Knock(found.Places);
                break;
            case Knocked knocked when knocked.Round == _round:
                Ask(knocked, []);
                break;
            case NodePresence presence when Hear(presence):
            case RoundOver over when over.Round == _round:
                EndLooking();
                break;
            case LockAnswered answer:
                Take(answer);
                break;
            default:
                Always(message);
                break;
        }
    }

    private void Joining(object message)
    {
        switch (message)
        {
            case NextRound:
                Withdraw();
                break;
            default:
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
            case AskVote ask:
                Sender.Tell(new FoundingVote(ask.Id, Grants(ask.Candidate)));
                break;
            case ClusterEvent.CurrentClusterState state:
                _members.Reset(state);
                MembersChanged();
                break;
            case ClusterEvent.IMemberEvent change:
                _members.Apply(change);
                MembersChanged();
                break;
            case ClusterEvent.ReachabilityEvent change:
                _members.Apply(change);
                MembersChanged();
                break;
            case NodePresence or FoundingVote or RoundOver or PlacesFound or Knocked or NextRound or LockAnswered:
                break; // Late.
            default:
                Unhandled(message);
                break;
        }
    }

    // Rounds

    private void Find()
    {
        var round = ++_round;
        _finder.FindAsync().PipeTo(Self, success: places => new PlacesFound(round, places));
    }

    // Who answered the last time need not be tried again.
    private void Knock(ImmutableArray<SeedPlace> places)
    {
        var round = _round;
        var doors = places.Select(place => place.Address).Where(address => address != _cluster.SelfAddress && !_heard.Contains(address)).ToList();
        KnockAsync(doors).PipeTo(Self, success: faults => new Knocked(round, places, faults));
    }

    private async Task<Dictionary<Address, string>> KnockAsync(List<Address> doors)
    {
        var faults = await Task.WhenAll(doors.Select(_knocker.KnockAsync)).ConfigureAwait(false);
        return doors.Zip(faults).Where(door => door.Second is not null).ToDictionary(door => door.First, door => door.Second!);
    }

    private void Ask(Knocked knocked, IEnumerable<Address> others)
    {
        _places = knocked.Places;
        _mostPlaces = Math.Max(_mostPlaces, _places.Length);
        TellFaults(knocked.Faults);
        _answers.Clear();
        _askedMs = NowMs();
        var asked = _places.Select(place => place.Address).Where(address => !knocked.Faults.ContainsKey(address))
            .Concat(others).Where(address => address != _cluster.SelfAddress).Distinct().ToList();
        _awaited = asked.Count;
        _heard.ExceptWith(asked);
        var question = new AskPresence(_round, Identity());
        foreach (var address in asked)
        {
            Context.ActorSelection(new RootActorPath(address) / "user" / Name).Tell(question, Self);
        }

        Timers.StartSingleTimer(RoundTimer, new RoundOver(_round), asked.Count == 0 ? TimeSpan.Zero : _timings.Answer);
    }

    private void TellFaults(Dictionary<Address, string> faults)
    {
        foreach (var (address, fault) in faults.Where(fault => _faults.GetValueOrDefault(fault.Key) != fault.Value))
        {
            _log.Info("Seed {0} can not be reached: {1}", HostPortOf(address), fault);
        }

        _faults.Clear();
        foreach (var (address, fault) in faults)
        {
            _faults.Add(address, fault);
        }
    }

    /// <returns>True when all have answered.</returns>
    private bool Hear(NodePresence presence)
    {
        if (presence.Id != _round || _answers.ContainsKey(presence.From.Address) || !ActorPath.TryParseAddress(presence.From.Address, out _))
        {
            return false;
        }

        Learn(presence.From, (NowMs() - _askedMs) / 2);

        // Its guard's own path tells where it was asked: by the address under which it takes messages.
        if (_places.FirstOrDefault(place => place.Address == Sender.Path.Address) is { } place)
        {
            _finder.Answered(place);
            _heard.Add(place.Address);
            _knownAs[place.Address] = presence.From.Address;
        }

        _answers[presence.From.Address] = presence;
        return _answers.Count == _awaited;
    }

    private void Again(TimeSpan pause) => Timers.StartSingleTimer(NextTimer, NextRound.Instance, pause);

    // Looking

    private void EndLooking()
    {
        Timers.Cancel(RoundTimer);
        ++_round; // What comes now is late.
        var open = _answers.Values.Where(answer => answer.Refusal.Length == 0).ToList();
        var cluster = open.Where(answer => answer.ClusterId.Length > 0)
            .OrderByDescending(answer => answer.CacheMembers).ThenBy(answer => answer.ClusterId, StringComparer.Ordinal).FirstOrDefault();
        if (cluster is not null)
        {
            JoinCluster(cluster, open);
        }
        else if (_answers.Values.FirstOrDefault(answer => answer.Refusal.Length > 0) is { } refusing && !CanFound(open.Count(answer => answer.From.IsCache)))
        {
            Show(FleetState.Refused, $"{Describe(refusing.From)} does not let this node in: {refusing.Refusal}");
            Again(_timings.LookRefused);
        }
        else
        {
            TryFounding([.. open.Where(answer => answer.From.IsCache)]);
        }
    }

    private void JoinCluster(NodePresence cluster, IEnumerable<NodePresence> open)
    {
        // Only those that answered: to what other members there are, nobody has spoken yet.
        var there = open.Where(answer => answer.ClusterId == cluster.ClusterId)
            .Take(MostSeeds).Select(answer => Address.Parse(answer.From.Address)).ToImmutableList();
        _clusterId = cluster.ClusterId;
        Show(FleetState.Joining, "");
        _log.Info("Joining cluster {0} of {1} by {2}", _clusterId, Describe(cluster.From), string.Join(", ", there.Select(HostPortOf)));
        _cluster.JoinSeedNodes(there);
        Become(Joining);
        Again(_timings.Join + _timings.Answer);
    }

    // A member that is not up yet waits for others; one that nobody took never comes further.
    private void Withdraw()
    {
        if (_members.Contains(_cluster.SelfAddress))
        {
            Again(_timings.Join);
        }
        else
        {
            End($"cluster {_clusterId} did not take this node");
        }
    }

    // Answers

    private NodeIdentity Identity() =>
        new(_settings.Node, Own, _settings.IsCache, WhitelistLayout.Version, _settings.Store.Provider, NowMs());

    private NodePresence Presence(AskPresence ask)
    {
        var status = _members.StatusOf(_cluster.SelfAddress);
        var isIn = status is MemberStatus.Up or MemberStatus.WeaklyUp;
        var isGoing = !isIn && status is not (null or MemberStatus.Joining);
        return new NodePresence(
            ask.Id, Identity(), isIn ? _clusterId : "", isIn ? Addresses() : [], isIn ? _members.Caches.Count() : 0, _members.HasUnreachable,
            isGoing ? "it leaves its cluster" : Refusal(ask.From));
    }

    private ImmutableArray<string> Addresses() =>
        [.. _members.All.OrderBy(member => !Membership.IsCache(member)).Select(member => member.Address.ToString())];

    private string Refusal(NodeIdentity other)
    {
        var mine = _settings.Store.Provider;
        return
            _settings.IsAlone ? "a cluster of one (cluster.seeds is empty)" :
            other.Layout != WhitelistLayout.Version ? $"the whitelist's layout is {WhitelistLayout.Version} here and {other.Layout} there" :
            !other.IsCache || !_settings.IsCache || other.Address == Own ? "" :
            other.Provider != mine ? $"store.provider is {mine} here and {other.Provider} there" :
            mine == "sqlite" ? "store.provider is sqlite, which keeps the whitelist on one node; more nodes of role cache need postgresql" :
            "";
    }

    private void Learn(NodeIdentity other, long agoMs)
    {
        _names[other.Address] = other.Node;
        var ahead = TimeSpan.FromMilliseconds(other.ClockMs + agoMs - NowMs());
        if (ahead.Duration() <= _timings.Clock)
        {
            _clocks.Remove(other.Address);
        }
        else if (_clocks.TryAdd(other.Address, ahead))
        {
            _log.Warning("The clock of {0} is {1:0.0} s {2} this node's", Describe(other), ahead.Duration().TotalSeconds, Side(ahead));
        }
    }

    // The end, and what is shown

    private void MembersChanged()
    {
        var status = _members.StatusOf(_cluster.SelfAddress);
        if (_state != FleetState.Up && status is MemberStatus.Up or MemberStatus.WeaklyUp)
        {
            Show(FleetState.Up, "");
            _log.Info("This node is in cluster {0}", _clusterId);
            Become(Watching);
            Self.Tell(NextRound.Instance);
        }
        else if (status is MemberStatus.Down)
        {
            _setup.Presence.Why = "the other side of a split went on without this node";
        }

        Publish();
    }

    private void End(string reason)
    {
        _setup.Presence.Why = reason;
        _log.Warning("The cluster system ends: {0}", reason);
        Timers.Cancel(NextTimer);
        _ = CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
    }

    private void Show(FleetState state, string reason)
    {
        if (reason.Length > 0 && reason != _reason)
        {
            _log.Log(state == FleetState.Refused ? LogLevel.WarningLevel : LogLevel.InfoLevel, null, "Not in a cluster: {0}", reason);
        }

        _state = state;
        _reason = reason;
        Publish();
    }

    private void Publish() =>
        _setup.Presence.Now = new FleetStatus(
            _state,
            _reason,
            _state == FleetState.Up ? _clusterId : "",
            [.. _members.All.Select(member => new FleetMember(
                _names.GetValueOrDefault(member.Address.ToString(), ""), HostPortOf(member.Address), [.. member.Roles.Order(StringComparer.Ordinal)],
                _members.StateOf(member)))],
            _state == FleetState.Up && _members.HasMajority,
            [.. _clocks.Select(clock =>
                FormattableString.Invariant($"the clock of {_names[clock.Key]} is {clock.Value.Duration().TotalSeconds:0.0} s {Side(clock.Value)} this node's"))]);

    private static string HostPortOf(Address address) => FormattableString.Invariant($"{address.Host}:{address.Port}");

    private static string Side(TimeSpan ahead) => ahead > TimeSpan.Zero ? "ahead of" : "behind";

    private static string Describe(NodeIdentity node) => $"{node.Node} ({HostPortOf(Address.Parse(node.Address))})";

    private long NowMs() => _setup.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private const int MostSeeds = 8;
    private const string RoundTimer = "round";
    private const string NextTimer = "next";

    private sealed class NextRound
    {
        public static readonly NextRound Instance = new();
    }

    private sealed record PlacesFound(long Round, ImmutableArray<SeedPlace> Places);

    private sealed record Knocked(long Round, ImmutableArray<SeedPlace> Places, Dictionary<Address, string> Faults);

    private sealed record RoundOver(long Round);
}
