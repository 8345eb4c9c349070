using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>What all buckets of a node are given.</summary>
/// <param name="MaxEntries">Entries of one bucket.</param>
/// <param name="News">Takes each <see cref="NewsItem"/>, to tell all nodes.</param>
/// <param name="Lists">Takes each <see cref="LookUp"/> of a client that is not known, to ask its lists; nobody: each node asks by
/// itself.</param>
/// <param name="Store">Tells when the store may be used; null: nothing is stored.</param>
/// <param name="Stored">What was read of the store before the entities started; null: each reads by itself.</param>
internal sealed record EntityContext(
    TimeProvider Time, WhitelistMeter Meter, IActorRef News, IActorRef Lists, TimeSpan MaxLife, int MaxEntries, StoreSignal? Store,
    StoredWhitelist? Stored = null)
{
    /// <summary>What entries of this node share.</summary>
    public PassOrigins Origins { get; } = new();

    /// <summary>How many nodes there are, or should be.</summary>
    public Func<int> CountNodes { get; init; } = static () => 1;
}

/// <summary>
/// One of the 1,024 parts of the whitelist. Answers from memory at once, whatever its store does; has the lists of an unknown client asked
/// on its own node, so that the fleet asks each list once; hands what changes to its writer, behind the answer.
/// </summary>
/// <remarks>
/// A bucket that recovers knows less: it answers with a miss, and only lists wait. It tells no epoch until it has recovered or revoked
/// something itself, for nodes may know of more revocations than it does. The state's own sequence orders everything; storing is
/// <see cref="StoredEntity{TChange}"/>'s part.
/// </remarks>
internal sealed class WhitelistBucket : StoredEntity<BucketChanged>
{
    /// <summary>Makes it drop what is expired now, as it does once a minute.</summary>
    internal static readonly object SweepNow = SweepTick.Instance;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private const int MaxListings = 16;
    private static readonly TimeSpan ListingTimeout = TimeSpan.FromSeconds(2);

    private readonly int _bucket;
    private readonly EntityContext _context;
    private readonly List<(IActorRef Asker, ListEntries List)> _listings = [];
    private BucketState _state;
    private int _counted;

    public WhitelistBucket(int bucket, EntityContext context)
        : base(bucket, context)
    {
        _bucket = bucket;
        _context = context;
        _state = NewState();
        _state.BeginLife(NowMs);
    }

    private long NowMs => _context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private Epoch Epoch => IsRecovered || _state.Epoch.Revocation > 0 ? _state.Epoch : default;

    // A call inside the expression would be compiled anew for each of a thousand buckets, at a millisecond each.
    public static Props CreateProps(string entity, EntityContext context)
    {
        var bucket = int.Parse(entity.AsSpan("bucket-".Length), CultureInfo.InvariantCulture);
        return Props.Create(() => new WhitelistBucket(bucket, context));
    }

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
                Record(conclude);
                break;
            case GetTimes get:
                Answer(get);
                break;
            case RecordTimes record:
                Publish(_state.RecordTimes(record.Client, record.Times, NowMs, record.By));
                Sender.Tell(new TimesFound(record.Id, _state.FindTimes(record.Client, NowMs), Epoch));
                break;
            case ForgetTimes forget:
                Publish(_state.ForgetTimes(forget.Client));
                Sender.Tell(new TimesFound(forget.Id, default, Epoch));
                break;
            case Revoke revoke:
                Revoke(revoke);
                break;
            case ImportEntries import:
                Import(import);
                break;
            case ListEntries list:
                Answer(list);
                break;
            case CountInside count:
                Answer(count);
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

    // What came meanwhile is applied on top of what is stored. Passes that should have been refused were sent to all nodes.
    protected override void Recover(StoredState stored)
    {
        var state = NewState();
        if (stored.Snapshot is BucketSnapshot snapshot)
            state.Apply(snapshot);
        foreach (var changed in stored.Events.OfType<BucketChanged>())
            state.Apply(changed);
        var refused = state.Absorb(_state);
        state.Sweep(NowMs);
        _state = state;
        if (!refused.IsEmpty)
            Revoke(refused);
        AnswerListings(isWhole: true);
        CountEntries();
    }

    // If two nodes held this bucket, the other one's revocations hold here too, as if they were made now.
    protected override void CompareWith(StoredState stored)
    {
        var snapshot = stored.Snapshot as BucketSnapshot;
        var changes = stored.Events.OfType<BucketChanged>().ToList();
        var unknown = _state.UnknownAmong(changes.SelectMany(c => c.Tombstones).Concat(snapshot?.Tombstones ?? []), NowMs).ToList();
        if (unknown.Count > 0)
            Revoke([.. unknown.Select(t => t.Network)]);
        CountEntries();
    }

    protected override object EventOf(IReadOnlyList<BucketChanged> changes) => new BucketChanged(
        [.. changes.SelectMany(c => c.Entries)], [.. changes.SelectMany(c => c.Tombstones)], [.. changes.SelectMany(c => c.Forgotten)]);

    protected override object Snapshot() => _state.Snapshot(NowMs);

    private void Answer(LookUp lookUp)
    {
        // This bucket lost its memory, or a clock went back: nodes would take what it tells for old.
        if (lookUp.Known > _state.Epoch)
            _state.BeginLife(Math.Max(NowMs, lookUp.Known.Life + 1));
        if (_state.FindPass(new EntryKey(lookUp.Client, lookUp.Profile), lookUp.Fingerprint, NowMs) is { } pass)
        {
            Sender.Tell(new LookUpHit(lookUp.Id, pass, Epoch));
            return;
        }

        var asks = !lookUp.Lists.IsEmpty && !_context.Lists.IsNobody();
        Sender.Tell(new LookUpMiss(lookUp.Id, Epoch, asks));
        if (asks)
            _context.Lists.Forward(lookUp);
    }

    private void Answer(GetTimes get)
    {
        var pass = get.Profile.Length > 0 ? _state.FindPass(new EntryKey(get.Client, get.Profile), get.Fingerprint, NowMs) : null;
        Sender.Tell(new TimesFound(get.Id, _state.FindTimes(get.Client, NowMs), Epoch, pass));
    }

    // Until it has recovered a count would be too small; the asker asks again.
    private void Answer(CountInside count)
    {
        if (IsRecovered)
            Sender.Tell(new EntriesCounted(count.Id, _bucket, _state.CountInside(count.Network, NowMs)));
    }

    private void Answer(ListEntries list)
    {
        if (IsRecovered)
            Answer(Sender, list);
        else
            Await(list);
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
            Timers.StartSingleTimer(nameof(ListingsDue), ListingsDue.Instance, ListingTimeout);
    }

    // While the store is away one client is answered with what is known of it. A list of many would not be whole, and is not answered.
    private void AnswerListings(bool isWhole)
    {
        foreach (var (asker, list) in _listings.Where(l => isWhole || l.List.IsAboutOneClient))
            Answer(asker, list);
        _listings.Clear();
    }

    private void Record(Conclude conclude)
    {
        // Nodes tell their latest passes again when a member is gone. A second is what rounding makes of the time that is left.
        var key = new EntryKey(conclude.Client, conclude.Profile);
        if (_state.FindPass(key, conclude.Pass.Fingerprint, NowMs) is { } known && known.TtlSeconds + 1 >= conclude.Pass.TtlSeconds)
            return;
        if (_state.RecordPass(key, conclude.Pass, conclude.Epoch, conclude.AgeMs, NowMs) is { } recorded)
            Publish(recorded, conclude.Pass);
    }

    // A pass of the entry is new.
    private void Publish(StoredEntry recorded, Pass pass)
    {
        Store(BucketChanged.Of(recorded));
        var kept = _state.FindPass(new EntryKey(recorded.Client, recorded.Profile), pass.Fingerprint, NowMs) ?? pass;
        _context.News.Tell(new PassNews(recorded.Client, recorded.Profile, kept, _bucket, Epoch));
    }

    // postscreen's times of a client have changed; null: they have not.
    private void Publish(StoredEntry? timed)
    {
        if (timed is null)
            return;
        Store(BucketChanged.Of(timed));
        _context.News.Tell(new TimesNews(timed.Client, timed.Times, _bucket, Epoch));
    }

    private void Revoke(Revoke revoke)
    {
        var (number, count) = Revoke(revoke.Networks);
        AnswerOnceStored(
            Sender, number, durable => new Revoked(revoke.Id, _bucket, count, durable), TimeSpan.FromMilliseconds(revoke.WaitMs));
    }

    private (long Number, int Count) Revoke(ImmutableArray<Network> networks)
    {
        var before = _state.Epoch.Revocation;
        var (changed, count) = _state.Revoke(networks, NowMs);
        _context.News.Tell(new RevocationNews(networks, _bucket, before, Epoch));
        return (Store(changed, now: true), count);
    }

    private void Import(ImportEntries import)
    {
        var count = 0;
        foreach (var line in import.Entries)
        {
            var key = new EntryKey(line.Client, line.Profile);
            var recorded = line.Pass is null ? null : _state.ImportPass(key, line.Pass, line.AgeSeconds, NowMs);
            if (recorded is not null)
                Publish(recorded, line.Pass!);
            var timed = line.Times.IsEmpty ? null : _state.ImportTimes(line.Client, line.Times, line.AgeSeconds, NowMs, line.TimesBy);
            Publish(timed);
            count += recorded is not null || timed is not null ? 1 : 0;
        }

        Sender.Tell(new EntriesImported(import.Id, _bucket, count));
    }

    private void CountEntries()
    {
        _context.Meter.AddEntries(_state.Count - _counted);
        _counted = _state.Count;
    }

    private BucketState NewState() => new(_context.MaxLife, _context.MaxEntries, _context.Origins);

    private sealed class SweepTick
    {
        public static readonly SweepTick Instance = new();
    }

    private sealed class ListingsDue
    {
        public static readonly ListingsDue Instance = new();
    }
}
