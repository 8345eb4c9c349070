using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Persistence;

namespace Screening.Actors.Whitelist;

/// <summary>What the store holds of one entity.</summary>
/// <param name="Snapshot">The latest snapshot; null: there is none.</param>
/// <param name="Events">The events after it, in order.</param>
/// <param name="SequenceNr">The highest sequence number that the store knows of the entity; 0: it knows nothing.</param>
internal sealed record StoredState(object? Snapshot, IReadOnlyList<object> Events, long SequenceNr)
{
    public static readonly StoredState Nothing = new(null, [], 0);
}

/// <summary>The writer has read what is stored, and now accepts writes. Sent again after each restart.</summary>
internal sealed record WriterReady(IActorRef Writer, StoredState Stored);

/// <summary>Stores an event. Answered with <see cref="EventStored"/>; no answer ever comes if the writer is lost.</summary>
/// <param name="Number">The owner's number for this write, echoed.</param>
internal sealed record StoreEvent(long Number, object Event);

/// <summary>The event is stored.</summary>
internal sealed record EventStored(long Number, long SequenceNr);

/// <summary>Stores a snapshot and deletes what it covers. Answered with <see cref="SnapshotStored"/>.</summary>
/// <param name="Number">The owner's number for this write, echoed.</param>
/// <param name="NoChange">An event without a change, written before, so that every snapshot has a sequence number of its own.</param>
internal sealed record StoreSnapshot(long Number, object NoChange, object Snapshot);

/// <summary>The snapshot is stored, or not.</summary>
/// <param name="Error">Null when it is stored.</param>
internal sealed record SnapshotStored(long Number, long SequenceNr, string? Error);

/// <summary>
/// Writes and reads for one entity, and does nothing else: answers from memory are its owner's business, for a persistent actor stops
/// when its database does. It runs under a <see cref="BackoffSupervisor"/>, and tells its owner whenever it is ready (again).
/// </summary>
internal sealed class EntityWriter : UntypedPersistentActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _owner;
    private List<object> _events = [];
    private object? _snapshot;
    private long _snapshotNumber;

    public EntityWriter(string persistenceId, IActorRef owner)
    {
        PersistenceId = persistenceId;
        _owner = owner;
    }

    public override string PersistenceId { get; }

    /// <summary>The writer under its supervisor, which restarts it after a pause that grows from half a second to five.</summary>
    public static Props CreateProps(string persistenceId, IActorRef owner) => BackoffSupervisor.Props(
        Backoff.OnStop(
            Props.Create(() => new EntityWriter(persistenceId, owner)), "writer", TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5),
            randomFactor: 0.5, maxNrOfRetries: -1));

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: UnreadableRow } or UnreadableRow:
                break; // Logged where it was read.
            case SnapshotOffer offer:
                _snapshot = offer.Snapshot;
                break;
            case RecoveryCompleted:
                _owner.Tell(new WriterReady(Self, new StoredState(_snapshot, _events, LastSequenceNr)));
                _snapshot = null;
                _events = [];
                break;
            default:
                _events.Add(message);
                break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case StoreEvent store:
                Persist(store.Event, _ => _owner.Tell(new EventStored(store.Number, LastSequenceNr)));
                break;
            case StoreSnapshot store:
                // Two snapshots of the same sequence number would be one row, and what the second covers could not be told from the first.
                _snapshotNumber = store.Number;
                Persist(store.NoChange, _ => SaveSnapshot(store.Snapshot));
                break;
            case SaveSnapshotSuccess saved:
                _owner.Tell(new SnapshotStored(_snapshotNumber, saved.Metadata.SequenceNr, null));
                DeleteMessages(saved.Metadata.SequenceNr);
                if (saved.Metadata.SequenceNr > 1) // Not "up to 0": some stores take that for "all".
                    DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failed:
                _owner.Tell(new SnapshotStored(_snapshotNumber, failed.Metadata.SequenceNr, failed.Cause.Message));
                break;
            case DeleteMessagesSuccess or DeleteSnapshotsSuccess:
                break;
            case DeleteMessagesFailure or DeleteSnapshotsFailure:
                break; // The next snapshot covers it.
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Debug("{PersistenceId} could not be written: {Error}", PersistenceId, cause.Message);

    // The write is not stored and never will be in this life. The supervisor restarts the writer, whose next WriterReady tells the owner
    // that it still owes what it sent.
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => throw cause;

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _log.Debug("{PersistenceId} could not be read: {Error}", PersistenceId, reason.Message);
}
