namespace Screening.Actors.Whitelist;

/// <summary>
/// What this node holds and the state of its store, counted by the actors of the cluster system and read by status and metrics. It outlives
/// that system. Safe for many threads.
/// </summary>
public sealed class WhitelistMeter(TimeProvider time)
{
    /// <summary>The fault of a store until it was asked for the first time.</summary>
    internal const string NotAsked = "it has not been asked yet";

    private long _entries;
    private readonly int[] _bucketsOfShard = new int[WhitelistLayout.Shards];
    private int _recovering;
    private long _queued;
    private long _dropped;
    private long _journaled;
    private long _pushes;
    private long _pushWaitTicks;
    private long _pushDropped;
    private readonly Lock _lock = new();
    private int _failingSnapshots;
    private string? _snapshotError;
    private string? _storeFault = NotAsked;
    private volatile StoreHealth _store = new(false, NotAsked, time.GetUtcNow());

    /// <summary>Entries in the buckets that this node holds.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>Buckets that this node holds.</summary>
    public int Buckets => _bucketsOfShard.Sum();

    /// <summary>Shards that this node holds, by their buckets.</summary>
    public int Shards => _bucketsOfShard.Count(held => held > 0);

    /// <summary>Buckets among them that have not read their stored entries yet.</summary>
    public int Recovering => Volatile.Read(ref _recovering);

    /// <summary>Changes that wait to be stored.</summary>
    public long Queued => Interlocked.Read(ref _queued);

    /// <summary>Changes that were given up, since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Changes that were stored, since the start.</summary>
    public long Journaled => Interlocked.Read(ref _journaled);

    /// <summary>Batches of news that were sent to the other nodes, since the start.</summary>
    public long Pushes => Interlocked.Read(ref _pushes);

    /// <summary>How long the oldest news of each batch had waited, all batches together.</summary>
    public TimeSpan PushWait => TimeSpan.FromTicks(Interlocked.Read(ref _pushWaitTicks));

    /// <summary>News that were not sent, because too many waited.</summary>
    public long PushDropped => Interlocked.Read(ref _pushDropped);

    /// <summary>Whether the store can be used.</summary>
    public StoreHealth Store => _store;

    internal void AddEntries(long change) => Interlocked.Add(ref _entries, change);

    internal void AddBucket(int bucket, int change) => Interlocked.Add(ref _bucketsOfShard[bucket % WhitelistLayout.Shards], change);

    internal void AddRecovering(int change) => Interlocked.Add(ref _recovering, change);

    internal void AddQueued(long change) => Interlocked.Add(ref _queued, change);

    internal void AddDropped(long change) => Interlocked.Add(ref _dropped, change);

    internal void AddJournaled(long change) => Interlocked.Add(ref _journaled, change);

    internal void AddPush(TimeSpan wait)
    {
        Interlocked.Increment(ref _pushes);
        Interlocked.Add(ref _pushWaitTicks, wait.Ticks);
    }

    internal void AddPushDropped(long change) => Interlocked.Add(ref _pushDropped, change);

    /// <summary>Notes what the store's keeper found; null: it works.</summary>
    internal void ReportStore(string? fault)
    {
        lock (_lock)
        {
            _storeFault = fault;
            Conclude();
        }
    }

    /// <summary>Notes how many more entities (or fewer: negative) cannot store their snapshots.</summary>
    internal void ReportSnapshots(int change, string? error)
    {
        lock (_lock)
        {
            _failingSnapshots += change;
            _snapshotError = error ?? _snapshotError;
            Conclude();
        }
    }

    // A store that answers but cannot keep snapshots counts as unavailable.
    private void Conclude()
    {
        var fault = _storeFault ?? (_failingSnapshots > 0 ? $"{_failingSnapshots} snapshots cannot be stored: {_snapshotError}" : null);
        if (fault == _store.Fault)
            return;
        var since = _store.IsOk == (fault is null) ? _store.Since : time.GetUtcNow();
        _store = new StoreHealth(fault is null, fault, since);
    }
}

/// <summary>The state of the store.</summary>
/// <param name="Fault">Why it cannot be used; null when it can.</param>
/// <param name="Since">Since when that is so.</param>
public sealed record StoreHealth(bool IsOk, string? Fault, DateTimeOffset Since);
