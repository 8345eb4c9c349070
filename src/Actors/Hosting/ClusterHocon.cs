using System.Globalization;
using System.Text;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Hosting;

/// <summary>All HOCON of the cluster system.</summary>
internal static class ClusterHocon
{
    private const int FrameBytes = 1 << 20;
    private const int StoreThreads = 4;

    private const string Dispatchers =
        "plugin-dispatcher = screening.store-dispatcher, replay-dispatcher = screening.store-dispatcher,"
        + " materializer-dispatcher = screening.store-dispatcher";

    /// <summary>
    /// What every actor system has: it logs to the process's loggers alone, since the standard output belongs to the process, and its
    /// timers are the process's. Goes with <see cref="AkkaLoggerSetup"/>.
    /// </summary>
    public static readonly Config Common = ConfigurationFactory.ParseString(
        $$"""
        akka {
          loggers = ["{{typeof(AkkaLogger).AssemblyQualifiedName}}"]
          stdout-loglevel = off
          stdout-logger-class = "{{typeof(NoStandardOutput).AssemblyQualifiedName}}"
          scheduler.implementation = "{{typeof(TimerScheduler).AssemblyQualifiedName}}"
        }

        """);

    public static Config Of(ClusterSettings settings, ClusterTimings timings)
    {
        var config = ConfigurationFactory.ParseString(
            Remoting(settings) + SerializationConfiguration.Hocon + Cluster(settings, timings) + Sharding + Shutdown);
        return WithPersistence(config, settings);
    }

    /// <summary>What the actor system of a node without seeds needs for the whitelist.</summary>
    public static Config OfLocal(ClusterSettings settings) =>
        WithPersistence(ConfigurationFactory.ParseString(SerializationConfiguration.Local), settings);

    private static Config WithPersistence(Config config, ClusterSettings settings) => settings.Store.Connection is { } connection
        ? config.WithFallback(ConfigurationFactory.ParseString(Persistence(connection))).WithFallback(SqlPersistence.DefaultConfiguration)
        : config;

    // One message of 1 MiB is far above the largest batch. A failed connection is tried again soon: the join guard asks slowly by itself.
    private static string Remoting(ClusterSettings settings) => $$"""
        akka {
          actor.provider = cluster
          log-config-on-start = off
          log-dead-letters = 3
          log-dead-letters-during-shutdown = off
          remote {
            startup-timeout = 10s
            shutdown-timeout = 2s
            flush-wait-on-shutdown = 500ms
            retry-gate-closed-for = 1s
            adapters.guard = "{{typeof(InboundGuardProvider).FullName}},{{typeof(InboundGuardProvider).Assembly.GetName().Name}}"
            log-remote-lifecycle-events = off
            dot-netty.tcp {
              applied-adapters = [guard]
              hostname = {{Quote(settings.ListenHost)}}
              port = {{settings.ListenPort}}
              public-hostname = {{Quote(settings.PublicHost)}}
              public-port = {{settings.PublicPort}}
              dns-use-ipv6 = {{OnOff(ClusterSystem.UsesIPv6(settings))}}
              connection-timeout = 3s
              maximum-frame-size = {{FrameBytes}}b
              send-buffer-size = {{FrameBytes}}b
              receive-buffer-size = {{FrameBytes}}b
              enable-ssl = {{OnOff(settings.Tls is not null)}}
            }
          }
        }

        """;

    // No seed nodes: the join guard says which members to join. A join cannot be withdrawn, so one that fails ends the system.
    //
    // Only nodes of role cache count in a split, since only they hold the whitelist: edges alone must not keep a cluster alive. A view of
    // the network that never becomes stable downs all, because until it is decided both sides would serve. With two cache nodes
    // keep-majority ends both when the wrong one is lost; the lease, or the oldest without a database, lets one live.
    private static string Cluster(ClusterSettings settings, ClusterTimings timings) => $$"""
        akka.cluster {
          seed-nodes = []
          roles = [{{(settings.IsCache ? WhitelistRegion.CacheRole : "")}}]
          seed-node-timeout = 3s
          retry-unsuccessful-join-after = 3s
          shutdown-after-unsuccessful-join-seed-nodes = {{Time(timings.Join)}}
          run-coordinated-shutdown-when-down = on
          failure-detector {
            heartbeat-interval = {{Time(timings.Heartbeat)}}
            acceptable-heartbeat-pause = {{Time(timings.HeartbeatPause)}}
          }
          downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
          split-brain-resolver {
            active-strategy = {{settings.SplitBrain.Name}}
            stable-after = {{Time(timings.StableAfter)}}
            down-all-when-unstable = {{Time(timings.Unstable)}}
            keep-majority.role = {{WhitelistRegion.CacheRole}}
            keep-oldest { role = {{WhitelistRegion.CacheRole}}, down-if-alone = on }
            lease-majority {
              role = {{WhitelistRegion.CacheRole}}
              lease-implementation = screening.lease
              lease-name = split
              acquire-lease-delay-for-minority = {{Time(timings.MinorityDelay)}}
              release-after = 40s
            }
          }
        }
        screening.lease {
          lease-class = "{{typeof(StoreLease).AssemblyQualifiedName}}"
          heartbeat-interval = {{Time(timings.Lease / 6)}}
          heartbeat-timeout = {{Time(timings.Lease)}}
          lease-operation-timeout = {{Time(timings.LeaseAnswer)}}
        }

        """;

    // Buckets stay where they are and in memory; only where the shards live is shared by DistributedData, and nowhere stored. Akka's
    // default, a journal for that, would let no shard move while the database is away. Entities are not remembered: a bucket recovers
    // within milliseconds when it is first asked, and remembering them means another store (and akka.net issues 7399 and 7447).
    private const string Sharding = $$"""
        akka.cluster.sharding {
          role = {{WhitelistRegion.CacheRole}}
          state-store-mode = ddata
          remember-entities = off
          passivate-idle-entity-after = off
          distributed-data.durable.keys = []
          handoff-timeout = 10s
          retry-interval = 1s
          shard-start-timeout = 5s
          coordinator-failure-backoff = 2s
          waiting-for-state-timeout = 2s
          updating-state-timeout = 3s
          rebalance-interval = 3s
          buffer-size = 10000
          least-shard-allocation-strategy { rebalance-absolute-limit = 8, rebalance-relative-limit = 0.25 }
        }

        """;

    // The longest ways of all phases add up to less than 10 s. Ending an actor system without asking for a leave skips them.
    private const string Shutdown = """
        akka.coordinated-shutdown {
          run-by-clr-shutdown-hook = off
          run-by-actor-system-terminate = off
          terminate-actor-system = on
          exit-clr = off
          default-phase-timeout = 1s
          phases {
            cluster-sharding-shutdown-region.timeout = 3s
            cluster-leave.timeout = 2s
            cluster-exiting.timeout = 2s
            cluster-exiting-done.timeout = 1s
            cluster-shutdown.timeout = 500ms
            actor-system-terminate.timeout = 1s
          }
        }

        """;

    // The store makes the tables; tags are not used. SQLite has one writer anyway, and its calls hold their threads: the pool needs its own
    // to answer mail servers, so these calls have threads of their own. The defaults of 10 and 30 s for calls and resets are too slow: a
    // store that is back would be used half a minute later.
    //
    // Events are read without Akka's filter. It tells writers apart by a mark that this journal writes once for a whole node: where an
    // entity went to another node and came back, it took what the node stored since for leftovers of an older writer and left it out. No
    // two writers can store the same number anyway, which is what the filter is for: the table's unique constraint sees to that.
    private static string Persistence(StoreConnection connection)
    {
        var isSqlite = connection.ProviderName.StartsWith("SQLite", StringComparison.Ordinal);
        return $$"""
        screening.store-dispatcher {
          type = ForkJoinDispatcher
          throughput = 5
          dedicated-thread-pool { thread-count = {{StoreThreads}}, threadtype = background }
        }
        akka.persistence {
          max-concurrent-recoveries = {{(isSqlite ? StoreThreads : 64)}}
          journal {
            plugin = akka.persistence.journal.sql
            sql {
              {{Access(connection)}}
              {{(isSqlite ? Dispatchers : "")}}
              tag-write-mode = Csv
              parallelism = {{(isSqlite ? 1 : 3)}}
              batch-size = 100
              recovery-event-timeout = 3s
              replay-filter.mode = off
              circuit-breaker { max-failures = 5, call-timeout = 2s, reset-timeout = 3s }
            }
          }
          snapshot-store {
            plugin = akka.persistence.snapshot-store.sql
            sql {
              {{Access(connection)}}
              {{(isSqlite ? Dispatchers : "")}}
              circuit-breaker { max-failures = 5, call-timeout = 2s, reset-timeout = 3s }
            }
          }
        }

        """;
    }

    private static string Access(StoreConnection connection) =>
        $"provider-name = {Quote(connection.ProviderName)}, connection-string = {Quote(connection.ConnectionString)},"
        + " auto-initialize = false";

    private static string OnOff(bool on) => on ? "on" : "off";

    private static string Time(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0}ms");

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var letter in text)
            quoted.Append(letter is '"' or '\\' ? "\\" : "").Append(letter);
        return quoted.Append('"').ToString();
    }
}
