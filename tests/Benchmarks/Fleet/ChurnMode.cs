using System.Globalization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;
using Screening.Actors.Hosting;
using Screening.Actors.Whitelist;
using Screening.Benchmarks.Macro;
using Screening.Node.Configuration;
using Screening.Node.Store;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Postgres;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// Hours of new and expiring passes in minutes: a sixteenth of the real buckets with their real writers on a real database, and a clock
/// that is moved twenty seconds at a time.
/// </summary>
internal static class ChurnMode
{
    private const int Buckets = 64;
    private const int Hours = 2;
    private const int NewPerSecond = 100; // In the fleet; this part gets its share.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        await using var postgres = await PostgresServer.StartAsync();
        var store = new PostgresStore("churn", new Secret(postgres.ConnectionString));
        await store.PrepareAsync(CancellationToken.None);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var settings = new ClusterSettings { Node = "churn", ListenPort = 0, PublicHost = "127.0.0.1", PublicPort = 0, Store = store };
        using var system = ActorSystem.Create("churn", BootstrapSetup.Create()
            .WithConfig(
                ConfigurationFactory.ParseString("akka.actor.provider = local")
                    .WithFallback(ClusterHocon.Of(settings, ClusterTimings.Default)))
            .And(new DataOptionsSetup(StoreDataOptions.Of(store.Connection!))));
        var meter = new WhitelistMeter(time);
        var signal = new StoreSignal();
        signal.Announce();
        var context = new EntityContext(time, meter, ActorRefs.Nobody, ActorRefs.Nobody, TimeSpan.FromDays(30), 100_000, signal);
        var buckets = Enumerable.Range(0, Buckets)
            .Select(b => system.ActorOf(WhitelistBucket.CreateProps(WhitelistLayout.EntityOf(b), context), $"b{b}")).ToArray();
        await UntilAsync(() => meter.Buckets == Buckets && meter.Recovering == 0);

        var table = new Table(
            $"{NewPerSecond} new passes a second in the fleet, each for 10 to 60 minutes: a sixteenth of the buckets",
            "simulated minutes", "entries held", "stored so far", "journal rows", "snapshot rows", "journal and snapshots MB",
            "bytes per held entry");
        var (random, clock, owed, told) = (new Random(4711), TimeSpan.Zero, 0.0, 0);
        while (clock < TimeSpan.FromHours(Hours))
        {
            for (owed += NewPerSecond * Step.TotalSeconds * Buckets / WhitelistLayout.Buckets; owed >= 1; owed--)
            {
                var client = ClientAddress.FromIPv4((uint)random.Next());
                var pass = new Pass(random.Next(600, 3600), false, 0, "0123456789ab", "mx1", "nothing speaks against this client");
                buckets[WhitelistLayout.BucketOf(client) % Buckets].Tell(
                    new Conclude(client, "default", default, 0, pass), ActorRefs.NoSender);
                told++;
            }

            time.Advance(Step);
            clock += Step;
            await UntilAsync(() => meter.Journaled >= told);
            foreach (var bucket in buckets.Where(_ => clock.Ticks % TimeSpan.TicksPerMinute == 0))
                bucket.Tell(WhitelistBucket.SweepNow, ActorRefs.NoSender);
            if (clock.TotalMinutes % 20 == 0)
                await ReportAsync(table, clock, meter, postgres);
        }

        table.Print();
        return 0;
    }

    private static async Task ReportAsync(Table table, TimeSpan clock, WhitelistMeter meter, PostgresServer postgres)
    {
        // As autovacuum does every minute, of which the moved clock leaves it none.
        await postgres.QueryAsync("VACUUM journal, snapshot");
        var rows = (await postgres.QueryAsync(
            "SELECT (SELECT count(*) FROM journal) || ' ' || (SELECT count(*) FROM snapshot) || ' ' || "
                + "(pg_total_relation_size('journal') + pg_total_relation_size('snapshot'))"))
            .Trim().Split(' ');
        var bytes = double.Parse(rows[2], CultureInfo.InvariantCulture);
        table.Add(
            $"{clock.TotalMinutes:0}", $"{meter.Entries}", $"{meter.Journaled}", rows[0], rows[1], (bytes / 1e6).Figure(),
            (bytes / meter.Entries).Figure());
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!holds())
            await Task.Delay(2, patience.Token);
    }
}
