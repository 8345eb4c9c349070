using Screening.Actors.Whitelist;

namespace Screening.Node.Store;

/// <summary>Locks as rows of the fleet's database. Time is the database's, so nodes whose clocks differ agree.</summary>
/// <remarks>
/// A call that fails may have taken the lock all the same, its answer being lost: it ends by itself. Who holds a lock counts its life
/// from before the call that took it.
/// </remarks>
internal sealed class PostgresLock(PostgresConnections connections) : IStoreLock
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public Task<bool> TryAcquireAsync(string name, string owner, TimeSpan life, CancellationToken cancellation) => connections.UseAsync(
        async (connection, cancelled) => await connection.ExecuteAsync(
            // One statement: of two that come at once, the second waits for the first's row and then sees its owner.
            "INSERT INTO screening_lock AS held (name, owner, until) VALUES (@name, @owner, clock_timestamp() + @life)"
                + " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = clock_timestamp() + @life"
                + " WHERE held.owner = excluded.owner OR held.until <= clock_timestamp() RETURNING true",
            cancelled,
            ("name", name), ("owner", owner), ("life", life)).ConfigureAwait(false) is true,
        Timeout,
        cancellation);

    public Task ReleaseAsync(string name, string owner, CancellationToken cancellation) => connections.UseAsync(
        (connection, cancelled) => connection.ExecuteAsync(
            "DELETE FROM screening_lock WHERE name = @name AND owner = @owner", cancelled, ("name", name), ("owner", owner)),
        Timeout,
        cancellation);
}
