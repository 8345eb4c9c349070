using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Benchmarks.Macro;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Fleet;

/// <summary>What two nodes can say to each other in a second; medians of the rounds.</summary>
/// <param name="Pushed">Passes from one node's buckets into the other's near cache.</param>
/// <param name="LookUps">Questions about a client whose bucket is at the other node, as screenings ask them.</param>
/// <param name="Asks">The same question as a bare Ask of the same region.</param>
internal sealed record FleetRates(double Pushed, double LookUps, double Asks)
{
    public double Ratio => LookUps / Asks;
}

/// <summary>
/// Two cluster systems on loopback with Akka's remoting and the real actors between them: a node that holds all shards, and one that holds
/// none and asks. Both are in this process and share its cores.
/// </summary>
internal static class RatesMode
{
    private const int PushedEntries = 400_000;
    private const int MostOnTheWay = 10_000;
    private const int Askers = 64;
    private const string NodeProfile = Profile.DefaultName;
    private const string Fingerprint = "a1b2c3d4e5f60718";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var rates = await MeasureAsync(options.Rounds ?? 3, options.Length(1), options.Count ?? PushedEntries);
        var table = new Table("Two nodes on loopback, one process", "what", "/s");
        table.Add("passes pushed into the other node's near cache", rates.Pushed.Rate());
        table.Add($"remote look-ups, {Askers} at a time", rates.LookUps.Rate());
        table.Add("the same question as a bare Ask of the region", rates.Asks.Rate());
        table.Add("ratio", rates.Ratio.Ratio());
        table.Print();
        return 0;
    }

    /// <param name="length">Of one round of look-ups.</param>
    /// <param name="entries">Passes that are pushed in each round.</param>
    public static async Task<FleetRates> MeasureAsync(int rounds, TimeSpan length, int entries)
    {
        await using var pair = await Pair.StartAsync(entries);
        var (pushed, lookUps, asks) = (new List<double>(), new List<double>(), new List<double>());
        await AskAsync(pair.LookUpAsync, length); // Code that has just been compiled is not what is measured.
        await AskAsync(pair.AskAsync, length);
        await pair.PushAsync(entries / 4);
        for (var round = 0; round < rounds; round++)
        {
            pushed.Add(await pair.PushAsync(entries));
            asks.Add(await AskAsync(pair.AskAsync, length));
            lookUps.Add(await AskAsync(pair.LookUpAsync, length));
        }

        return new FleetRates(pushed.Median(), lookUps.Median(), asks.Median());
    }

    private static async Task<double> AskAsync(Func<ClientAddress, Task<TimesFound?>> ask, TimeSpan length)
    {
        var (watch, answered) = (Stopwatch.StartNew(), 0);
        await Task.WhenAll(Enumerable.Range(1, Askers).Select(asker => Task.Run(async () =>
        {
            for (var i = 0; watch.Elapsed < length; i++)
            {
                if (await ask(ClientAddress.FromIPv4((uint)((asker << 16) + i) << 8)) is not null)
                    Interlocked.Increment(ref answered);
            }
        })));
        return answered / watch.Elapsed.TotalSeconds;
    }

    /// <summary>The two nodes.</summary>
    private sealed class Pair(ActorSystem holder, ActorSystem asker, IActorRef region, NearCache nearCache) : IAsyncDisposable
    {
        private readonly FleetClient _client = new(TimeProvider.System);
        private readonly IActorRef _news = holder.ActorOf(
            NewsSender.CreateProps(new WhitelistMeter(TimeProvider.System), TimeProvider.System));
        private uint _lastClient;

        public static async Task<Pair> StartAsync(int entries)
        {
            var (holder, asker) = (StartSystem(isCache: true), StartSystem(isCache: false));
            var seed = Akka.Cluster.Cluster.Get(holder);
            using var patience = new CancellationTokenSource(Patience);
            await seed.JoinAsync(seed.SelfAddress, patience.Token);
            await Akka.Cluster.Cluster.Get(asker).JoinAsync(seed.SelfAddress, patience.Token);
            var nearCache = new NearCache(TimeProvider.System, entries, TimeSpan.FromMinutes(10));
            nearCache.Use([new Profile(NodeProfile, Fingerprint, new VerdictSettings(), [])]);
            WhitelistRegion.Start(holder, isCache: true, ContextFor());
            var pair = new Pair(holder, asker, WhitelistRegion.Start(asker, isCache: false, ContextFor()), nearCache);
            pair.Connect();
            return pair;
        }

        public Task<TimesFound?> LookUpAsync(ClientAddress client) =>
            _client.AskAsync(id => new GetTimes(id, client, NodeProfile, Fingerprint));

        public async Task<TimesFound?> AskAsync(ClientAddress client) =>
            await region.Ask<TimesFound>(new GetTimes(1, client, NodeProfile, Fingerprint), FleetClient.AnswerTimeout);

        /// <summary>Pushes passes of new clients, as fast as the other node stores them.</summary>
        /// <returns>Passes a second.</returns>
        public async Task<double> PushAsync(int entries)
        {
            nearCache.Forget(Network.Of(ClientAddress.FromIPv4(0), 0));
            var watch = Stopwatch.StartNew();
            for (var told = 0; told < entries; told++)
            {
                while (told - nearCache.Count >= MostOnTheWay)
                    await Task.Delay(1);
                _news.Tell(NextNews(), ActorRefs.NoSender);
            }

            while (nearCache.Count < entries && watch.Elapsed < Patience)
                await Task.Delay(1);
            return nearCache.Count / watch.Elapsed.TotalSeconds;
        }

        public async ValueTask DisposeAsync() => await Task.WhenAll(asker.Terminate(), holder.Terminate());

        private static ActorSystem StartSystem(bool isCache)
        {
            var port = FreePort();
            var settings = new ClusterSettings
            {
                Node = $"n{port}",
                ListenPort = port,
                PublicHost = "127.0.0.1",
                PublicPort = port,
                IsCache = isCache,
                Store = new MemoryStore(),
            };
            return ActorSystem.Create(ClusterSystem.SystemName, ClusterBootstrap.Of(new ClusterSystemSetup(settings)));
        }

        private static EntityContext ContextFor() => new(
            TimeProvider.System, new WhitelistMeter(TimeProvider.System), ActorRefs.Nobody, ActorRefs.Nobody, TimeSpan.FromDays(30), 10_000,
            Store: null);

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        private void Connect()
        {
            var address = Akka.Cluster.Cluster.Get(asker).SelfAddress;
            asker.ActorOf(
                NewsReceiver.CreateProps(nearCache, new GrantsAndBans(TimeProvider.System), region, ActorRefs.Nobody, TimeProvider.System),
                NewsSender.ReceiverName);
            var receiver = holder.ActorSelection(new RootActorPath(address) / "user" / NewsSender.ReceiverName);
            _news.Tell(new NewsReceiverFound(address, receiver, IsCache: false));
            _client.Open(region, asker.ActorOf(AnswerReceiver.CreateProps(_client)));
        }

        private PassNews NextNews()
        {
            var client = ClientAddress.FromIPv4(++_lastClient * 2_654_435_761);
            var pass = new Pass(86_400, Allow: true, Score: -2, Fingerprint, "mx1.example.org", "complete: zen.dnsbl.example none");
            return new PassNews(client, NodeProfile, pass, WhitelistLayout.BucketOf(client), default);
        }
    }
}
