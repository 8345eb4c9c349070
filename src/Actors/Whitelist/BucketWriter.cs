using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Persistence;

namespace Screening.Actors.Whitelist;

/// <summary>The store may be used: what an entity tells itself then.</summary>
internal sealed class StoreReady
{
    public static readonly StoreReady Instance = new();

    private StoreReady()
    {
    }
}

/// <summary>The writer has read what is stored, and now takes writes. Sent again after each restart.</summary>
/// <param name="Snapshot">The latest snapshot; null: there is none.</param>
/// <param name="Events">The events after it, in order.</param>
internal sealed record WriterReady(IActorRef Writer, object? Snapshot, IReadOnlyList<object> Events);

/// <summary>Stores an event. Answered with <see cref="EventStored"/>; no answer ever comes if the writer is lost.</summary>
internal sealed record StoreEvent(object Event);

/// <summary>The event is stored.</summary>
internal sealed class EventStored
{
    public static readonly EventStored Instance = new();

    private EventStored()
    {
    }
}

/// <summary>Stores a snapshot and deletes what it covers. Answered with <see cref="SnapshotStored"/>.</summary>
/// <param name="NoChange">An event that says nothing, written before, so that every snapshot has a sequence number of its own.</param>
internal sealed record StoreSnapshot(object NoChange, object Snapshot);

/// <summary>How the snapshot went.</summary>
/// <param name="Error">Null when it is stored.</param>
internal sealed record SnapshotStored(string? Error);

/// <summary>
/// Writes and reads for one entity, and does nothing else: what answers from memory is its parent's business, for a persistent actor stops
/// when its database does. It runs under a <see cref="BackoffSupervisor"/>, and tells its owner whenever it is ready (again).
/// </summary>
internal sealed class BucketWriter : UntypedPersistentActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _owner;
    private List<object> _events = [];
    private object? _snapshot;

    public BucketWriter(string persistenceId, IActorRef owner)
    {
        PersistenceId = persistenceId;
        _owner = owner;
    }

    public override string PersistenceId { get; }

    /// <summary>The writer under its supervisor, which restarts it after a pause that grows from half a second to five.</summary>
    public static Props CreateProps(string persistenceId, IActorRef owner) => BackoffSupervisor.Props(
        Backoff.OnStop(
            Props.Create(() => new BucketWriter(persistenceId, owner)), "writer", TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5),
            randomFactor: 0.5, maxNrOfRetries: -1));

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer offer:
                _snapshot = offer.Snapshot;
                break;
            case RecoveryCompleted:
                _owner.Tell(new WriterReady(Self, _snapshot, _events));
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
                Persist(store.Event, _ => _owner.Tell(EventStored.Instance));
                break;
            case StoreSnapshot store:
                Persist(store.NoChange, _ => SaveSnapshot(store.Snapshot));
                break;
            case SaveSnapshotSuccess saved:
                _owner.Tell(new SnapshotStored(null));
                DeleteMessages(saved.Metadata.SequenceNr);
                if (saved.Metadata.SequenceNr > 1) // Not "up to 0": some stores take that for "all".
                    DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failed:
                _owner.Tell(new SnapshotStored(failed.Cause.Message));
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

    // A rejected write would leave a gap that nobody knows of: treat it as lost, so that it is written again.
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => throw cause;

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _log.Debug("{PersistenceId} could not be read: {Error}", PersistenceId, reason.Message);
}
