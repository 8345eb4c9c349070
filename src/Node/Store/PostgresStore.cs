using Npgsql;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;

namespace Screening.Node.Store;

/// <summary>The whitelist of a fleet, in a PostgreSQL database that all nodes of role cache share.</summary>
internal sealed class PostgresStore : IWhitelistStore
{
    /// <summary>The tables; it is also in the folder <c>schema</c> beside the program, for administrators.</summary>
    public const string DdlFile = "postgresql.sql";

    // Any number, as long as nobody else in the database locks it: nodes that start at once create the tables one after the other.
    private const long CreationLock = 0x5343_5245_454E;

    private static readonly TimeSpan PrepareTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(2);

    private readonly PostgresConnections _connections;
    private readonly string _heartbeat;
    private readonly SpareThreads _spare;

    /// <param name="node">This node's name.</param>
    /// <exception cref="StoreException"><paramref name="connection"/> is not a connection string.</exception>
    public PostgresStore(string node, Secret connection)
    {
        _connections = new PostgresConnections(node, connection);
        _heartbeat = $"heartbeat {node}";
        _spare = new SpareThreads(_connections.Pooled);
        Connection = new StoreConnection("PostgreSQL.15", _connections.Journal);
        Lock = new PostgresLock(_connections);
    }

    public string Provider => "postgresql";

    public StoreConnection? Connection { get; }

    public IStoreLock? Lock { get; }

    public Task PrepareAsync(CancellationToken cancellation)
    {
        _connections.ForgetPooled();
        return _connections.UseAsync(PrepareAsync, PrepareTimeout, cancellation);
    }

    /// <summary>
    /// Writes this node's heartbeat and commits, which fails when the database is read-only, a standby, or cannot write its log; and
    /// makes a temporary file of about a megabyte, which fails when the disk of the database is full: the heartbeat alone would keep
    /// working for long, since it is written in place of an older one. Asks on a new connection, so it also fails when there is none to be
    /// had.
    /// </summary>
    /// <remarks>
    /// A standby that takes over writes a timeline of its own, and may have less than its primary had. Where the role may read the timeline
    /// it is part of the mark, and where not, a takeover shows only if it lost a heartbeat.
    /// </remarks>
    public async Task<StoreMark> PingAsync(CancellationToken cancellation)
    {
        try
        {
            var mark = await _connections.UseAsync(PingAsync, PingTimeout, cancellation).ConfigureAwait(false);
            _spare.Hold(false);
            return mark;
        }
        catch (StoreException)
        {
            // A command that timed out is cancelled over another connection. Npgsql opens that one with the thread of the pool that it is
            // on, and holds it until the database answers, or for the connection's timeout. A command times out later than a ping.
            _spare.Hold(true);
            throw;
        }
    }

    /// <summary>True while the pool has threads to spare for what waits for the database.</summary>
    internal bool HasSpareThreads => _spare.IsHeld;

    private async Task<StoreMark> PrepareAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using (var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false))
        {
            await connection.ExecuteAsync($"SELECT pg_advisory_xact_lock({CreationLock})", cancellation).ConfigureAwait(false);
            if (await HasTablesAsync(connection, "screening_meta", cancellation).ConfigureAwait(false))
                await StoreTables.CheckLayoutAsync(connection, _connections.Place, cancellation).ConfigureAwait(false);
            else if (
                await HasTablesAsync(connection, "journal", cancellation).ConfigureAwait(false)
                || await HasTablesAsync(connection, "snapshot", cancellation).ConfigureAwait(false))
                throw new StoreException(
                    $"{_connections.Place} has a table journal or snapshot of another program; use a database or a schema"
                        + " (Search Path=...) of its own");

            // A role without the right to create tables gets along when an administrator did it.
            if (!await HasTablesAsync(connection, "screening_meta, screening_lock, journal, snapshot", cancellation).ConfigureAwait(false))
            {
                await connection.ExecuteAsync(StoreTables.Ddl(DdlFile), cancellation).ConfigureAwait(false);
                await StoreTables.CheckLayoutAsync(connection, _connections.Place, cancellation).ConfigureAwait(false);
            }

            await StoreTables.IdentifyAsync(connection, cancellation).ConfigureAwait(false);
            // Rows of nodes that no longer exist.
            await connection.ExecuteAsync(
                "DELETE FROM screening_meta WHERE key LIKE 'heartbeat %' AND value < to_char(now() - interval '30 days', 'YYYY-MM-DD')",
                cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }

        return await PingAsync(connection, cancellation).ConfigureAwait(false);
    }

    // A heartbeat is the time, for operators, and the number of heartbeats so far.
    private async Task<StoreMark> PingAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string now = "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
        var beat = await connection.ExecuteAsync(
            $"INSERT INTO screening_meta AS known (key, value) VALUES (@key, {now} || ' 1') ON CONFLICT (key)"
                + $" DO UPDATE SET value = {now} || ' ' || (split_part(known.value, ' ', 2)::bigint + 1)"
                + " RETURNING split_part(value, ' ', 2)::bigint",
            cancellation,
            ("key", _heartbeat)).ConfigureAwait(false);
        // Rows of a function that do not fit into work_mem go to a file.
        await connection.ExecuteAsync(
            "SET work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 50000)", cancellation).ConfigureAwait(false);
        var id = await StoreTables.ReadIdAsync(connection, cancellation).ConfigureAwait(false);
        return new StoreMark($"{id} {await ReadTimelineAsync(connection, cancellation).ConfigureAwait(false)}", (long)beat!);
    }

    // The first eight digits of a WAL file's name are its timeline. (pg_control_checkpoint() tells that of the last checkpoint only.)
    private static async Task<object?> ReadTimelineAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            return await connection.ExecuteAsync(
                "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)", cancellation).ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            return null; // Not with this role, or this service.
        }
    }

    private static async Task<bool> HasTablesAsync(NpgsqlConnection connection, string names, CancellationToken cancellation) =>
        await connection.ExecuteAsync(
            "SELECT bool_and(to_regclass(trim(name)) IS NOT NULL) FROM unnest(string_to_array(@names, ',')) AS name",
            cancellation,
            ("names", names)).ConfigureAwait(false) is true;
}
