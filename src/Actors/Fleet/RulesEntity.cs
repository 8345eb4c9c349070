using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// The one entity that holds all grants and bans, and numbers their changes. Each change is journaled before it is acknowledged, unless the
/// store takes too long: then it holds all the same, and is stored as soon as that can be. Every node has a copy of all of it.
/// </summary>
/// <remarks>
/// When its home is lost and its store does not help, it comes up with less than the nodes know. It sees that from the version that they
/// ask with, takes over the copy of the highest version, and puts the changes of its own life on top.
/// </remarks>
internal sealed class RulesEntity : UntypedActor, IWithTimers
{
    /// <summary>Rules for networks larger than a bucket's neighbourhood (/24, /64): each node searches them for each client.</summary>
    public const int MaxNetworks = 10_000;

    /// <summary>Rules in all.</summary>
    public const int MaxRules = 100_000;

    private const int ChangesPerSnapshot = 50;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    private readonly BucketContext _context;
    private readonly List<RulesEvent> _ownChanges = [];
    private readonly List<Waiting> _waiting = [];
    private ImmutableDictionary<(Network Network, RuleKind Kind), Rule> _rules = ImmutableDictionary<(Network, RuleKind), Rule>.Empty;
    private long _version;
    private long _storedVersion;
    private long _sentVersion;
    private long _lastWaiting;
    private int _changesSinceSnapshot;
    private bool _recovered;
    private bool _isSending;
    private IActorRef? _writer;

    public RulesEntity(BucketContext context)
    {
        _context = context;
        _recovered = context.Store is null;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private bool Persists => _context.Store is not null;

    public static Props CreateProps(BucketContext context) => Props.Create(() => new RulesEntity(context));

    protected override void PreStart()
    {
        _context.Store?.Subscribe(Self);
        Timers.StartPeriodicTimer(nameof(Sweep), Sweep.Instance, SweepInterval);
    }

    protected override void PostStop()
    {
        _context.Store?.Unsubscribe(Self);
        if (Persists)
            _context.Meter.AddQueued(_storedVersion - _version);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SetRules set when Fault(set) is { } fault:
                Sender.Tell(new RulesChanged(set.Id, _version, 0, true, fault));
                break;
            case SetRules set:
                Change([.. set.Rules.Select(Capped)], [], set.Id, set.Rules.Length, set.WaitMs);
                break;
            case RemoveRules remove:
                var inside = _rules.Keys.Where(k => remove.Network.Contains(k.Network)).Select(k => new RemovedRule(k.Network, k.Kind));
                ImmutableArray<RemovedRule> removed = [.. inside];
                Change([], removed, remove.Id, removed.Length, remove.WaitMs);
                break;
            case GetRules get when get.Version > _version:
                Sender.Tell(new RulesWanted(_version));
                break;
            case GetRules get:
                Sender.Tell(new RulesCopy(_version, get.Version == _version ? null : [.. _rules.Values]));
                break;
            case OfferRules offer:
                Adopt(offer.Version, offer.Rules);
                break;
            case StoreReady when Context.Child("store").IsNobody():
                Context.ActorOf(EntityWriter.CreateProps(WhitelistLayout.EntityOf(WhitelistLayout.Rules), Self), "store");
                break;
            case StoreReady:
                break;
            case WriterReady ready:
                Context.WatchWith(ready.Writer, WriterLost.Instance);
                _writer = ready.Writer;
                _isSending = false;
                Recover(ready);
                StoreNext();
                break;
            case WriterLost:
                _writer = null;
                break;
            case SnapshotStored stored:
                _isSending = false;
                if (stored.Error is null)
                    Stored();
                else
                    Timers.StartSingleTimer(nameof(StoreAgain), StoreAgain.Instance, TimeSpan.FromSeconds(2));
                break;
            case EventStored:
                _isSending = false;
                Stored();
                break;
            case StoreAgain:
                StoreNext();
                break;
            case WaitOver over:
                AnswerWaiting(over.Number);
                break;
            case Sweep:
                SweepExpired();
                break;
            case HandOver:
                Context.Stop(Self); // What is acknowledged as durable is stored; all else the nodes' copies have.
                break;
            case Wake:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private string? Fault(SetRules set)
    {
        var fresh = set.Rules.Where(r => !_rules.ContainsKey((r.Network, r.Kind))).ToList();
        if (_rules.Count + fresh.Count > MaxRules)
            return $"there are {_rules.Count} grants and bans; no more than {MaxRules} are kept";
        var large = _rules.Keys.Count(k => IsLarge(k.Network));
        return large + fresh.Count(r => IsLarge(r.Network)) > MaxNetworks && fresh.Exists(r => IsLarge(r.Network))
            ? $"there are {large} grants and bans of networks larger than /24 or /64; no more than {MaxNetworks} are kept"
            : null;
    }

    private static bool IsLarge(Network network) => !WhitelistLayout.TryBucketOf(network, out _);

    private Rule Capped(Rule rule)
    {
        var latest = _context.Time.GetUtcNow().ToUnixTimeMilliseconds() + (long)_context.MaxLife.TotalMilliseconds;
        return rule.ExpiresMs > latest ? rule with { ExpiresMs = latest } : rule;
    }

    private void Change(ImmutableArray<Rule> set, ImmutableArray<RemovedRule> removed, long id, int count, int waitMs)
    {
        if (set.IsEmpty && removed.IsEmpty)
        {
            Sender.Tell(new RulesChanged(id, _version, 0, true, null));
            return;
        }

        Apply(set, removed);
        var number = ++_lastWaiting;
        _waiting.Add(new Waiting(number, Sender, new RulesChanged(id, _version, count, false, null)));
        Timers.StartSingleTimer(number, new WaitOver(number), TimeSpan.FromMilliseconds(waitMs));
        StoreNext();
        if (!Persists)
            Stored();
    }

    private void Apply(ImmutableArray<Rule> set, ImmutableArray<RemovedRule> removed)
    {
        var news = new RuleNews(_version, _version + 1, set, removed);
        _version++;
        _rules = news.ApplyTo(_rules);
        _ownChanges.Add(new RulesEvent(_version, set, removed));
        if (Persists)
            _context.Meter.AddQueued(1);
        _context.News.Tell(news);
    }

    // One write at a time: the whole set now and then, else the changes since the last write as one event.
    private void StoreNext()
    {
        if (_writer is null || _isSending || _storedVersion >= _version)
            return;
        _isSending = true;
        _sentVersion = _version;
        var change = Since(_storedVersion);
        if (change is null || ++_changesSinceSnapshot >= ChangesPerSnapshot)
        {
            _changesSinceSnapshot = 0;
            _writer.Tell(new StoreSnapshot(_sentVersion, new RulesEvent(_version, [], []), new RulesSnapshot(_version, [.. _rules.Values])));
        }
        else
        {
            _writer.Tell(new StoreEvent(_sentVersion, change));
        }
    }

    private RulesEvent? Since(long version)
    {
        var changes = _ownChanges.Where(c => c.Version > version).ToList();
        if (changes.Count != _version - version)
            return null; // Some came from a copy.
        var (set, removed) = (new Dictionary<(Network, RuleKind), Rule>(), new HashSet<RemovedRule>());
        foreach (var change in changes)
        {
            foreach (var rule in change.Removed)
            {
                set.Remove((rule.Network, rule.Kind));
                removed.Add(rule);
            }

            foreach (var rule in change.Set)
            {
                set[(rule.Network, rule.Kind)] = rule;
                removed.Remove(new RemovedRule(rule.Network, rule.Kind));
            }
        }

        return new RulesEvent(_version, [.. set.Values], [.. removed]);
    }

    private void Stored()
    {
        if (Persists)
        {
            var changes = Math.Min(_sentVersion, _version) - _storedVersion;
            _context.Meter.AddQueued(-changes);
            _context.Meter.AddJournaled(changes);
            _storedVersion = _sentVersion;
        }
        else
        {
            _storedVersion = _version;
        }

        // Without a store its own changes are all there is to put on top of a copy.
        if (Persists)
            _ownChanges.RemoveAll(c => c.Version <= _storedVersion);
        else if (_ownChanges.Count > ChangesPerSnapshot)
            _ownChanges.RemoveAt(0);
        AnswerWaiting();
        StoreNext();
    }

    // Those whose change is stored by now, and one that can not wait any longer.
    private void AnswerWaiting(long due = 0)
    {
        foreach (var waiting in _waiting.Where(w => w.Number == due || w.Answer.Version <= _storedVersion).ToList())
        {
            waiting.Asker.Tell(waiting.Answer with { Durable = waiting.Answer.Version <= _storedVersion });
            Timers.Cancel(waiting.Number);
            _waiting.Remove(waiting);
        }
    }

    private void Recover(WriterReady ready)
    {
        if (_recovered)
            return;
        _recovered = true;
        var (version, rules) = (0L, ImmutableDictionary<(Network Network, RuleKind Kind), Rule>.Empty);
        if (ready.Stored.Snapshot is RulesSnapshot snapshot)
            (version, rules) = (snapshot.Version, snapshot.Rules.ToImmutableDictionary(r => (r.Network, r.Kind)));
        foreach (var change in ready.Stored.Events.OfType<RulesEvent>())
            (version, rules) = (Math.Max(version, change.Version), new RuleNews(0, change.Version, change.Set, change.Removed).ApplyTo(rules));
        if (version > _version - _ownChanges.Count)
            TakeOver(version, rules, storedVersion: version);
    }

    private void Adopt(long version, ImmutableArray<Rule> rules)
    {
        if (version > _version)
            TakeOver(version, rules.ToImmutableDictionary(r => (r.Network, r.Kind)), _storedVersion);
        StoreNext();
    }

    // The changes of this life go on top, each with a number of its own, and are told again.
    private void TakeOver(long version, ImmutableDictionary<(Network Network, RuleKind Kind), Rule> rules, long storedVersion)
    {
        var own = _ownChanges.ToList();
        _ownChanges.Clear();
        if (Persists)
            _context.Meter.AddQueued(-(_version - _storedVersion));
        var shift = version - (_version - own.Count);
        (_version, _rules, _storedVersion) = (version, rules, storedVersion);
        if (Persists)
            _context.Meter.AddQueued(_version - _storedVersion);
        for (var i = 0; i < _waiting.Count; i++)
            _waiting[i] = _waiting[i] with { Answer = _waiting[i].Answer with { Version = _waiting[i].Answer.Version + shift } };
        foreach (var change in own)
            Apply(change.Set, change.Removed);
    }

    private void SweepExpired()
    {
        var now = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        ImmutableArray<RemovedRule> expired = [.. _rules.Values.Where(r => r.ExpiresMs <= now).Select(r => new RemovedRule(r.Network, r.Kind))];
        if (expired.IsEmpty)
            return;
        Apply([], expired);
        StoreNext();
        if (!Persists)
            Stored();
    }

    private sealed record Waiting(long Number, IActorRef Asker, RulesChanged Answer);

    private sealed record WaitOver(long Number);

    private sealed class WriterLost
    {
        public static readonly WriterLost Instance = new();
    }

    private sealed class StoreAgain
    {
        public static readonly StoreAgain Instance = new();
    }

    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();
    }
}
