using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Store;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Store;

public sealed class SqliteStoreTests : IDisposable
{
    private const string OwnLock =
        "it is locked for longer than a call waits; no other process is known to have it open, so the disk may be slow";

    private readonly string _folder = Directory.CreateTempSubdirectory("screening-store-").FullName;

    private string File => Path.Combine(_folder, "deep", "whitelist.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_first_start_creates_folder_and_file()
    {
        var store = Store();
        await PrepareAsync(store);
        await PingAsync(store);

        Assert.Equal(("sqlite", "SQLite.MS"), (store.Provider, store.Connection!.ProviderName));
        Assert.Null(store.Lock);
        Assert.Equal("wal", await QueryAsync("PRAGMA journal_mode"));
        Assert.Equal("2", await QueryAsync("PRAGMA auto_vacuum"));
        Assert.Equal($"{WhitelistLayout.Version}", await QueryAsync("SELECT value FROM screening_meta WHERE key = 'layout.version'"));
    }

    [SkippableFact]
    [Trait("Finding", "use-lock")]
    public async Task A_lock_of_another_process_names_it()
    {
        Requires.Programs("setsid", "python3");
        var store = Store();
        await PrepareAsync(store);
        const string Lock =
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE');"
            + " print('locked', flush=True); sys.stdin.read()";
        await using (var other = RunningProcess.Start(new LaunchPlan("python3", "-c", Lock, File) { KeepsInput = true }))
        {
            await other.WaitForLineAsync(new Regex("^locked$"), Waiting.Limit);
            var fault = await Assert.ThrowsAsync<StoreException>(() => PingAsync(store));
            Assert.EndsWith($"it is locked, and process {other.Pid} (python3) has it open", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_second_start_keeps_what_is_there()
    {
        await PrepareAsync(Store());
        await QueryAsync("INSERT INTO snapshot (persistence_id, sequence_number, created) VALUES ('bucket-1', 1, 1)");
        await PrepareAsync(Store());
        Assert.Equal("bucket-1", await QueryAsync("SELECT persistence_id FROM snapshot"));
    }

    [Fact]
    public async Task Many_that_start_at_once_make_one_file()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PrepareAsync(Store())));
        Assert.Equal("3", await QueryAsync("SELECT count(*) FROM screening_meta WHERE key LIKE 'layout.%'"));
    }

    [Theory]
    [InlineData("version", "99", "layout 99 (1024 buckets in 64 shards); this release works with layout 1 (1024 buckets in 64 shards)")]
    [InlineData("shards", "7", "layout 1 (1024 buckets in 7 shards); this release works with layout 1 (1024 buckets in 64 shards)")]
    public async Task Another_layout_is_refused_and_not_touched(string key, string value, string words)
    {
        await PrepareAsync(Store());
        await QueryAsync($"UPDATE screening_meta SET value = '{value}' WHERE key = 'layout.{key}'; DROP TABLE journal");
        var refusal = await Assert.ThrowsAsync<StoreLayoutException>(() => PrepareAsync(Store()));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.Equal("0", await QueryAsync("SELECT count(*) FROM sqlite_master WHERE name = 'journal'"));
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await QueryAsync("CREATE TABLE journal (something)");
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(Store()));
        Assert.Contains("is the database of another program", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        var text = string.Concat(Enumerable.Repeat("192.0.2.1 permit\n", 500));
        await System.IO.File.WriteAllTextAsync(File, text);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(Store()));
        Assert.Equal($"{File}: it is not a database; move it away to start with an empty whitelist", refusal.Message);
        Assert.Equal(text, await System.IO.File.ReadAllTextAsync(File));
    }

    [Fact]
    public async Task A_damaged_file_is_refused()
    {
        await PrepareAsync(Store());
        SqliteConnection.ClearAllPools();
        await using (var file = System.IO.File.OpenWrite(File))
        {
            file.Position = 100;
            await file.WriteAsync(Enumerable.Repeat((byte)0xEE, (int)file.Length - 100).ToArray());
        }

        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(Store()));
        Assert.Equal($"{File}: it is damaged; move it away to start with an empty whitelist", refusal.Message);
    }

    [Fact]
    public async Task A_folder_that_can_not_be_made_is_a_clear_fault()
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder, "deep"), "");
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(Store()));
        Assert.StartsWith($"{File}: ", refusal.Message);
    }

    [Fact]
    public async Task A_file_that_can_not_be_opened_is_a_clear_fault()
    {
        Directory.CreateDirectory(File);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(Store()));
        Assert.Equal($"{File}: it cannot be opened or created", refusal.Message);
    }

    [Fact]
    public async Task A_file_that_can_only_be_read_fails_the_ping()
    {
        await PrepareAsync(Store());
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PingAsync(Store("Mode=ReadOnly")));
        Assert.Equal($"{File}: it cannot be written to", refusal.Message);
    }

    [Fact]
    [Trait("Finding", "use-lock")]
    public async Task A_file_that_is_locked_fails_the_ping_in_time()
    {
        var store = Store();
        await PrepareAsync(store);
        await using var other = new SqliteConnection($"Data Source={File}");
        await other.OpenAsync();
        await other.ExecuteAsync("BEGIN IMMEDIATE", CancellationToken.None);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PingAsync(store).Within("the refusal of a ping"));
        Assert.Equal($"{File}: {OwnLock}", refusal.Message);
    }

    [Fact]
    [Trait("Finding", "A8")]
    public async Task A_store_is_known_by_an_id_and_by_its_heartbeats()
    {
        var store = Store();
        await PrepareAsync(store);
        var first = await MarkAsync(store);
        var copy = Path.Combine(_folder, "copy.db");
        await QueryAsync($"VACUUM INTO '{copy}'");
        var second = await MarkAsync(store);
        Assert.True(second.Follows(first));

        // An older state of the same file.
        Replace(copy);
        await PrepareAsync(store);
        var older = await MarkAsync(store);
        Assert.Equal(second.Id, older.Id);
        Assert.True(older.Beat <= second.Beat + 1);
        Assert.False((older with { Beat = first.Beat + 1 }).Follows(second));

        // Another file, and none at all.
        Replace(null);
        await Assert.ThrowsAsync<StoreException>(() => PingAsync(store));
        await PrepareAsync(store);
        Assert.False((await MarkAsync(store)).Follows(older));
    }

    [Fact]
    [Trait("Finding", "A8")]
    public async Task After_a_replaced_file_the_journal_writes_to_the_new_one()
    {
        var store = Store();
        await PrepareAsync(store);
        await using (var kept = new SqliteConnection(store.Connection!.ConnectionString))
            await kept.OpenAsync(); // From now on in the pool.
        Replace(null);
        await PrepareAsync(store);
        await using (var journal = new SqliteConnection(store.Connection!.ConnectionString))
        {
            await journal.OpenAsync();
            await journal.ExecuteAsync(
                "INSERT INTO snapshot (persistence_id, sequence_number, created) VALUES ('bucket-1', 1, 1)", CancellationToken.None);
        }

        Assert.Equal("1", await QueryAsync("SELECT count(*) FROM snapshot"));
    }

    [Fact]
    public async Task Two_nodes_on_one_file_are_told_of_each_other()
    {
        var (store, other) = (Store(), Store());
        await PrepareAsync(store);
        await PrepareAsync(other);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PingAsync(store));
        Assert.Equal($"{File}: another node writes to it as well; each needs a node.data_dir of its own", refusal.Message);
        await PingAsync(store); // The other has left.
    }

    [Fact]
    public async Task All_that_is_stored_is_read_in_one_pass_as_the_journal_would_replay_it()
    {
        var store = Store();
        Assert.Empty((await ReadAllAsync(store))!);
        await PrepareAsync(store);
        Assert.Empty((await ReadAllAsync(store))!);
        await StoredActor.RoundTripAsync(store.Connection!);
        var rows = await ReadAllAsync(store);
        Assert.Equal([(true, 10), (false, 10), (false, 11), (false, 12)], rows.Select(r => (r.IsSnapshot, r.SequenceNr)));
        Assert.Equal([false, true, false, false], rows.Select(r => r.Bytes is null));
        Assert.All(rows, row => Assert.Equal("stored", row.Entity));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_fails_in_time()
    {
        var store = Store();
        await PrepareAsync(store);
        await QueryAsync("PRAGMA journal_mode=DELETE");
        await using (var other = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            await other.OpenAsync();
            await other.ExecuteAsync("BEGIN EXCLUSIVE", CancellationToken.None);
            var locked = await Assert.ThrowsAsync<StoreException>(() => ReadAllAsync(store).WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal($"{File}: {OwnLock}", locked.Message);
        }

        SqliteConnection.ClearAllPools();
        await System.IO.File.WriteAllTextAsync(File, string.Concat(Enumerable.Repeat("192.0.2.1 permit\n", 500)));
        var broken = await Assert.ThrowsAsync<StoreException>(() => ReadAllAsync(store));
        Assert.EndsWith("it is not a database; move it away to start with an empty whitelist", broken.Message);
    }

    [Fact]
    public void The_connection_setting_overrides_place_and_settings()
    {
        var elsewhere = new SqliteConnectionStringBuilder(Store("Data Source=other.db;Default Timeout=9").Connection!.ConnectionString);
        Assert.Equal((Path.Combine(_folder, "deep", "other.db"), 9), (elsewhere.DataSource, elsewhere.DefaultTimeout));
        Assert.Equal(5, new SqliteConnectionStringBuilder(Store().Connection!.ConnectionString).DefaultTimeout);
    }

    [Fact]
    public async Task A_journal_lives_in_these_tables()
    {
        var store = Store();
        await PrepareAsync(store);
        var (written, recovered) = await StoredActor.RoundTripAsync(store.Connection!);
        Assert.Equal("snapshot of 10, event 11, event 12", written);
        Assert.Equal(written, recovered);
    }

    [Fact]
    public async Task The_tables_are_those_that_the_journal_would_make()
    {
        const string tables = """
            SELECT group_concat(line, char(10)) FROM (
                SELECT m.name || ': ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk AS line
                    FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.name IN ('journal', 'snapshot')
                UNION SELECT m.name || ' by ' || i.name || ' ' || i."unique" || ' ' || c.seqno || ' ' || c.name
                    FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c WHERE m.name IN ('journal', 'snapshot')
                ORDER BY 1)
            """;
        await PrepareAsync(Store());
        var ours = await QueryAsync(tables);
        var other = Path.Combine(_folder, "other.db");
        await StoredActor.InitializeAsync(new StoreConnection("SQLite.MS", $"Data Source={other}"));
        Assert.Equal(await QueryAsync(tables, other), ours);
    }

    private SqliteStore Store(string connection = "") => new(Path.GetDirectoryName(File)!, new Secret(connection));

    private static Task PrepareAsync(SqliteStore store) => store.PrepareAsync(CancellationToken.None).Within("the store's tables");

    private static Task PingAsync(SqliteStore store) => store.PingAsync(CancellationToken.None).Within("the store's answer");

    private static Task<StoreMark> MarkAsync(SqliteStore store) => store.PingAsync(CancellationToken.None).WaitAsync(Waiting.Limit);

    private static async Task<List<StoredRow>> ReadAllAsync(SqliteStore store)
    {
        var rows = new List<StoredRow>();
        Assert.True(await store.TryReadAllAsync(rows.Add, CancellationToken.None));
        return rows;
    }

    private void Replace(string? by)
    {
        foreach (var part in new[] { "", "-wal", "-shm" })
            System.IO.File.Delete(File + part);
        if (by is not null)
            System.IO.File.Move(by, File);
    }

    private async Task<string?> QueryAsync(string sql, string? file = null)
    {
        await using var connection = new SqliteConnection($"Data Source={file ?? File}");
        await connection.OpenAsync();
        return (await connection.ExecuteAsync(sql, CancellationToken.None))?.ToString();
    }
}
