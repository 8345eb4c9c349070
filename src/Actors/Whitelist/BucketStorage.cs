using Akka.Actor;
using Screening.Actors.Fleet;

namespace Screening.Actors.Whitelist;

/// <summary>
/// What of a bucket is still to be stored. Changes go to the writer in batches, one on the way at a time; now and then a snapshot replaces
/// what was written. While the writer is away the changes wait; when too many wait they are let go and a snapshot is owed instead, for the
/// bucket has them all in memory. Only when the bucket itself ends are changes lost, and counted. For one thread.
/// </summary>
internal sealed class BucketStorage(FleetMeter meter, bool persists, int bucket)
{
    /// <summary>Changes that are worth a write at once.</summary>
    public const int BatchSize = 64;

    /// <summary>Changes in one write at most.</summary>
    public const int MaxBatchSize = 1024;

    /// <summary>Changes that wait one by one; beyond it a snapshot is owed.</summary>
    public const int MaxWaiting = 1024;

    /// <summary>Writes between two snapshots.</summary>
    public const int WritesPerSnapshot = 50;

    private static readonly BucketChanged NoChange = new([], []);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SnapshotRetry = TimeSpan.FromSeconds(5);

    private readonly Queue<(object Change, long Number)> _waiting = new();
    private IActorRef? _writer;
    private long _lastNumber;
    private long _storedNumber;
    private long _sentNumber;
    private Sent _sent;
    private bool _owesSnapshot;
    private bool _isHurried;
    private bool _snapshotFailed;

    // Staggered, so that not all buckets of a busy node write theirs at once.
    private int _writes = bucket % WritesPerSnapshot;

    private enum Sent
    {
        Nothing,
        Event,
        Snapshot,
    }

    /// <summary>True if something is not stored yet.</summary>
    public bool IsBehind => _storedNumber < _lastNumber;

    /// <summary>Notes a change.</summary>
    /// <returns>Its number, for <see cref="IsStored"/>.</returns>
    public long Add(object change)
    {
        if (!persists)
            return 0;
        _waiting.Enqueue((change, ++_lastNumber));
        meter.AddQueued(1);
        if (_waiting.Count > MaxWaiting && _sent != Sent.Event)
        {
            _waiting.Clear();
            _owesSnapshot = true;
        }

        return _lastNumber;
    }

    /// <summary>True if the change of that number is stored, or there is no store.</summary>
    public bool IsStored(long number) => number <= _storedNumber;

    /// <summary>The writer is there.</summary>
    public void Open(IActorRef writer)
    {
        _writer = writer;
        _sent = Sent.Nothing;
    }

    /// <summary>The writer is lost, and nobody knows what became of what it had: it is owed again, for changes may be stored twice.</summary>
    public void Close()
    {
        _writer = null;
        _owesSnapshot |= _sent != Sent.Nothing;
        _sent = Sent.Nothing;
    }

    /// <summary>From now on nothing waits for company.</summary>
    public void Hurry() => _isHurried = true;

    /// <summary>The stored state was read, and what waited has other numbers now: the whole state is owed instead.</summary>
    public void Renumber()
    {
        _owesSnapshot |= _waiting.Count > 0;
        _waiting.Clear();
    }

    /// <summary>Sends the next write if it is time.</summary>
    /// <returns>When to try again; null: nothing waits, or an answer will come first.</returns>
    public TimeSpan? Flush(bool now, Func<BucketSnapshot> snapshot)
    {
        if (_writer is null || _sent != Sent.Nothing)
            return null;
        if (_owesSnapshot || _writes >= WritesPerSnapshot)
        {
            if (_snapshotFailed && !now)
                return SnapshotRetry;
            Send(Sent.Snapshot, new StoreSnapshot(NoChange, snapshot()), _lastNumber);
            _waiting.Clear(); // The snapshot has them.
            return null;
        }

        if (_waiting.Count == 0)
            return null;
        if (!now && !_isHurried && _waiting.Count < BatchSize)
            return FlushInterval;
        SendBatch();
        return null;
    }

    public void EventStored()
    {
        if (_sent != Sent.Event)
            return;
        _writes++;
        Settle();
    }

    public void SnapshotStored(bool isStored)
    {
        if (_sent != Sent.Snapshot)
            return;
        _snapshotFailed = !isStored;
        if (!isStored)
        {
            _owesSnapshot = true;
            _sent = Sent.Nothing;
            return;
        }

        _owesSnapshot = false;
        _writes = 0;
        Settle();
    }

    /// <summary>The bucket ends: what is not stored is lost.</summary>
    public void GiveUp()
    {
        meter.AddQueued(_storedNumber - _lastNumber);
        meter.AddDropped(_lastNumber - _storedNumber);
        _storedNumber = _lastNumber;
    }

    private void SendBatch()
    {
        var entries = new List<StoredEntry>();
        var tombstones = new List<Tombstone>();
        var number = _sentNumber;
        while (entries.Count + tombstones.Count < MaxBatchSize && _waiting.TryDequeue(out var next))
        {
            number = next.Number;
            if (next.Change is Tombstone tombstone)
                tombstones.Add(tombstone);
            else
                entries.Add((StoredEntry)next.Change);
        }

        Send(Sent.Event, new StoreEvent(new BucketChanged([.. entries], [.. tombstones])), number);
    }

    private void Send(Sent what, object message, long number)
    {
        _sent = what;
        _sentNumber = number;
        _writer!.Tell(message);
    }

    private void Settle()
    {
        meter.AddQueued(_storedNumber - _sentNumber);
        meter.AddJournaled(_sentNumber - _storedNumber);
        _storedNumber = _sentNumber;
        _sent = Sent.Nothing;
    }
}
