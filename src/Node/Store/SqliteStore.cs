using Microsoft.Data.Sqlite;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Platform;

namespace Screening.Node.Store;

/// <summary>The whitelist of a cluster of one, in a file of this node.</summary>
/// <remarks>
/// Microsoft.Data.Sqlite has no asynchronous calls underneath: whatever waits for the disk or for the file holds a thread. So each call
/// here has a thread of its own, and none of the pool waits.
/// </remarks>
internal sealed class SqliteStore : IWhitelistStore
{
    private const string FileName = "whitelist.db";
    private const string DdlFile = "sqlite.sql";
    private const long LeastFreeBytes = 1 << 20;
    private const int MostPagesGivenBack = 10_000;

    private readonly SqliteConnectionStringBuilder _settings;
    private readonly string _control;
    private readonly string _read;
    private long _beat;

    /// <param name="folder">Where the file is, unless <paramref name="connection"/> names another place.</param>
    /// <param name="connection">Settings that differ from ours; may be empty. A relative <c>Data Source</c> is inside the folder.</param>
    /// <exception cref="StoreException">It is not a connection string, or not one of a file.</exception>
    public SqliteStore(string folder, Secret connection)
    {
        if (!ConnectionStrings.TryReadSqlite(connection, out _settings, out var problem))
            throw new StoreException(problem);
        var file = _settings.DataSource.Length > 0 ? _settings.DataSource : FileName;
        _settings.DataSource = Path.GetFullPath(Path.Combine(folder, file));
        // Not the default of 30 s: for so long a call would try to get a file that is locked.
        if (!_settings.ShouldSerialize("Default Timeout"))
            _settings.DefaultTimeout = 5;
        Connection = new StoreConnection("SQLite.MS", _settings.ConnectionString)
        {
            OnOpen = "PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000",
        };
        // What is opened here must also notice that the file is gone or another one, so it is never a connection that was kept.
        _control = new SqliteConnectionStringBuilder(_settings.ConnectionString) { DefaultTimeout = 2, Pooling = false }.ConnectionString;
        _read = new SqliteConnectionStringBuilder(_control) { DefaultTimeout = 1, Mode = SqliteOpenMode.ReadWrite }.ConnectionString;
    }

    public string Provider => "sqlite";

    public StoreConnection? Connection { get; }

    public IStoreLock? Lock => null;

    public Task PrepareAsync(CancellationToken cancellation)
    {
        using (var any = new SqliteConnection(_settings.ConnectionString))
            SqliteConnection.ClearPool(any);
        return UseAsync(_control, PrepareAsync, cancellation);
    }

    /// <summary>
    /// Writes a heartbeat, and sees that the disk has room: a small write may still succeed on one that is full. Heartbeats that are not of
    /// this process are a fault.
    /// </summary>
    public Task<StoreMark> PingAsync(CancellationToken cancellation) => UseAsync(_control, PingAsync, cancellation);

    public Task<bool> TryReadAllAsync(Action<StoredRow> row, CancellationToken cancellation) => File.Exists(Place)
        ? UseAsync(_read, (connection, cancelled) => ReadAllAsync(connection, row, cancelled), cancellation)
        : Task.FromResult(true);

    private async Task<StoreMark> PrepareAsync(SqliteConnection connection, CancellationToken cancellation)
    {
        if (!await HasTablesAsync(connection, cancellation).ConfigureAwait(false))
        {
            // In this order: the file takes auto_vacuum only before anything is written, and WAL is written.
            await connection.ExecuteAsync("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL", cancellation).ConfigureAwait(false);
            await CreateTablesAsync(connection, cancellation).ConfigureAwait(false);
        }

        await StoreTables.CheckLayoutAsync(connection, Place, cancellation).ConfigureAwait(false);
        await StoreTables.IdentifyAsync(connection, cancellation).ConfigureAwait(false);
        await connection.ExecuteAsync($"PRAGMA incremental_vacuum({MostPagesGivenBack})", cancellation).ConfigureAwait(false);
        _beat = 0;
        return await PingAsync(connection, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> ReadAllAsync(SqliteConnection connection, Action<StoredRow> row, CancellationToken cancellation)
    {
        // Both tables as they are at one time.
        await using var transaction = connection.BeginTransaction(deferred: true);
        if (!await HasTablesAsync(connection, cancellation).ConfigureAwait(false))
            return true;
        await StoreTables.CheckLayoutAsync(connection, Place, cancellation).ConfigureAwait(false);
        var covered = new Dictionary<string, long>();
        await ReadRowsAsync(
            // Columns that stand beside max() are those of the row that has it (https://www.sqlite.org/lang_select.html#bareagg).
            "SELECT persistence_id, max(sequence_number), serializer_id, manifest, snapshot FROM snapshot GROUP BY persistence_id",
            found =>
            {
                covered[found.Entity] = found.SequenceNr;
                row(found with { IsSnapshot = true });
            }).ConfigureAwait(false);
        await ReadRowsAsync(
            "SELECT persistence_id, sequence_number, identifier, manifest, CASE WHEN deleted THEN NULL ELSE message END FROM journal"
                + " ORDER BY persistence_id, sequence_number",
            found => row(found.SequenceNr > covered.GetValueOrDefault(found.Entity) ? found : found with { Bytes = null }))
            .ConfigureAwait(false);
        return true;

        async Task ReadRowsAsync(string sql, Action<StoredRow> each)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                each(new StoredRow(
                    reader.GetString(0), reader.GetInt64(1), IsSnapshot: false, reader.IsDBNull(2) ? 0 : reader.GetInt32(2),
                    reader.IsDBNull(3) ? "" : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4)));
            }
        }
    }

    private async Task<bool> HasTablesAsync(SqliteConnection connection, CancellationToken cancellation)
    {
        // In one statement: another node may make them between two.
        var tables = await connection.ExecuteAsync(
            "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table' AND name IN ('screening_meta', 'journal')",
            cancellation).ConfigureAwait(false) as string ?? "";
        if (tables.Contains("screening_meta", StringComparison.Ordinal))
            return true;
        return tables.Length > 0
            ? throw new StoreException($"{Place} is the database of another program; move it away or name another in store.connection")
            : false;
    }

    private static async Task CreateTablesAsync(SqliteConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.Transaction = (SqliteTransaction)transaction;
        command.CommandText = StoreTables.Ddl(DdlFile);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    // A heartbeat is the time, for operators, and the number of heartbeats so far.
    private async Task<StoreMark> PingAsync(SqliteConnection connection, CancellationToken cancellation)
    {
        const string now = "strftime('%Y-%m-%dT%H:%M:%SZ ', 'now')";
        var beat = (long)(await connection.ExecuteAsync(
            $"INSERT INTO screening_meta (key, value) VALUES ('heartbeat', {now} || 1) ON CONFLICT (key)"
                + $" DO UPDATE SET value = {now} || (substr(value, 22) + 1) RETURNING CAST(substr(value, 22) AS INTEGER)",
            cancellation).ConfigureAwait(false))!;
        var isShared = _beat > 0 && beat > _beat + 1;
        _beat = beat;
        if (isShared)
            throw new StoreException($"{Place}: another node writes to it as well; each needs a node.data_dir of its own");
        if (new DriveInfo(Folder).AvailableFreeSpace < LeastFreeBytes)
            throw new StoreException($"{Place}: the disk is full");
        return new StoreMark(await StoreTables.ReadIdAsync(connection, cancellation).ConfigureAwait(false), beat);
    }

    private Task<T> UseAsync<T>(string way, Func<SqliteConnection, CancellationToken, Task<T>> use, CancellationToken cancellation) =>
        Task.Factory.StartNew(
        async () =>
        {
            try
            {
                PrivateFiles.Prepare(Place); // SQLite gives the files beside it the same mode.
                await using var connection = new SqliteConnection(way);
                await connection.OpenAsync(cancellation).ConfigureAwait(false);
                return await use(connection, cancellation).ConfigureAwait(false);
            }
            catch (SqliteException problem)
            {
                throw new StoreException($"{Place}: {Explain(problem)}", problem);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                throw new StoreException($"{Place}: {SystemError.Words(problem)}", problem);
            }
        },
        cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    private string Place => _settings.DataSource;

    private string Folder => Path.GetDirectoryName(_settings.DataSource) ?? "/";

    // https://www.sqlite.org/rescode.html
    private string Explain(SqliteException problem) => problem.SqliteErrorCode switch
    {
        5 or 6 => ExplainLock(),
        8 => "it cannot be written to",
        11 => "it is damaged; move it away to start with an empty whitelist",
        13 => "the disk is full",
        14 => "it cannot be opened or created",
        26 => "it is not a database; move it away to start with an empty whitelist",
        _ => problem.Message,
    };

    // Whoever is named must be the one: this node's own writes lock the file too, and a slow disk makes that last.
    private string ExplainLock() => FileHolder.Find(Place) is { } other
        ? $"it is locked, and process {other.Pid} ({other.Name}) has it open"
        : "it is locked for longer than a call waits; no other process is known to have it open, so the disk may be slow";
}
