namespace Screening.Actors.Fleet;

/// <summary>The database behind the whitelist, as far as the actors see it. Node implements it.</summary>
public interface IFleetStore
{
    /// <summary>sqlite, postgresql or memory.</summary>
    string Provider { get; }

    /// <summary>How Akka.Persistence.Sql reaches it; null: nothing is stored.</summary>
    StoreConnection? Connection { get; }

    /// <summary>A lock that all nodes see; null: there is none.</summary>
    IFleetLock? Lock { get; }

    /// <summary>Creates what is missing and checks that what is there was made for <see cref="Whitelist.WhitelistLayout.Version"/>.</summary>
    /// <exception cref="StoreLayoutException">It was made for another layout: it must not be touched.</exception>
    /// <exception cref="StoreException">It can not be reached or used now.</exception>
    Task PrepareAsync(CancellationToken cancellation);

    /// <summary>Asks whether it answers and can be written to.</summary>
    /// <exception cref="StoreException">It does not.</exception>
    Task PingAsync(CancellationToken cancellation);
}

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

/// <summary>Named locks, each held by one owner for a time: the founding of a cluster, and the last word when two nodes lose each other.</summary>
public interface IFleetLock
{
    /// <summary>Takes or prolongs a lock.</summary>
    /// <param name="life">How long it holds from now, by the database's clock.</param>
    /// <returns>False if another owner holds it.</returns>
    /// <exception cref="StoreException">The database can not be asked.</exception>
    Task<bool> TryTakeAsync(string name, string owner, TimeSpan life, CancellationToken cancellation);

    /// <summary>Gives a lock back, if this owner holds it.</summary>
    /// <exception cref="StoreException">The database can not be asked.</exception>
    Task ReleaseAsync(string name, string owner, CancellationToken cancellation);
}

/// <summary>The database can not be reached or used now. The message is for the operator and holds no secret.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database was made for another layout of the whitelist.</summary>
public sealed class StoreLayoutException(string message) : StoreException(message);

/// <summary>A store that stores nothing.</summary>
public sealed class MemoryStore : IFleetStore
{
    public string Provider => "memory";

    public StoreConnection? Connection => null;

    public IFleetLock? Lock => null;

    public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task PingAsync(CancellationToken cancellation) => Task.CompletedTask;
}
