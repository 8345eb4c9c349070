namespace Screening.Actors.Whitelist;

/// <summary>The database behind the whitelist, as far as the actors see it. Node implements it.</summary>
public interface IWhitelistStore
{
    /// <summary>sqlite, postgresql or memory.</summary>
    string Provider { get; }

    /// <summary>How Akka.Persistence.Sql reaches it; null: nothing is stored.</summary>
    StoreConnection? Connection { get; }

    /// <summary>A lock that all nodes see; null: there is none.</summary>
    IStoreLock? Lock { get; }

    /// <summary>
    /// Creates what is missing and checks that what is there was made for <see cref="Whitelist.WhitelistLayout.Version"/>. Connections
    /// that were kept from before are not used any longer: they may lead to a store that was there before. May be repeated.
    /// </summary>
    /// <exception cref="StoreLayoutException">It was made for another layout: it must not be touched.</exception>
    /// <exception cref="StoreException">It cannot be reached or used now.</exception>
    Task PrepareAsync(CancellationToken cancellation);

    /// <summary>Asks whether it answers and can be written to.</summary>
    /// <returns>What tells it from another store, and from an older state of itself.</returns>
    /// <exception cref="StoreException">It does not.</exception>
    Task<StoreMark> PingAsync(CancellationToken cancellation);

    /// <summary>
    /// Reads in one pass all that entities stored, before anything is written. A store that waits for others fails within a second.
    /// </summary>
    /// <param name="row">Receives each row: for an entity its latest snapshot first, then the events after it, in order.</param>
    /// <returns>False: this store does not offer it; entities read by themselves.</returns>
    /// <exception cref="StoreException">It cannot be read now.</exception>
    Task<bool> TryReadAllAsync(Action<StoredRow> row, CancellationToken cancellation) => Task.FromResult(false);
}

/// <summary>What a store is known by, read at each ping.</summary>
/// <param name="Id">Random, made with the tables, beside all that changes when a database fails over.</param>
/// <param name="Beat">Number of this node's pings, counted by the store: a store that came back older has forgotten some.</param>
public sealed record StoreMark(string Id, long Beat)
{
    /// <summary>True if the store still has all that it had at that earlier ping.</summary>
    public bool Follows(StoreMark earlier) => Id == earlier.Id && Beat > earlier.Beat;
}

/// <summary>A row of the journal or of the snapshots.</summary>
/// <param name="Entity">The persistence id.</param>
/// <param name="Bytes">Null: an event that is deleted, of which only the number counts.</param>
public readonly record struct StoredRow(string Entity, long SequenceNr, bool IsSnapshot, int Serializer, string Manifest, byte[]? Bytes);

/// <summary>A connection as linq2db names it.</summary>
/// <param name="ProviderName"><c>SQLite.MS</c> or <c>PostgreSQL.15</c>.</param>
/// <param name="ConnectionString">A secret.</param>
public sealed record StoreConnection(string ProviderName, string ConnectionString)
{
    /// <summary>SQL that each new connection starts with; null: none.</summary>
    public string? OnOpen { get; init; }

    /// <summary>The provider and nothing secret.</summary>
    public override string ToString() => ProviderName;
}

/// <summary>
/// Named locks, each held by one owner for a time: the founding of a cluster, and the last word when two nodes lose each other.
/// </summary>
public interface IStoreLock
{
    /// <summary>Takes or prolongs a lock.</summary>
    /// <param name="life">How long it holds from now, by the database's clock.</param>
    /// <returns>False if another owner holds it.</returns>
    /// <exception cref="StoreException">The database cannot be asked.</exception>
    Task<bool> TryAcquireAsync(string name, string owner, TimeSpan life, CancellationToken cancellation);

    /// <summary>Gives a lock back, if this owner holds it.</summary>
    /// <exception cref="StoreException">The database cannot be asked.</exception>
    Task ReleaseAsync(string name, string owner, CancellationToken cancellation);
}

/// <summary>The database cannot be reached or used now. The message is for the operator and holds no secret.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database was made for another layout of the whitelist.</summary>
public sealed class StoreLayoutException(string message) : StoreException(message);

/// <summary>A store that stores nothing.</summary>
public sealed class MemoryStore : IWhitelistStore
{
    private long _pings;

    public string Provider => "memory";

    public StoreConnection? Connection => null;

    public IStoreLock? Lock => null;

    public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<StoreMark> PingAsync(CancellationToken cancellation) =>
        Task.FromResult(new StoreMark("", Interlocked.Increment(ref _pings)));
}
