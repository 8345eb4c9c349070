using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The one entity that orders the changes of all grants and bans. Each change is told to all nodes at once, and journaled before it is
/// acknowledged, unless the store takes too long: then it holds all the same, and is stored as soon as that can be.
/// </summary>
/// <remarks>
/// <code>
///   Recovering ── stored state read, every node heard ──► Fetching, if a node knows a later state ──► Ready
///                 (or waited for long enough)
/// </code>
/// It answers nobody before it is ready: operators' changes wait, nodes ask again. It begins with the latest state that it hears of, its
/// store's or a node's, in a life later than all that it heard of, and tells all its version. A node that shows up later with a state
/// that is later than the one this life began with still counts: that state is taken over, and the changes of this life are applied on
/// top.
/// </remarks>
internal sealed class GrantsEntity : StoredEntity<GrantsChanged>
{
    /// <summary>Makes it remove what expired long ago, as it does twice a minute.</summary>
    internal static readonly object SweepNow = SweepTick.Instance;

    // Changes that wait for the recovery; their askers ask again.
    private const int MaxEarly = 256;

    private static readonly TimeSpan RecoverInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NodesTimeout = TimeSpan.FromSeconds(3);

    // A node that still asks is not lost, however long its copy takes.
    private static readonly TimeSpan LostNodeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    // So long after its end a grant or a ban is removed, and only by a clock that did not jump for a while: a wrong clock lifts no ban
    // for good.
    private static readonly TimeSpan KeptExpired = TimeSpan.FromDays(1);
    private static readonly TimeSpan SteadyClock = TimeSpan.FromHours(1);

    private readonly EntityContext _context;
    private readonly GrantsCopies _copies;
    private readonly GrantsAssembly _assembly;
    private readonly GrantsLog _log = new();
    private readonly ClockWatch _clock;
    private readonly Dictionary<IActorRef, GrantsVersion> _heard = [];
    private readonly HashSet<long> _lives = [];
    private readonly List<(object Message, IActorRef Asker)> _early = [];
    private readonly long _started;
    private GrantsState _state = GrantsState.Empty;
    private GrantsVersion _begunWith;
    private IActorRef? _source;
    private long _sourceHeardAt;
    private bool _hasRead;
    private bool _isReady;

    public GrantsEntity(EntityContext context)
        : base(WhitelistLayout.Grants, context)
    {
        _context = context;
        _copies = new GrantsCopies(context.Time);
        _assembly = new GrantsAssembly(context.Time);
        _clock = new ClockWatch(context.Time);
        _started = context.Time.GetTimestamp();
        _hasRead = IsRecovered;
    }

    private long NowMs => _context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static Props CreateProps(EntityContext context) => Props.Create(() => new GrantsEntity(context));

    protected override void PreStart()
    {
        base.PreStart();
        Timers.StartPeriodicTimer(nameof(RecoverTick), RecoverTick.Instance, TimeSpan.Zero, RecoverInterval);
        Timers.StartPeriodicTimer(nameof(SweepTick), SweepTick.Instance, SweepInterval, SweepInterval);
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case GetGrants get:
                Hear(Sender, get.Known);
                // A node that knows more keeps what it has until this entity has taken it over.
                if (_isReady && !IsLater(get.Known))
                    Answer(get);
                break;
            case GetGrantsPart get when _isReady:
                Sender.Tell(_copies.Find(get.Version, get.Part) ?? _copies.FirstOf(_state));
                break;
            case GrantsCopyPart part when Sender.Equals(_source):
                Collect(part);
                break;
            case SetGrants or RemoveGrants when !_isReady:
                if (_early.Count < MaxEarly)
                    _early.Add((message, Sender));
                break;
            case SetGrants set:
                Set(set);
                break;
            case RemoveGrants remove:
                var removal = GrantsChange.Removing(remove.Network);
                Change(removal, remove.Id, _state.Lines.Count(removal.Removes), remove.WaitMs);
                break;
            case RecoverTick:
                OnRecoverTick();
                break;
            case SweepTick:
                RemoveExpired();
                break;
            case GetGrantsPart or GrantsCopyPart or Wake:
                break; // Too early, too late, or awake already.
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void Recover(StoredState stored)
    {
        _state = GrantsState.Of(stored);
        _hasRead = true;
        Self.Tell(RecoverTick.Instance);
    }

    // If another node held the entity meanwhile, what it stored was decided later than what this life began with.
    protected override void CompareWith(StoredState stored)
    {
        var other = GrantsState.Of(stored);
        if (IsLater(other.Version))
            Adopt(other);
    }

    protected override object EventOf(IReadOnlyList<GrantsChanged> changes) =>
        new GrantsStored(changes.Count == 0 ? _state.Version : changes[^1].After, [.. changes.Select(c => c.Change)]);

    protected override object Snapshot() => new GrantsSnapshot(_state.Version, [.. _state.Lines]);

    private void OnRecoverTick()
    {
        LookAfterSource();
        BeginIfAllIsHeard();
        if (!_isReady)
            _context.News.Tell(ReportGrants.Instance);
        else if (_source is null)
            Timers.Cancel(nameof(RecoverTick));
    }

    private void Hear(IActorRef node, GrantsVersion known)
    {
        if (node.Equals(_source))
            _sourceHeardAt = _context.Time.GetTimestamp();
        if (!_isReady)
        {
            _heard[node] = known;
            BeginIfAllIsHeard();
            return;
        }

        if (known.Life > _state.Version.Life)
            BeginLife(known.Life);
        if (_source is null && IsLater(known))
            Fetch(node, known);
    }

    private void Answer(GetGrants get)
    {
        if (get.Known.IsSameContent(_state.Version))
        {
            Sender.Tell(new GrantsUpToDate(_state.Version));
        }
        else if (_log.Since(get.Known) is { } missed)
        {
            foreach (var changed in missed)
                Sender.Tell(changed);
            Sender.Tell(new GrantsUpToDate(_state.Version));
        }
        else
        {
            Sender.Tell(_copies.FirstOf(_state));
        }
    }

    // A state that this life did not begin with, nor made itself.
    private bool IsLater(GrantsVersion version) =>
        version.CompareTo(_begunWith) > 0 && !_lives.Contains(version.Life) && !version.IsSameContent(_begunWith);

    private void BeginIfAllIsHeard()
    {
        if (_isReady || !_hasRead || _source is not null)
            return;
        if (_heard.Count < _context.CountNodes() && _context.Time.GetElapsedTime(_started) < NodesTimeout)
            return;
        var latest = _heard.Values.DefaultIfEmpty().Max();
        if (latest.CompareTo(_state.Version) > 0 && !latest.IsSameContent(_state.Version))
            Fetch(_heard.First(heard => heard.Value == latest).Key, latest);
        else
            Begin();
    }

    private void Begin()
    {
        _begunWith = _state.Version;
        _isReady = true;
        BeginLife(_heard.Values.Select(version => version.Life).DefaultIfEmpty().Max());
        _heard.Clear();
        foreach (var (message, asker) in _early)
            Self.Tell(message, asker);
        _early.Clear();
    }

    // Nodes hold the version of an earlier life for the same, if the content is.
    private void BeginLife(long above)
    {
        var life = Math.Max(NowMs, Math.Max(above, _state.Version.Life) + 1);
        _lives.Add(life);
        _state = _state.InLife(life);
        _context.News.Tell(new GrantsUpToDate(_state.Version));
    }

    private void Fetch(IActorRef node, GrantsVersion version)
    {
        _source = node;
        _sourceHeardAt = _context.Time.GetTimestamp();
        _assembly.Expect(version);
        node.Tell(_assembly.Wanted);
        Timers.StartPeriodicTimer(nameof(RecoverTick), RecoverTick.Instance, RecoverInterval, RecoverInterval);
    }

    private void Collect(GrantsCopyPart part)
    {
        _sourceHeardAt = _context.Time.GetTimestamp();
        if (!_assembly.TryAdd(part, out var whole))
            return;
        if (whole is null)
        {
            Sender.Tell(_assembly.Wanted);
            return;
        }

        _source = null;
        if (_isReady && IsLater(whole.Version))
        {
            Adopt(whole);
        }
        else if (!_isReady && whole.Version.CompareTo(_state.Version) > 0)
        {
            _state = whole;
            Begin();
            StoreAll();
        }
    }

    private void LookAfterSource()
    {
        if (_source is null)
            return;
        if (_assembly.TryAgain() is { } missing)
            _source.Tell(missing);
        if (_context.Time.GetElapsedTime(_sourceHeardAt) < LostNodeTimeout)
            return;
        _heard.Remove(_source);
        _source = null;
    }

    private void Adopt(GrantsState other)
    {
        if (!_log.IsWhole)
        {
            _lives.Add(other.Version.Life); // What this life changed could not be put on top: it stands.
            return;
        }

        var own = _log.Changes.Select(changed => changed.Change).ToList();
        _log.Clear();
        _begunWith = other.Version;
        _state = other.InLife(_state.Version.Life);
        BeginLife(other.Version.Life);
        foreach (var change in own)
            Apply(change);
        StoreAll();
    }

    private void Set(SetGrants set)
    {
        var lines = _state.Settable(set, NowMs, _context.MaxLife);
        if (_state.FaultOf(lines) is { } fault)
            Sender.Tell(new GrantsRecorded(set.Id, _state.Version, 0, true, fault));
        else
            Change(new GrantsChange(lines), set.Id, lines.Length, set.WaitMs);
    }

    private void Change(GrantsChange change, long id, int count, int waitMs)
    {
        if (count == 0)
        {
            Sender.Tell(new GrantsRecorded(id, _state.Version, 0, true, null));
            return;
        }

        var changed = Apply(change);
        AnswerOnceStored(
            Sender, Store(changed, now: true), isStored => new GrantsRecorded(id, changed.After, count, isStored, null),
            TimeSpan.FromMilliseconds(waitMs));
    }

    private GrantsChanged Apply(GrantsChange change)
    {
        var before = _state.Version;
        _state = _state.Apply(change);
        var changed = new GrantsChanged(before, _state.Version, change);
        _log.Add(changed);
        _context.News.Tell(changed);
        return changed;
    }

    private void RemoveExpired()
    {
        var (now, steadyFor) = _clock.Look();
        var removal = GrantsChange.RemovingExpired((now - KeptExpired).ToUnixTimeMilliseconds());
        if (steadyFor >= SteadyClock && _isReady && _state.Lines.Any(removal.Removes))
            Store(Apply(removal), now: true);
    }

    private sealed class RecoverTick
    {
        public static readonly RecoverTick Instance = new();
    }

    private sealed class SweepTick
    {
        public static readonly SweepTick Instance = new();
    }
}
