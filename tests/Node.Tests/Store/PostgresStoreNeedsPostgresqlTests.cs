using System.Diagnostics;
using Npgsql;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Store;
using Screening.Testing;
using Screening.Testing.Postgres;

namespace Screening.Node.Tests.Store;

public sealed class PostgresStoreNeedsPostgresqlTests(PostgresStoreNeedsPostgresqlTests.RunningServer running)
    : IClassFixture<PostgresStoreNeedsPostgresqlTests.RunningServer>
{
    private static int _databases;

    private PostgresServer Server
    {
        get
        {
            Skip.If(running.Server is null, "needs PostgreSQL's programs under /usr/lib/postgresql");
            return running.Server!;
        }
    }

    [SkippableFact]
    public async Task The_first_start_creates_the_tables_and_the_second_keeps_them()
    {
        var database = await DatabaseAsync();
        await PrepareAsync(Store(database));
        await Server.QueryAsync("INSERT INTO snapshot (persistence_id, sequence_number, created) VALUES ('bucket-1', 1, 1)", database);
        var store = Store(database);
        await PrepareAsync(store);
        await PingAsync(store);

        Assert.Equal(("postgresql", "PostgreSQL.15"), (store.Provider, store.Connection!.ProviderName));
        Assert.Equal("bucket-1", await Server.QueryAsync("SELECT persistence_id FROM snapshot", database));
        Assert.Equal(
            $"{WhitelistLayout.Version}", await Server.QueryAsync(
                "SELECT value FROM screening_meta WHERE key = 'layout.version'", database));
    }

    [SkippableFact]
    public async Task Many_that_start_at_once_make_the_tables_once()
    {
        var database = await DatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => PrepareAsync(Store(database, $"mx{number}"))));
        Assert.Equal("8", await Server.QueryAsync("SELECT count(*) FROM screening_meta WHERE key LIKE 'heartbeat %'", database));
    }

    [SkippableFact]
    public async Task Another_layout_is_refused_and_not_touched()
    {
        var database = await DatabaseAsync();
        await PrepareAsync(Store(database));
        await Server.QueryAsync("UPDATE screening_meta SET value = 99 WHERE key = 'layout.version'; DROP TABLE journal", database);
        var refusal = await Assert.ThrowsAsync<StoreLayoutException>(() => PrepareAsync(Store(database)));
        Assert.Contains(
            "layout 99 (1024 buckets in 64 shards); this release works with layout 1 ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("t", await Server.QueryAsync("SELECT to_regclass('journal') IS NULL", database));
    }

    [SkippableFact]
    public async Task Tables_of_another_program_are_refused()
    {
        var database = await DatabaseAsync();
        await Server.QueryAsync("CREATE TABLE journal (something text)", database);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(Store(database)));
        Assert.Contains("has a table journal or snapshot of another program", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_role_that_may_not_create_tables_is_told_of_the_file_and_works_once_that_was_applied()
    {
        var database = await DatabaseAsync();
        await Server.QueryAsync($"CREATE ROLE weak_{database} LOGIN", database);
        var store = Store(database, more: $";Username=weak_{database}");
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(store));
        var file = Path.Combine(AppContext.BaseDirectory, "schema", "postgresql.sql");
        Assert.Contains("permission denied for schema public. ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);

        await Server.QueryAsync(await File.ReadAllTextAsync(file), database);
        await Server.QueryAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO weak_{database}", database);
        await PrepareAsync(store);
        Assert.Equal("snapshot of 10, event 11, event 12", (await StoredActor.RoundTripAsync(store.Connection!)).Recovered);
    }

    [SkippableFact]
    public async Task A_journal_lives_in_these_tables()
    {
        var store = Store(await DatabaseAsync());
        await PrepareAsync(store);
        var (written, recovered) = await StoredActor.RoundTripAsync(store.Connection!);
        Assert.Equal("snapshot of 10, event 11, event 12", written);
        Assert.Equal(written, recovered);
    }

    [SkippableFact]
    public async Task The_tables_are_those_that_the_journal_would_make()
    {
        const string tables = """
            SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable, identity_generation)
                FROM information_schema.columns WHERE table_name IN ('journal', 'snapshot')
            UNION SELECT split_part(indexdef, ' WITH ', 1) FROM pg_indexes WHERE tablename IN ('journal', 'snapshot')
            UNION SELECT concat_ws(' ', conname, contype) FROM pg_constraint WHERE conrelid::regclass::text IN ('journal', 'snapshot')
            ORDER BY 1
            """;
        var ours = await DatabaseAsync();
        await PrepareAsync(Store(ours));
        var theirs = await DatabaseAsync();
        await StoredActor.InitializeAsync(new StoreConnection("PostgreSQL.15", Server.ConnectionTo(theirs)));
        Assert.Equal(await Server.QueryAsync(tables, theirs), await Server.QueryAsync(tables, ours));
    }

    [SkippableFact]
    [Trait("Finding", "A8")]
    public async Task A_store_is_known_by_an_id_and_by_each_nodes_heartbeats()
    {
        var database = await DatabaseAsync();
        var (store, other) = (Store(database), Store(database, "mx2"));
        await PrepareAsync(store);
        await PrepareAsync(other);
        var first = await MarkAsync(store);
        await MarkAsync(other);
        var second = await MarkAsync(store);
        Assert.Equal((first.Id, first.Beat + 1), (second.Id, second.Beat));
        Assert.EndsWith(" 00000001", first.Id); // The timeline of a database that never failed over.

        // A standby that had not heard of the last heartbeats takes over, or an administrator's copy.
        await Server.QueryAsync("UPDATE screening_meta SET value = '2026-01-01T00:00:00Z 1' WHERE key = 'heartbeat mx1'", database);
        Assert.False((await MarkAsync(store)).Follows(second));

        // An empty database of the same name.
        await Server.QueryAsync("DROP TABLE screening_meta, screening_lock, journal, snapshot", database);
        await Assert.ThrowsAsync<StoreException>(() => PingAsync(store));
        await PrepareAsync(store);
        var fresh = await MarkAsync(store);
        Assert.NotEqual(first.Id, fresh.Id);
    }

    [SkippableFact]
    public async Task A_lock_has_one_owner_at_a_time()
    {
        var store = await PreparedAsync();
        var second = TimeSpan.FromSeconds(60);
        Assert.True(await TryLockAsync(store, "a", second));
        Assert.True(await TryLockAsync(store, "a", second), "an owner prolongs its lock");
        Assert.False(await TryLockAsync(store, "b", second));
        Assert.True(await store.Lock!.TryAcquireAsync("another", "b", second, CancellationToken.None), "names are apart");

        await store.Lock.ReleaseAsync("it", "b", CancellationToken.None);
        Assert.False(await TryLockAsync(store, "b", second), "only the owner gives it back");
        await store.Lock.ReleaseAsync("it", "a", CancellationToken.None);
        Assert.True(await TryLockAsync(store, "b", second));
    }

    [SkippableFact]
    public async Task A_lock_ends_by_the_clock_of_the_database()
    {
        var store = await PreparedAsync();
        Assert.True(await TryLockAsync(store, "a", TimeSpan.FromMilliseconds(100)));
        var taken = Stopwatch.StartNew();
        while (!await TryLockAsync(store, "b", TimeSpan.FromSeconds(60)))
            Assert.True(taken.Elapsed < Waiting.Limit, "the lock of a does not end");
        Assert.False(await TryLockAsync(store, "a", TimeSpan.FromSeconds(60)));
    }

    [SkippableFact]
    public async Task Of_many_that_want_a_lock_at_once_one_gets_it()
    {
        var store = await PreparedAsync();
        for (var round = 0; round < 5; round++)
        {
            var name = $"round {round}";
            var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(
                owner => store.Lock!.TryAcquireAsync(name, $"node {owner}", TimeSpan.FromSeconds(60), CancellationToken.None)));
            Assert.Single(taken, true);
        }
    }

    [SkippableFact]
    public async Task A_database_that_is_read_only_fails_the_ping()
    {
        var database = await DatabaseAsync();
        var store = Store(database);
        await PrepareAsync(store);
        await Server.QueryAsync($"ALTER DATABASE {database} SET default_transaction_read_only = on");
        var refusal = await Assert.ThrowsAsync<StoreException>(() => PingAsync(store));
        Assert.Equal(
            $"PostgreSQL at 127.0.0.1:{Server.Port}, database {database}: cannot execute INSERT in a read-only transaction",
            refusal.Message);
    }

    [SkippableFact]
    public async Task What_is_missing_is_named_and_the_password_is_not()
    {
        var store = Store("nowhere", more: ";Password=geheim");
        var missing = await Assert.ThrowsAsync<StoreException>(() => PrepareAsync(store));
        Assert.EndsWith("database \"nowhere\" does not exist", missing.Message);

        // A port that is bound and not listened on refuses.
        using var closed = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        closed.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var refused = await Assert.ThrowsAsync<StoreException>(
            () => PingAsync(Store("nowhere", more: $";Password=geheim;Port={((System.Net.IPEndPoint)closed.LocalEndPoint!).Port}")));
        Assert.EndsWith("database nowhere: Connection refused", refused.Message);
        Assert.DoesNotContain("geheim", $"{missing}{refused}{store.Connection}", StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task What_the_operator_did_not_set_gets_a_default()
    {
        var own = Settings(Store(await DatabaseAsync(), "mx7"));
        Assert.Equal(
            ("screening mx7", 3, 5, 10, 16, false),
            (own.ApplicationName, own.Timeout, own.CommandTimeout, own.KeepAlive, own.MaxPoolSize, own.IncludeErrorDetail));
        var set = Settings(Store("x", "mx7", ";Application Name=me;Timeout=9;Maximum Pool Size=40;KeepAlive=0"));
        Assert.Equal(("me", 9, 5, 0, 40), (set.ApplicationName, set.Timeout, set.CommandTimeout, set.KeepAlive, set.MaxPoolSize));
    }

    private static NpgsqlConnectionStringBuilder Settings(PostgresStore store) => new(store.Connection!.ConnectionString);

    private static Task<bool> TryLockAsync(PostgresStore store, string owner, TimeSpan life) =>
        store.Lock!.TryAcquireAsync("it", owner, life, CancellationToken.None).Within("the lock");

    private static Task PrepareAsync(PostgresStore store) => store.PrepareAsync(CancellationToken.None).Within("the store's tables");

    private static Task PingAsync(PostgresStore store) => store.PingAsync(CancellationToken.None).Within("the store's answer");

    private async Task<string> DatabaseAsync()
    {
        var name = $"store{Interlocked.Increment(ref _databases)}";
        await Server.CreateDatabaseAsync(name);
        return name;
    }

    private static Task<StoreMark> MarkAsync(PostgresStore store) => store.PingAsync(CancellationToken.None).WaitAsync(Waiting.Limit);

    private async Task<PostgresStore> PreparedAsync()
    {
        var store = Store(await DatabaseAsync());
        await PrepareAsync(store);
        return store;
    }

    private PostgresStore Store(string database, string node = "mx1", string more = "") =>
        new(node, new Secret(Server.ConnectionTo(database) + more));

    public sealed class RunningServer : IAsyncLifetime
    {
        public PostgresServer? Server { get; private set; }

        public async Task InitializeAsync() => Server = PostgresServer.IsInstalled ? await PostgresServer.StartAsync() : null;

        public async Task DisposeAsync()
        {
            NpgsqlConnection.ClearAllPools();
            if (Server is not null)
                await Server.DisposeAsync();
        }
    }
}
