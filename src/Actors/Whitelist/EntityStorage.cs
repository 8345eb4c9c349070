using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// What an entity still owes its store. Changes go to the writer in batches, one write at a time; now and then a snapshot replaces the
/// events. For one thread; it starts no timers, its owner does.
/// </summary>
/// <remarks>
/// Passes are written behind their answers since nobody may wait for a database: a crash loses at most one batch, whose clients are
/// screened again. What operators change is journaled before it is acknowledged: whoever waits for that makes <see cref="Flush"/> write at
/// once.
/// <para/>
/// Invariants: a change is owed until the writer said that it is stored, whatever became of the writer that had it. An event is sent only
/// on top of all that was changed before it: once changes are no longer held one by one, a snapshot is owed, and nothing else is sent
/// before it. A snapshot that failed pauses until <see cref="RetrySnapshot"/>; unless one is owed, events are written meanwhile.
/// </remarks>
/// <param name="persists">False: there is no store, and everything counts as stored.</param>
/// <param name="stagger">Any number of the entity's own, so that not all entities of a busy node write their snapshots at once.</param>
/// <param name="eventOf">Makes the event of some changes; of none: an event without a change.</param>
/// <param name="snapshotOf">Makes the snapshot of all that was changed so far.</param>
internal sealed class EntityStorage<TChange>(
    WhitelistMeter meter, bool persists, int stagger, Func<IReadOnlyList<TChange>, object> eventOf, Func<object> snapshotOf)
{
    /// <summary>
    /// Changes that are worth a write at once. One event of 50 entries stores 12 to 24 times as many entries a second as an event for each
    /// (SQLite and PostgreSQL, measured); a larger batch gains little and loses more in a crash.
    /// </summary>
    public const int BatchSize = 64;

    /// <summary>Changes in one write at most.</summary>
    public const int MaxBatchSize = 1024;

    /// <summary>Changes held one by one beside those that are being written; beyond it a snapshot is owed.</summary>
    public const int MaxWaiting = 1024;

    /// <summary>
    /// Writes between two snapshots. A recovery replays what came after the last one: 20 events of 50 entries take 1.6 to 3.4 ms, and a
    /// thousand buckets recover at once when a node is lost. A snapshot writes the whole entity, so it must not come often either.
    /// </summary>
    public const int WritesPerSnapshot = 50;

    private const long NotOwed = -1;

    // So much of what nobody waits for is lost in a crash. With fewer changes than a batch in that time the database is idle anyway.
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(200);

    // Behind _storedNumber, oldest first. The first _sentCount of them are being written.
    private readonly List<TChange> _changes = [];
    private IActorRef? _writer;
    private Sent _sent;
    private int _sentCount;
    private long _sentNumber;
    private long _lastNumber;
    private long _storedNumber;
    private long _storedSequenceNr;
    private long _snapshotOwed = NotOwed; // Number of the last change that only a snapshot stores.
    private int _writes = stagger % WritesPerSnapshot;
    private bool _isHurried;
    private bool _isPaused;
    private bool _isFailing;

    private enum Sent
    {
        Nothing,
        Event,
        Snapshot,
    }

    /// <summary>True if something is not stored yet.</summary>
    public bool IsBehind => _storedNumber < _lastNumber || _snapshotOwed != NotOwed;

    /// <summary>Notes a change.</summary>
    /// <returns>Its number, for <see cref="IsStored"/>.</returns>
    public long Add(TChange change)
    {
        if (!persists)
            return 0;
        Count();
        _changes.Add(change);
        if (_changes.Count - _sentCount > MaxWaiting)
        {
            _changes.RemoveRange(_sentCount, _changes.Count - _sentCount);
            OweSnapshot();
        }

        return _lastNumber;
    }

    /// <summary>Notes that everything may have changed.</summary>
    /// <returns>The number of this change, for <see cref="IsStored"/>.</returns>
    public long AddAll()
    {
        if (!persists)
            return 0;
        Count();
        OweSnapshot();
        return _lastNumber;
    }

    /// <summary>True if the change of that number is stored, or there is no store.</summary>
    public bool IsStored(long number) => number <= _storedNumber;

    /// <summary>The stored state was read, and the changes so far were put on top of it: they are stored together.</summary>
    public void Rebase(long storedSequenceNr)
    {
        _storedSequenceNr = storedSequenceNr;
        if (_changes.Count > 0)
            OweSnapshot();
    }

    /// <summary>What is stored may be anything: the whole state is owed.</summary>
    public void OweSnapshot()
    {
        if (persists)
            _snapshotOwed = _lastNumber;
    }

    /// <summary>
    /// The writer is ready, perhaps again. Nothing that it was sent before is known to be stored, so it may be stored twice.
    /// </summary>
    /// <param name="sequenceNr">What the store has. Less than was stored: the store lost something, so everything is owed.</param>
    public void Open(IActorRef writer, long sequenceNr)
    {
        Close();
        _writer = writer;
        if (sequenceNr < _storedSequenceNr)
            OweSnapshot();
        _storedSequenceNr = sequenceNr;
    }

    /// <summary>The writer is lost.</summary>
    public void Close()
    {
        _writer = null;
        _sent = Sent.Nothing;
        _sentCount = 0;
    }

    /// <summary>The entity will end soon: from now on nothing waits for company.</summary>
    public void Hurry()
    {
        _isHurried = true;
        _isPaused = false;
    }

    /// <summary>Ends the pause after a snapshot that failed.</summary>
    public void RetrySnapshot() => _isPaused = false;

    /// <summary>Sends the next write if it is time.</summary>
    /// <returns>When to try again; null: nothing waits, or a message will come first.</returns>
    public TimeSpan? Flush(bool now)
    {
        if (_writer is null || _sent != Sent.Nothing)
            return null;
        var isOwed = _snapshotOwed != NotOwed;
        if (!_isPaused && (isOwed || _writes >= WritesPerSnapshot))
        {
            Send(Sent.Snapshot, _changes.Count, _lastNumber);
            _writer.Tell(new StoreSnapshot(_sentNumber, eventOf([]), snapshotOf()));
            return null;
        }

        if (isOwed || _changes.Count == 0)
            return null;
        if (!now && !_isHurried && _changes.Count < BatchSize)
            return FlushInterval;
        var batch = _changes.GetRange(0, Math.Min(_changes.Count, MaxBatchSize));
        Send(Sent.Event, batch.Count, _storedNumber + batch.Count);
        _writer.Tell(new StoreEvent(_sentNumber, eventOf(batch)));
        return null;
    }

    public void EventStored(EventStored stored)
    {
        if (_sent != Sent.Event || stored.Number != _sentNumber)
            return;
        _writes++;
        Settle(stored.SequenceNr);
    }

    /// <returns>False: it failed, and pauses until <see cref="RetrySnapshot"/>.</returns>
    public bool SnapshotStored(SnapshotStored stored)
    {
        if (_sent != Sent.Snapshot || stored.Number != _sentNumber)
            return true;
        NoteFailing(stored.Error);
        if (stored.Error is not null)
        {
            _isPaused = true;
            _sent = Sent.Nothing;
            _sentCount = 0;
            return false;
        }

        _writes = 0;
        if (_snapshotOwed <= _sentNumber)
            _snapshotOwed = NotOwed;
        Settle(stored.SequenceNr);
        return true;
    }

    /// <summary>The entity ends: what is not stored is lost.</summary>
    public void GiveUp()
    {
        meter.AddQueued(_storedNumber - _lastNumber);
        meter.AddDropped(_lastNumber - _storedNumber);
        _storedNumber = _lastNumber;
        NoteFailing(null);
    }

    private void Count()
    {
        _lastNumber++;
        meter.AddQueued(1);
    }

    private void Send(Sent what, int count, long number)
    {
        _sent = what;
        _sentCount = count;
        _sentNumber = number;
    }

    private void Settle(long sequenceNr)
    {
        meter.AddQueued(_storedNumber - _sentNumber);
        meter.AddJournaled(_sentNumber - _storedNumber);
        _storedNumber = _sentNumber;
        _storedSequenceNr = sequenceNr;
        _changes.RemoveRange(0, _sentCount);
        _sent = Sent.Nothing;
        _sentCount = 0;
    }

    private void NoteFailing(string? error)
    {
        if (_isFailing == (error is not null))
            return;
        _isFailing = error is not null;
        meter.ReportSnapshots(_isFailing ? 1 : -1, error);
    }
}
