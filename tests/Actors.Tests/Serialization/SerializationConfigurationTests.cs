using System.Collections.Concurrent;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Akka.Event;
using Akka.Serialization;
using Google.Protobuf.WellKnownTypes;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Actors.Tests.Serialization;

public sealed class SerializationConfigurationTests : IAsyncLifetime
{
    private const string Remoting = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          loggers = []
          actor.provider = remote
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        }
        """;

    private const string Clustered = """

        akka.actor.provider = cluster
        akka.cluster.sharding.state-store-mode = ddata
        akka.cluster.sharding.remember-entities = off
        akka.cluster.sharding.distributed-data.durable.keys = []
        akka.cluster.sharding.rebalance-interval = 500ms
        akka.cluster.sharding.retry-interval = 200ms
        akka.cluster.gossip-interval = 200ms
        """;

    private readonly ConcurrentBag<ActorSystem> _systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in _systems)
            await system.Terminate().Within("the end of an actor system");
    }

    [Fact]
    public async Task Cluster_and_sharding_need_nothing_that_is_denied()
    {
        var (first, firstFaults) = StartMember();
        var (second, secondFaults) = StartMember();
        await Akka.Cluster.Cluster.Get(first).JoinAsync(Akka.Cluster.Cluster.Get(first).SelfAddress).Within("the first member");
        var regions = new[] { StartShards(first) };
        for (var bucket = 0; bucket < 64; bucket++)
            await AskAsync(regions[0], bucket);

        await Akka.Cluster.Cluster.Get(second).JoinAsync(Akka.Cluster.Cluster.Get(first).SelfAddress).Within("the second member");
        regions = [regions[0], StartShards(second)];
        var homes = new HashSet<int>();

        // Shards move to the second member, which takes hand-offs, until both hold some.
        for (var round = 0; homes.Count < 2 && round < 400; round++)
        {
            homes.Clear();
            for (var bucket = 0; bucket < 64; bucket++)
            {
                var (atFirst, atSecond) = (await AskAsync(regions[0], bucket), await AskAsync(regions[1], bucket));
                homes.Add(atFirst);
                homes.Add(atSecond);
            }

            await Task.Delay(25);
        }

        Assert.Equal(2, homes.Count);
        var stats = await regions[0].Ask<ClusterShardingStats>(new GetClusterShardingStats(TimeSpan.FromSeconds(5)), Waiting.Limit);
        Assert.Equal(2, stats.Regions.Count);

        await Akka.Cluster.Cluster.Get(second).LeaveAsync().Within("the second member's leave");
        for (var bucket = 0; bucket < 64; bucket++)
            Assert.Equal(PortOf(first), await AskAsync(regions[0], bucket));
        Assert.Empty(firstFaults);
        Assert.Empty(secondFaults);
    }

    [Fact]
    public async Task A_peer_gets_no_message_through_by_a_serializer_that_is_denied()
    {
        var (system, faults) = Start("fleet", SerializationConfiguration.Hocon);
        var heard = new ConcurrentQueue<object>();
        var listener = system.ActorOf(Props.Create(() => new Listener(heard)), "listener");
        var (stranger, _) = Start("stranger", "");
        var address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
        var remote = await stranger.ActorSelection(listener.Path.ToStringWithAddress(address)).ResolveOne(Waiting.Limit);

        remote.Tell(new Gadget("json"));
        remote.Tell(new StringValue { Value = "protobuf" });
        remote.Tell(new Status.Failure(new GadgetException()));
        remote.Tell(ConfigurationFactory.ParseString("a = b"));
        remote.Tell(PoisonPill.Instance);
        remote.Tell(Kill.Instance);
        stranger.ActorSelection(remote.Path).Tell(new Gadget("json in a container"));
        var made = CreatedFromAfar.Count;
        stranger.ActorOf(Props.Create<CreatedFromAfar>().WithDeploy(Deploy.None.WithScope(new RemoteScope(address))), "created");
        remote.Tell("the last message");

        await Waiting.UntilAsync(() => !heard.IsEmpty, "the message that a peer may send");
        Assert.Equal(["the last message"], heard);
        Assert.Equal(made, CreatedFromAfar.Count);
        Assert.Equal(0, GadgetException.Read);
        Assert.NotEmpty(faults);
    }

    // The other test fails if it is not the configuration that keeps these out.
    [Fact]
    public async Task Without_the_configuration_they_do_get_through()
    {
        var (system, _) = Start("fleet", "");
        var heard = new ConcurrentQueue<object>();
        var listener = system.ActorOf(Props.Create(() => new Listener(heard)), "listener");
        var (stranger, _) = Start("stranger", "");
        var address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
        var remote = await stranger.ActorSelection(listener.Path.ToStringWithAddress(address)).ResolveOne(Waiting.Limit);

        remote.Tell(new Gadget("json"));
        remote.Tell(new StringValue { Value = "protobuf" });
        remote.Tell("the last message");

        await Waiting.UntilAsync(() => heard.Contains("the last message"), "the message that a peer may send");
        Assert.Equal(3, heard.Count);
    }

    [Fact]
    public async Task Every_message_passes_where_akka_serializes_all()
    {
        var (system, _) = Start("fleet", "akka.actor.serialize-messages = on\n" + SerializationConfiguration.Hocon);
        var echo = system.ActorOf(Props.Create(() => new Echo()));
        foreach (var message in WireVectors.All.Values)
        {
            var answer = await echo.Ask<object>(message, Waiting.Limit);
            Assert.Equal(Rendering.Of(message), Rendering.Of(answer));
            Assert.True(message is HandOver or ReportGrants || !ReferenceEquals(message, answer));
        }
    }

    [Fact]
    public void What_is_stored_finds_the_packed_serializer_by_type_and_by_number()
    {
        var (system, _) = Start("fleet", SerializationConfiguration.Hocon);
        foreach (var (manifest, message) in WireVectors.All)
        {
            Assert.IsType<WhitelistSerializer>(system.Serialization.FindSerializerFor(message));
            Assert.Equal(
                Rendering.Of(message), Rendering.Of(system.Serialization.Deserialize(WireVectors.Read(manifest), 1012, manifest)));
        }
    }

    [Fact]
    public void Denied_serializers_do_not_answer_to_their_numbers()
    {
        var (system, _) = StartMember();
        foreach (var number in new[] { 1, 2, 3, 36 })
        {
            Assert.Throws<SerializationException>(() => system.Serialization.Deserialize("{}"u8.ToArray(), number, ""));
            Assert.Throws<SerializationException>(() => system.Serialization.Deserialize("{}"u8.ToArray(), number, typeof(Gadget)));
        }

        Assert.IsType<DeniedSerializer>(system.Serialization.FindSerializerForType(typeof(Gadget)));
        Assert.Contains("Gadget", Assert.Throws<SerializationException>(() => system.Serialization.Serialize(new Gadget("x"))).Message);
        var denied = new DeniedSerializer((ExtendedActorSystem)system);
        Assert.Throws<SerializationException>(() => denied.FromBinary([], ""));
        Assert.Throws<SerializationException>(() => denied.Manifest("x"));
    }

    // The entity answers with the port of the node that it is on. What reaches a shard as it moves is lost, and asked again as
    // WhitelistAdmin does.
    private static async Task<int> AskAsync(IActorRef region, int bucket)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return (await region.Ask<Revoked>(new Revoke(1, bucket, [Network.Of(default)], 0), Waiting.Limit / 4)).Count;
            }
            catch (AskTimeoutException) when (attempt < 4)
            {
                // Once more.
            }
        }
    }

    private static int PortOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress.Port!.Value;

    private (ActorSystem System, ConcurrentQueue<string> Faults) StartMember() => Start(
        "fleet",
        ConfigurationFactory.ParseString(SerializationConfiguration.Hocon + Clustered)
            .WithFallback(ClusterSharding.DefaultConfig())
            .WithFallback(ClusterSingleton.DefaultConfig())
            .WithFallback(DistributedData.DefaultConfig()));

    private (ActorSystem System, ConcurrentQueue<string> Faults) Start(string name, Config configuration)
    {
        var system = ActorSystem.Create(name, configuration.WithFallback(ConfigurationFactory.ParseString(Remoting)));
        _systems.Add(system);
        var faults = new ConcurrentQueue<string>();
        var log = system.ActorOf(Props.Create(() => new FaultLog(faults)));
        system.EventStream.Subscribe(log, typeof(Warning));
        system.EventStream.Subscribe(log, typeof(Error));
        return (system, faults);
    }

    private static IActorRef StartShards(ActorSystem system) => ClusterSharding.Get(system).Start(
        "whitelist",
        Props.Create(() => new Entity(PortOf(system))),
        ClusterShardingSettings.Create(system),
        new Extractor(),
        ShardAllocationStrategy.LeastShardAllocationStrategy(absoluteLimit: 8, relativeLimit: 1),
        HandOver.Instance);

    private sealed class Extractor() : HashCodeMessageExtractor(WhitelistLayout.Shards)
    {
        public override string? EntityId(object message) =>
            message is IToWhitelist to ? WhitelistLayout.EntityOf(to.Bucket) : null;
    }

    private sealed class Entity(int port) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Revoke ask)
                Sender.Tell(new Revoked(ask.Id, ask.Bucket, port, true));
            else if (message is HandOver)
                Context.Stop(Self);
        }
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class Listener(ConcurrentQueue<object> heard) : UntypedActor
    {
        protected override void OnReceive(object message) => heard.Enqueue(message);
    }

    private sealed class FaultLog(ConcurrentQueue<string> faults) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var text = message is LogEvent said ? $"{said.LogSource}: {said.Message} {said.Cause}" : "";
            if (text.Contains("serializ", StringComparison.OrdinalIgnoreCase))
                faults.Enqueue(text);
        }
    }

    private sealed record Gadget(string Name);

    /// <summary>Counts who makes it from bytes.</summary>
    private sealed class GadgetException : Exception
    {
        public GadgetException()
        {
        }

#pragma warning disable SYSLIB0051 // What Akka calls for an exception that it reads.
        private GadgetException(SerializationInfo info, StreamingContext context)
            : base(info, context) => Interlocked.Increment(ref _read);
#pragma warning restore SYSLIB0051

        private static int _read;

        public static int Read => _read;
    }

    private sealed class CreatedFromAfar : UntypedActor
    {
        private static int _count;

        public CreatedFromAfar() => Interlocked.Increment(ref _count);

        public static int Count => _count;

        protected override void OnReceive(object message)
        {
        }
    }
}
