using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The store may be used. Told to an entity once it may be used at all, and again whenever it turned out to be another store, or an older
/// state of it: then everything is to be stored anew.
/// </summary>
internal sealed class StoreReady
{
    public static readonly StoreReady Instance = new();

    private StoreReady()
    {
    }
}

/// <summary>
/// The way from the store's keeper to the entities: each that subscribed hears of <see cref="StoreReady"/>. Safe for many threads.
/// </summary>
internal sealed class StoreSignal
{
    private readonly Lock _lock = new();
    private readonly HashSet<IActorRef> _entities = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the store may be used for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>From now on the entity is told; at once if the store may be used already.</summary>
    public void Subscribe(IActorRef entity)
    {
        lock (_lock)
        {
            _entities.Add(entity);
            if (_ready.Task.IsCompleted)
                entity.Tell(StoreReady.Instance);
        }
    }

    public void Unsubscribe(IActorRef entity)
    {
        lock (_lock)
            _entities.Remove(entity);
    }

    /// <summary>Tells all.</summary>
    public void Announce()
    {
        lock (_lock)
        {
            _ready.TrySetResult();
            foreach (var entity in _entities)
                entity.Tell(StoreReady.Instance);
        }
    }
}
