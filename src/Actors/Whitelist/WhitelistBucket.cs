using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Fleet;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>What all buckets of a node are given.</summary>
/// <param name="MaxEntries">Entries of one bucket.</param>
/// <param name="News">Takes each <see cref="NewsItem"/>, to tell all nodes.</param>
/// <param name="Lists">Takes each <see cref="LookUp"/> of a client that is not known, to ask its lists; nobody: each node asks by itself.</param>
/// <param name="Store">Tells when the store may be used; null: nothing is stored.</param>
/// <param name="Stored">What was read of the store before the entities started; null: each reads by itself.</param>
internal sealed record BucketContext(
    TimeProvider Time, FleetMeter Meter, IActorRef News, IActorRef Lists, TimeSpan MaxLife, int MaxEntries, StoreSignal? Store,
    StoredWhitelist? Stored = null);

/// <summary>
/// One of the 1,024 parts of the whitelist. Answers from memory at once, whatever its store does; has the lists of an unknown client asked
/// on its own node, so that the fleet asks each list once; hands what changes to its writer, behind the answer.
/// </summary>
/// <remarks>
/// A bucket that recovers knows less, and says Miss; only lists wait. The state's own sequence orders everything. Storing is
/// <see cref="StoredEntity{TChange}"/>'s part.
/// </remarks>
internal sealed class WhitelistBucket : StoredEntity<BucketChange>
{
    /// <summary>Makes it drop what is expired now, as it does once a minute.</summary>
    internal static readonly object SweepNow = SweepTick.Instance;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private const int MaxListings = 16;
    private static readonly TimeSpan ListingPatience = TimeSpan.FromSeconds(2);

    private readonly int _bucket;
    private readonly BucketContext _context;
    private readonly List<(IActorRef Asker, ListEntries List)> _listings = [];
    private readonly long _life;
    private BucketState _state;
    private int _counted;

    public WhitelistBucket(int bucket, BucketContext context)
        : base(bucket, context)
    {
        _bucket = bucket;
        _context = context;
        _state = NewState();
        _life = NowMs;
    }

    private long NowMs => _context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    // While it recovers the bucket does not know how many revocations there were.
    private Epoch Epoch => IsRecovered ? new Epoch(_life, _state.Revocation) : default;

    public static Props CreateProps(string entity, BucketContext context) =>
        Props.Create(() => new WhitelistBucket(int.Parse(entity.Substring("bucket-".Length), null), context));

    protected override void PreStart()
    {
        base.PreStart();
        _context.Meter.AddBucket(_bucket, 1);
        // Staggered, so that no minute has all of them at once.
        var first = SweepInterval * ((_bucket % 60) + 1) / 60;
        Timers.StartPeriodicTimer(nameof(SweepTick), SweepTick.Instance, first, SweepInterval);
    }

    protected override void PostStop()
    {
        base.PostStop();
        _context.Meter.AddBucket(_bucket, -1);
        _context.Meter.AddEntries(-_counted);
    }

    protected override void OnCommand(object message)
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
            case ListEntries list when !IsRecovered:
                Await(list);
                break;
            case ListEntries list:
                Answer(Sender, list);
                break;
            case ListingsDue:
                AnswerListings(isWhole: IsRecovered);
                break;
            case Wake:
                break; // It is awake.
            case SweepTick:
                _state.Sweep(NowMs);
                break;
            default:
                Unhandled(message);
                break;
        }

        CountEntries();
    }

    // What came meanwhile goes on top of what is stored.
    protected override void Recover(StoredState stored)
    {
        var state = Fold(stored);
        state.Absorb(_state);
        state.Sweep(NowMs);
        _state = state;
        AnswerListings(isWhole: true);
        CountEntries();
    }

    // If two nodes held this bucket, the other's revocations hold here too.
    protected override void CompareWith(StoredState stored)
    {
        foreach (var tombstone in Fold(stored).Tombstones.Where(t => t.Sequence > _state.Revocation))
            Store(new BucketChange(null, _state.Revoke(tombstone.Network, NowMs).Tombstone));
        CountEntries();
    }

    protected override object EventOf(IReadOnlyList<BucketChange> changes) => new BucketChanged(
        [.. changes.Select(c => c.Entry).OfType<StoredEntry>()], [.. changes.Select(c => c.Tombstone).OfType<Tombstone>()]);

    protected override object Snapshot() => _state.Snapshot(NowMs);

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
    private void AnswerListings(bool isWhole)
    {
        foreach (var (asker, list) in _listings.Where(l => isWhole || l.List.IsAboutOneClient))
            Answer(asker, list);
        _listings.Clear();
    }

    private void Take(Conclude conclude)
    {
        var key = new EntryKey(conclude.Client, conclude.Profile);
        if (_state.RecordPass(key, conclude.Pass, 0, IsRecovered ? conclude.Epoch.Revocation : 0, NowMs) is not { } recorded)
            return;
        Store(new BucketChange(recorded, null));
        _context.News.Tell(new PassNews(conclude.Client, conclude.Profile, conclude.Pass, _bucket, Epoch));
    }

    // postscreen's times of a client have changed; null: they have not.
    private void Take(StoredEntry? timed)
    {
        if (timed is null)
            return;
        Store(new BucketChange(timed, null));
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
            number = Store(new BucketChange(null, tombstone));
            count += taken;
        }

        _context.News.Tell(new RevocationNews(revoke.Networks, _bucket, before, Epoch));
        AnswerOnceStored(
            Sender, number, durable => new Revoked(revoke.Id, _bucket, count, durable), TimeSpan.FromMilliseconds(revoke.WaitMs));
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
                    Store(new BucketChange(entry, null));
            }

            if (recorded is not null)
                _context.News.Tell(new PassNews(line.Client, line.Profile, line.Pass!, _bucket, Epoch));
            if (timed is not null)
                _context.News.Tell(NewsOf(timed));
            count += recorded is not null || timed is not null ? 1 : 0;
        }

        Sender.Tell(new EntriesImported(import.Id, _bucket, count));
    }

    private BucketState Fold(StoredState stored)
    {
        var state = NewState();
        if (stored.Snapshot is BucketSnapshot snapshot)
            state.Apply(snapshot);
        foreach (var changed in stored.Events.OfType<BucketChanged>())
            state.Apply(changed);
        return state;
    }

    private void CountEntries()
    {
        _context.Meter.AddEntries(_state.Count - _counted);
        _counted = _state.Count;
    }

    private BucketState NewState() => new(_context.MaxLife, _context.MaxEntries);

    private sealed class SweepTick
    {
        public static readonly SweepTick Instance = new();
    }

    private sealed class ListingsDue
    {
        public static readonly ListingsDue Instance = new();
    }
}
