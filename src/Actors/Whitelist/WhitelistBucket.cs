using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Fleet;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>What all buckets of a node are given.</summary>
/// <param name="MaxEntries">Entries of one bucket.</param>
/// <param name="News">Takes each <see cref="NewsItem"/>, to tell all nodes.</param>
/// <param name="Lists">Takes each <see cref="LookUp"/> of a client that is not known, to ask its lists; nobody: each node asks by itself.</param>
/// <param name="Persists">There is a store.</param>
/// <param name="StoreReady">Ends when the store may be used.</param>
internal sealed record BucketContext(
    TimeProvider Time, FleetMeter Meter, IActorRef News, IActorRef Lists, TimeSpan MaxLife, int MaxEntries, bool Persists, Task StoreReady);

/// <summary>
/// One of the 1,024 parts of the whitelist. Answers from memory at once, whatever its store does; has the lists of an unknown client asked
/// on its own node, so that the fleet asks each list once; hands what changes to its writer, behind the answer.
/// </summary>
/// <remarks>
/// <code>
///   Recovering ── WriterReady ──► Recovered          both answer; a bucket that recovers knows less, and says Miss; only lists wait
///        └────────── HandOver ──────────┴──► Leaving ── all stored, or too late ──► stopped
/// </code>
/// The state's own sequence orders everything. Storing is <see cref="BucketStorage"/>'s part.
/// </remarks>
internal sealed class WhitelistBucket : UntypedActor, IWithTimers
{
    /// <summary>Makes it drop what is expired now, as it does once a minute.</summary>
    internal static readonly object SweepNow = SweepTick.Instance;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private const int MaxListings = 16;
    private static readonly TimeSpan ListingPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeavingLimit = TimeSpan.FromSeconds(3);

    private readonly int _bucket;
    private readonly BucketContext _context;
    private readonly BucketStorage _storage;
    private readonly List<WaitingRevocation> _waiting = [];
    private readonly List<(IActorRef Asker, ListEntries List)> _listings = [];
    private readonly long _life;
    private BucketState _state;
    private int _counted;
    private bool _recovered;

    public WhitelistBucket(int bucket, BucketContext context)
    {
        _bucket = bucket;
        _context = context;
        _storage = new BucketStorage(context.Meter, context.Persists, bucket);
        _state = NewState();
        _life = NowMs;
        _recovered = !context.Persists;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private long NowMs => _context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    // While it recovers the bucket does not know how many revocations there were.
    private Epoch Epoch => _recovered ? new Epoch(_life, _state.Revocation) : default;

    public static Props CreateProps(string entity, BucketContext context) =>
        Props.Create(() => new WhitelistBucket(int.Parse(entity.Substring("bucket-".Length), null), context));

    protected override void PreStart()
    {
        _context.Meter.AddBucket(_bucket, 1);
        if (!_recovered)
        {
            _context.Meter.AddRecovering(1);
            _context.StoreReady.PipeTo(Self, success: () => StoreReady.Instance);
        }

        // Staggered, so that no minute has all of them at once.
        var first = SweepInterval * ((_bucket % 60) + 1) / 60;
        Timers.StartPeriodicTimer(nameof(SweepTick), SweepTick.Instance, first, SweepInterval);
    }

    protected override void PostStop()
    {
        _storage.GiveUp();
        _context.Meter.AddBucket(_bucket, -1);
        _context.Meter.AddEntries(-_counted);
        if (!_recovered)
            _context.Meter.AddRecovering(-1);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LookUp lookUp:
                Answer(lookUp);
                break;
            case Conclude conclude:
                Take(conclude);
                break;
            case GetTimes get:
                var pass = get.Profile.Length > 0 ? _state.FindPass(new EntryKey(get.Client, get.Profile), get.Policy, NowMs) : null;
                Sender.Tell(new TimesFound(get.Id, _state.FindTimes(get.Client, NowMs), Epoch, pass));
                break;
            case RecordTimes record:
                Take(_state.RecordTimes(record.Client, record.Times, NowMs));
                Sender.Tell(new TimesFound(record.Id, _state.FindTimes(record.Client, NowMs), Epoch));
                break;
            case ForgetTimes forget:
                Take(_state.ForgetTimes(forget.Client));
                Sender.Tell(new TimesFound(forget.Id, default, Epoch));
                break;
            case Revoke revoke:
                Take(revoke);
                break;
            case ImportEntries import:
                Take(import);
                break;
            case ListEntries list when !_recovered:
                Await(list);
                break;
            case ListEntries list:
                Answer(Sender, list);
                break;
            case ListingsDue:
                AnswerListings();
                break;
            case HandOver:
                Timers.StartSingleTimer(nameof(LeaveNow), LeaveNow.Instance, LeavingLimit);
                _storage.Hurry();
                Become(Leaving);
                StopOnceStored();
                break;
            case Wake:
                break; // It is awake.
            default:
                OnStorage(message);
                break;
        }

        CountEntries();
    }

    // The shard has stopped to send us anything; what comes now is the store's.
    private void Leaving(object message)
    {
        if (message is LeaveNow)
            Context.Stop(Self);
        else
            OnStorage(message);
        StopOnceStored();
    }

    private void StopOnceStored()
    {
        if (!_storage.IsBehind)
            Context.Stop(Self);
    }

    private void OnStorage(object message)
    {
        switch (message)
        {
            case StoreReady:
                Context.ActorOf(BucketWriter.CreateProps(WhitelistLayout.EntityOf(_bucket), Self), "store");
                break;
            case WriterReady ready:
                Context.WatchWith(ready.Writer, WriterLost.Instance);
                Recover(ready);
                _storage.Open(ready.Writer);
                break;
            case WriterLost:
                _storage.Close();
                break;
            case EventStored:
                _storage.EventStored();
                AnswerRevocations();
                break;
            case SnapshotStored stored:
                _storage.SnapshotStored(stored.Error is null);
                AnswerRevocations();
                break;
            case FlushTick:
                break;
            case RevocationDue due:
                AnswerRevocations(due.Waiting);
                break;
            case SweepTick:
                _state.Sweep(NowMs);
                break;
            default:
                Unhandled(message);
                return;
        }

        Flush(now: message is not EventStored);
    }

    private void Answer(LookUp lookUp)
    {
        var key = new EntryKey(lookUp.Client, lookUp.Profile);
        if (_state.FindPass(key, lookUp.Policy, NowMs) is { } pass)
        {
            Sender.Tell(new LookUpHit(lookUp.Id, pass, Epoch));
            return;
        }

        var asks = !lookUp.Lists.IsEmpty && !_context.Lists.IsNobody();
        Sender.Tell(new LookUpMiss(lookUp.Id, Epoch, asks));
        if (asks)
            _context.Lists.Forward(lookUp);
    }

    private void Answer(IActorRef asker, ListEntries list)
    {
        var (lines, more) = _state.List(list.Within, list.After, list.Limit, NowMs);
        asker.Tell(new EntriesListed(list.Id, _bucket, lines, more));
    }

    // Lists wait for what is stored.
    private void Await(ListEntries list)
    {
        if (_listings.Count == MaxListings)
            return; // The asker asks again.
        _listings.Add((Sender, list));
        if (!Timers.IsTimerActive(nameof(ListingsDue)))
            Timers.StartSingleTimer(nameof(ListingsDue), ListingsDue.Instance, ListingPatience);
    }

    // While the store is away one client is answered with what is known of it. A list of many would not be whole, and is not answered.
    private void AnswerListings()
    {
        foreach (var (asker, list) in _listings.Where(l => _recovered || l.List.IsAboutOneClient))
            Answer(asker, list);
        _listings.Clear();
    }

    private void Take(Conclude conclude)
    {
        var key = new EntryKey(conclude.Client, conclude.Profile);
        if (_state.RecordPass(key, conclude.Pass, 0, _recovered ? conclude.Epoch.Revocation : 0, NowMs) is not { } recorded)
            return;
        Store(recorded);
        _context.News.Tell(new PassNews(conclude.Client, conclude.Profile, conclude.Pass, _bucket, Epoch));
    }

    // postscreen's times of a client have changed; null: they have not.
    private void Take(StoredEntry? timed)
    {
        if (timed is null)
            return;
        Store(timed);
        _context.News.Tell(NewsOf(timed));
    }

    private TimesNews NewsOf(StoredEntry timed) => new(timed.Client, timed.Times, _bucket, Epoch);

    private void Take(Revoke revoke)
    {
        var before = _state.Revocation;
        var (count, number) = (0, 0L);
        foreach (var network in revoke.Networks)
        {
            var (tombstone, taken) = _state.Revoke(network, NowMs);
            number = _storage.Add(tombstone);
            count += taken;
        }

        _context.News.Tell(new RevocationNews(revoke.Networks, _bucket, before, Epoch));
        var waiting = new WaitingRevocation(Sender, new Revoked(revoke.Id, _bucket, count, false), number);
        _waiting.Add(waiting);
        Timers.StartSingleTimer(waiting, new RevocationDue(waiting), TimeSpan.FromMilliseconds(revoke.WaitMs));
        Flush(now: true);
        AnswerRevocations();
    }

    // Those that are stored by now, and one that can not wait any longer.
    private void AnswerRevocations(WaitingRevocation? due = null)
    {
        foreach (var waiting in _waiting.Where(w => w == due || _storage.IsStored(w.Number)).ToList())
        {
            waiting.Asker.Tell(waiting.Answer with { Durable = _storage.IsStored(waiting.Number) });
            Timers.Cancel(waiting);
            _waiting.Remove(waiting);
        }
    }

    private void Take(ImportEntries import)
    {
        var count = 0;
        foreach (var line in import.Entries)
        {
            var key = new EntryKey(line.Client, line.Profile);
            var isNew = line.Pass is { } pass && (_state.FindPass(key, "", NowMs)?.TtlSeconds ?? 0) < pass.TtlSeconds;
            var recorded = isNew ? _state.RecordPass(key, line.Pass!, line.AgeSeconds, long.MaxValue, NowMs) : null;
            var timed = line.Times.IsEmpty ? null : _state.RecordTimes(line.Client, line.Times, NowMs);
            foreach (var entry in new[] { recorded, timed })
            {
                if (entry is not null)
                    _storage.Add(entry);
            }

            if (recorded is not null)
                _context.News.Tell(new PassNews(line.Client, line.Profile, line.Pass!, _bucket, Epoch));
            if (timed is not null)
                _context.News.Tell(NewsOf(timed));
            count += recorded is not null || timed is not null ? 1 : 0;
        }

        Flush(now: true);
        Sender.Tell(new EntriesImported(import.Id, _bucket, count));
    }

    private void Store(StoredEntry entry)
    {
        _storage.Add(entry);
        Flush(now: false);
    }

    private void Flush(bool now)
    {
        if (_storage.Flush(now, () => _state.Snapshot(NowMs)) is { } wait)
        {
            if (!Timers.IsTimerActive(nameof(FlushTick)))
                Timers.StartSingleTimer(nameof(FlushTick), FlushTick.Instance, wait);
        }
    }

    // What came meanwhile goes on top of what is stored. A writer that was only restarted has nothing that is not known already, unless
    // two nodes held this bucket: then the other's revocations hold here too.
    private void Recover(WriterReady ready)
    {
        var stored = NewState();
        if (ready.Snapshot is BucketSnapshot snapshot)
            stored.Apply(snapshot);
        foreach (var changed in ready.Events.OfType<BucketChanged>())
            stored.Apply(changed);
        if (_recovered)
        {
            foreach (var tombstone in stored.Tombstones.Where(t => t.Sequence > _state.Revocation))
                _storage.Add(_state.Revoke(tombstone.Network, NowMs).Tombstone);
            return;
        }

        stored.Absorb(_state);
        stored.Sweep(NowMs);
        _state = stored;
        _recovered = true;
        _context.Meter.AddRecovering(-1);
        _storage.Renumber();
        AnswerListings();
        CountEntries();
    }

    private void CountEntries()
    {
        _context.Meter.AddEntries(_state.Count - _counted);
        _counted = _state.Count;
    }

    private BucketState NewState() => new(_context.MaxLife, _context.MaxEntries);

    private sealed record WaitingRevocation(IActorRef Asker, Revoked Answer, long Number);

    private sealed record RevocationDue(WaitingRevocation Waiting);

    private sealed class FlushTick
    {
        public static readonly FlushTick Instance = new();
    }

    private sealed class SweepTick
    {
        public static readonly SweepTick Instance = new();
    }

    private sealed class ListingsDue
    {
        public static readonly ListingsDue Instance = new();
    }

    private sealed class WriterLost
    {
        public static readonly WriterLost Instance = new();
    }

    private sealed class LeaveNow
    {
        public static readonly LeaveNow Instance = new();
    }
}
