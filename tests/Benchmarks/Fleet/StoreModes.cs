using System.Diagnostics;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using Microsoft.Data.Sqlite;
using Screening.Actors.Cluster;
using Screening.Actors.Hosting;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Benchmarks.Macro;
using Screening.Node.Configuration;
using Screening.Node.Store;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// A single node's store on SQLite: how fast a million entries are back, and what a locked file does to those who have nothing to do with
/// it.
/// </summary>
internal static class StoreModes
{
    private const int Entries = 1_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Locked = TimeSpan.FromSeconds(20);

    private const string OnThePool = """
        screening.store-dispatcher { type = Dispatcher, executor = default-executor }
        akka.persistence.max-concurrent-recoveries = 64
        """;

    public static async Task<int> LoadAsync()
    {
        var table = new Table(
            $"{Entries} entries on SQLite, read in one pass", "round", "read s", "buckets hold all s", "together s", "CPU s");
        for (var round = 1; round <= 3; round++)
        {
            var folder = Directory.CreateTempSubdirectory("screening-store-").FullName;
            try
            {
                var store = new SqliteStore(folder, new Secret(""));
                await store.PrepareAsync(CancellationToken.None);
                await FillAsync(store);
                using var system = Start(store, "");
                var (meter, used, started) = (new WhitelistMeter(TimeProvider.System), Environment.CpuUsage.TotalTime,
                    Stopwatch.StartNew());
                var stored = await StoredWhitelist.ReadAsync(store, WhitelistSerializer.TryReadWhole, CancellationToken.None);
                var read = started.Elapsed;
                StartBuckets(system, meter, stored);
                await UntilAsync(() => meter.Buckets == WhitelistLayout.Buckets && meter.Recovering == 0 && meter.Entries == Entries);
                table.Add(
                    $"{round}", read.TotalSeconds.Figure(), (started.Elapsed - read).TotalSeconds.Figure(),
                    started.Elapsed.TotalSeconds.Figure(),
                    (Environment.CpuUsage.TotalTime - used).TotalSeconds.Figure());
                await system.Terminate();
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        table.Print();
        return 0;
    }

    public static async Task<int> LockAsync()
    {
        var table = new Table(
            $"SQLite, locked for {Locked.TotalSeconds} s while 1,024 buckets write: delay of work that is given to the thread pool",
            "calls of the store run", "p50 ms", "p99 ms", "longest ms", "threads of the pool, at most");
        foreach (var (name, overrides) in new[] { ("on the pool", OnThePool), ("on threads of their own", "") })
        {
            var folder = Directory.CreateTempSubdirectory("screening-store-").FullName;
            try
            {
                var store = new SqliteStore(folder, new Secret(""));
                await store.PrepareAsync(CancellationToken.None);
                using var system = Start(store, overrides);
                var meter = new WhitelistMeter(TimeProvider.System);
                var buckets = StartBuckets(system, meter, stored: null);
                await UntilAsync(() => meter.Buckets == WhitelistLayout.Buckets && meter.Recovering == 0);
                var (delays, threads) = await WhileLockedAsync(store, buckets);
                table.Add(
                    name, delays[delays.Count / 2].Figure(), delays[delays.Count * 99 / 100].Figure(), delays[^1].Figure(), $"{threads}");
                await system.Terminate();
            }
            finally
            {
                SqliteConnection.ClearAllPools();
                Directory.Delete(folder, recursive: true);
            }
        }

        table.Print();
        return 0;
    }

    // Every 5 ms something asks for a thread of the pool, as a query that comes in does.
    private static async Task<(List<double> DelaysMs, int Threads)> WhileLockedAsync(SqliteStore store, IActorRef[] buckets)
    {
        await using var other = new SqliteConnection(store.Connection!.ConnectionString);
        await other.OpenAsync();
        await using var held = await other.BeginTransactionAsync();
        var random = new Random(4711);
        var (delays, threads, watch) = (new List<double>(), 0, Stopwatch.StartNew());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (watch.Elapsed < Locked && await timer.WaitForNextTickAsync())
        {
            for (var i = 0; i < 10; i++)
            {
                var client = ClientAddress.FromIPv4((uint)random.Next());
                buckets[WhitelistLayout.BucketOf(client)].Tell(Passed(client), ActorRefs.NoSender);
            }

            var asked = Stopwatch.GetTimestamp();
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    var delay = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
                    lock (delays)
                        delays.Add(delay);
                },
                null);
            threads = Math.Max(threads, ThreadPool.ThreadCount);
        }

        lock (delays)
            return ([.. delays.Order()], threads);
    }

    private static ActorSystem Start(SqliteStore store, string overrides)
    {
        var settings = new ClusterSettings { Node = "store", ListenPort = 0, PublicHost = "127.0.0.1", PublicPort = 0, Store = store };
        var config = ConfigurationFactory.ParseString("akka.actor.provider = local\n" + overrides)
            .WithFallback(ClusterHocon.Of(settings, ClusterTimings.Default));
        var system = ActorSystem.Create(
            "store", BootstrapSetup.Create().WithConfig(config).And(new DataOptionsSetup(StoreDataOptions.Of(store.Connection!))));
        // As a node does: the first timers of a thousand buckets would each wait for a thread of the pool until the scheduler runs.
        system.Scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () => { });
        return system;
    }

    private static IActorRef[] StartBuckets(ActorSystem system, WhitelistMeter meter, StoredWhitelist? stored)
    {
        var signal = new StoreSignal();
        signal.Announce();
        var context = new EntityContext(
            TimeProvider.System, meter, ActorRefs.Nobody, ActorRefs.Nobody, TimeSpan.FromDays(30), 2 * Entries / WhitelistLayout.Buckets,
            signal, stored);
        return [.. Enumerable.Range(0, WhitelistLayout.Buckets).Select(
            b => system.ActorOf(WhitelistBucket.CreateProps(WhitelistLayout.EntityOf(b), context)))];
    }

    private static async Task FillAsync(SqliteStore store)
    {
        var (random, now, serializer) = (new Random(4711), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), new WhitelistSerializer(null!));
        var clients = new HashSet<uint>();
        while (clients.Count < Entries)
            clients.Add((uint)random.Next());
        await using var connection = new SqliteConnection(store.Connection!.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync();
        foreach (var bucket in clients.Select(ClientAddress.FromIPv4).GroupBy(WhitelistLayout.BucketOf))
        {
            var pass = new StoredPass(now + 3_600_000, now, false, 0, "0123456789ab", "mx1", "nothing speaks against this client");
            var snapshot = new BucketSnapshot(
                1, [.. bucket.Select(client => new StoredEntry(client, "default", [pass], default, 1))], [], []);
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "INSERT INTO snapshot VALUES ($id, 1, 1, $bytes, $manifest, $serializer)";
            command.Parameters.AddWithValue("$id", WhitelistLayout.EntityOf(bucket.Key));
            command.Parameters.AddWithValue("$bytes", serializer.ToBinary(snapshot));
            command.Parameters.AddWithValue("$manifest", serializer.Manifest(snapshot));
            command.Parameters.AddWithValue("$serializer", WhitelistSerializer.Number);
            await command.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    private static Conclude Passed(ClientAddress client) =>
        new(client, "default", default, 0, new Pass(3600, false, 0, "0123456789ab", "mx1", "nothing speaks against this client"));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!holds())
            await Task.Delay(2, patience.Token);
    }
}
