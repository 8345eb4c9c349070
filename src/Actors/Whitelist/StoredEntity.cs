using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// An entity that answers from memory and is stored behind its answers: a bucket, or all grants and bans. This class does all that
/// concerns the store; what the entity is and answers is the derived class's.
/// </summary>
/// <remarks>
/// <code>
///   Recovering ── WriterReady ──► Recovered          both receive commands; IsRecovered tells them apart
///        └────────── HandOver ──────────┴──► Leaving ── all stored, or too late ──► stopped
/// </code>
/// A derived class calls <see cref="Store"/> for each change, after it was made in memory, and is asked for the event of some changes or
/// a snapshot when it is time to write. It overrides <c>PreStart</c> and <c>PostStop</c> only with a call of this class's. Without a
/// store an entity is recovered from the start and each change counts as stored. An entity that is given what was read of the store
/// (<see cref="StoredWhitelist"/>) is recovered once it has started, and has a writer only when something is to be stored.
/// </remarks>
/// <typeparam name="TChange">One change, as events hold them.</typeparam>
internal abstract class StoredEntity<TChange> : UntypedActor, IWithTimers
{
    // A shard that moves is nowhere meanwhile: its questions wait or are lost. What is not stored by then is lost with the store's delay.
    private static readonly TimeSpan LeavingTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SnapshotRetry = TimeSpan.FromSeconds(5);

    // A thousand entities that write all they hold at the same moment would keep the store from everything else.
    private static readonly TimeSpan RewriteSpread = TimeSpan.FromSeconds(2);

    private readonly EntityContext _context;
    private readonly EntityStorage<TChange> _storage;
    private readonly List<Waiting> _waiting = [];
    private readonly string _entity;
    private IActorRef? _supervisor;
    private IActorRef? _writer;
    private bool _isStoreReady;

    /// <param name="number">0..1023, or <see cref="WhitelistLayout.Grants"/>.</param>
    protected StoredEntity(int number, EntityContext context)
    {
        _context = context;
        _entity = WhitelistLayout.EntityOf(number);
        _storage = new EntityStorage<TChange>(context.Meter, context.Store is not null, number + 1, EventOf, Snapshot);
        IsRecovered = context.Store is null;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>True once what was stored is part of the state; while false, the entity knows only what it learnt in this life.</summary>
    protected bool IsRecovered { get; private set; }

    /// <summary>Puts what was learnt so far on top of what was stored. Called once, before anything is written.</summary>
    protected abstract void Recover(StoredState stored);

    /// <summary>
    /// The writer was restarted and read again what is stored. Usually all of it is known; not so if another node held this entity
    /// meanwhile.
    /// </summary>
    protected virtual void CompareWith(StoredState stored)
    {
    }

    /// <summary>The event of some changes, in order; of none: an event without a change.</summary>
    protected abstract object EventOf(IReadOnlyList<TChange> changes);

    /// <summary>All that the entity holds.</summary>
    protected abstract object Snapshot();

    /// <summary>Handles all messages but those of the store, and none once the entity leaves.</summary>
    protected abstract void OnCommand(object message);

    /// <summary>Sees to it that a change is stored: soon, or at once if somebody waits for it.</summary>
    /// <param name="now">True: at once in any case.</param>
    /// <returns>Its number, for <see cref="AnswerOnceStored"/>.</returns>
    protected long Store(TChange change, bool now = false)
    {
        var number = _storage.Add(change);
        Flush(now);
        return number;
    }

    /// <summary>Sees to it that all that the entity holds is stored, as a snapshot.</summary>
    /// <returns>The number of this change, for <see cref="AnswerOnceStored"/>.</returns>
    protected long StoreAll()
    {
        var number = _storage.AddAll();
        Flush(now: true);
        return number;
    }

    /// <summary>Answers as soon as a change is stored, or when its asker can wait no longer.</summary>
    /// <param name="number">What <see cref="Store"/> returned.</param>
    /// <param name="answer">Makes the answer; true: it is stored.</param>
    protected void AnswerOnceStored(IActorRef asker, long number, Func<bool, object> answer, TimeSpan limit)
    {
        if (_storage.IsStored(number))
        {
            asker.Tell(answer(true));
            return;
        }

        var waiting = new Waiting(asker, number, answer);
        _waiting.Add(waiting);
        Flush(now: true);
        Timers.StartSingleTimer(waiting, new AnswerDue(waiting), limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
    }

    protected override void PreStart()
    {
        if (_context.Store is not { } store)
            return;
        _context.Meter.AddRecovering(1);
        if (_context.Stored?.TryRemove(_entity) is { } stored)
            BecomeRecovered(stored);
        store.Subscribe(Self);
    }

    protected override void PostStop()
    {
        _storage.GiveUp();
        _context.Store?.Unsubscribe(Self);
        if (!IsRecovered)
            _context.Meter.AddRecovering(-1);
    }

    protected sealed override void OnReceive(object message)
    {
        if (message is HandOver)
            Leave();
        else if (!TryHandle(message))
            OnCommand(message);
    }

    private void Leave()
    {
        Timers.StartSingleTimer(nameof(LeaveNow), LeaveNow.Instance, LeavingTimeout);
        _storage.Hurry();
        Flush(now: true);
        Become(Leaving);
        StopOnceStored();
    }

    private void Leaving(object message)
    {
        if (message is LeaveNow)
            Context.Stop(Self);
        else if (TryHandle(message))
            StopOnceStored();
        else if (message is IToWhitelist)
            Return(message);
    }

    // Every region promised the coordinator to send nothing more, but what was on its way then may arrive after the coordinator's word. The
    // region of this node keeps it until the shard has a home again. The shard itself would give it to this entity again.
    private void Return(object message)
    {
        var shard = Self.Path.Parent;
        Context.ActorSelection(shard.Parent).Tell(message, Sender);
    }

    private void StopOnceStored()
    {
        if (!_storage.IsBehind)
            Context.Stop(Self);
    }

    private bool TryHandle(object message)
    {
        switch (message)
        {
            case StoreReady when !_isStoreReady:
                _isStoreReady = true;
                if (!IsRecovered)
                    StartWriter();
                break;
            case StoreReady:
                // All entities of the node hear of it at once.
                Timers.StartSingleTimer(nameof(RewriteTick), RewriteTick.Instance, RewriteSpread * Random.Shared.NextDouble());
                return true;
            case RewriteTick:
                Rewrite();
                break;
            case WriterReady ready:
                Accept(ready);
                break;
            case WriterLost lost:
                Forget(lost.Writer);
                return true;
            case EventStored stored:
                _storage.EventStored(stored);
                AnswerWaiting();
                Flush(now: _waiting.Count > 0);
                return true;
            case SnapshotStored stored:
                if (!_storage.SnapshotStored(stored))
                    Timers.StartSingleTimer(nameof(SnapshotTick), SnapshotTick.Instance, SnapshotRetry * (1 + Random.Shared.NextDouble()));
                AnswerWaiting();
                break;
            case SnapshotTick:
                _storage.RetrySnapshot();
                break;
            case FlushTick:
                break;
            case AnswerDue due:
                AnswerWaiting(due.Waiting);
                return true;
            default:
                return false;
        }

        Flush(now: true);
        return true;
    }

    private void StartWriter() => _supervisor = Context.ActorOf(EntityWriter.CreateProps(_entity, Self), "store");

    private void Accept(WriterReady ready)
    {
        _writer = ready.Writer;
        _storage.Close();
        Context.WatchWith(ready.Writer, new WriterLost(ready.Writer));
        if (IsRecovered)
            CompareWith(ready.Stored);
        else
            BecomeRecovered(ready.Stored);

        _storage.Open(ready.Writer, ready.Stored.SequenceNr);
    }

    private void BecomeRecovered(StoredState stored)
    {
        Recover(stored);
        IsRecovered = true;
        _context.Meter.AddRecovering(-1);
        _storage.Rebase(stored.SequenceNr);
    }

    private void Forget(IActorRef lost)
    {
        if (!lost.Equals(_writer))
            return;
        _writer = null;
        _storage.Close();
    }

    // The store is another one, or an older state of it. Memory is right; the writer starts again, since its sequence numbers may be wrong.
    private void Rewrite()
    {
        if (!IsRecovered)
            return;
        _storage.OweSnapshot();
        if (_writer is { } writer)
            Context.Stop(writer);
    }

    private void Flush(bool now)
    {
        if (_supervisor is null && _isStoreReady && _storage.IsBehind)
            StartWriter();
        if (_storage.Flush(now) is { } wait && !Timers.IsTimerActive(nameof(FlushTick)))
            Timers.StartSingleTimer(nameof(FlushTick), FlushTick.Instance, wait);
    }

    // Those whose change is stored by now, and one that can wait no longer.
    private void AnswerWaiting(Waiting? due = null)
    {
        foreach (var waiting in _waiting.Where(w => w == due || _storage.IsStored(w.Number)).ToList())
        {
            waiting.Asker.Tell(waiting.Answer(_storage.IsStored(waiting.Number)));
            Timers.Cancel(waiting);
            _waiting.Remove(waiting);
        }
    }

    // Compared by reference: it is the key of its timer.
    private sealed class Waiting(IActorRef asker, long number, Func<bool, object> answer)
    {
        public IActorRef Asker { get; } = asker;

        public long Number { get; } = number;

        public Func<bool, object> Answer { get; } = answer;
    }

    private sealed record AnswerDue(Waiting Waiting);

    private sealed record WriterLost(IActorRef Writer);

    private sealed class FlushTick
    {
        public static readonly FlushTick Instance = new();
    }

    private sealed class SnapshotTick
    {
        public static readonly SnapshotTick Instance = new();
    }

    private sealed class RewriteTick
    {
        public static readonly RewriteTick Instance = new();
    }

    private sealed class LeaveNow
    {
        public static readonly LeaveNow Instance = new();
    }
}
