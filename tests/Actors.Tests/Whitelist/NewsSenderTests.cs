using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>News to nodes that the test plays. Time stands still unless the test moves it.</summary>
public class NewsSenderTests : TestKit
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly int Bucket = WhitelistLayout.BucketOf(Client);

    private readonly FakeTimeProvider _time = new();
    private readonly WhitelistMeter _meter;
    private readonly IActorRef _sender;

    public NewsSenderTests()
        : base("""akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit" """)
    {
        _meter = new WhitelistMeter(_time);
        _sender = Sys.ActorOf(NewsSender.CreateProps(_meter, _time));
    }

    [Fact]
    public void News_leave_at_once_while_they_are_few_and_then_in_batches()
    {
        var node = Found("mx1");
        SendAllAtOnce(node);
        _sender.Tell(Passed(1));
        _sender.Tell(Passed(2));
        Settle();
        Assert.False(node.HasMessages);
        Pause();
        Assert.Equal([1, 2], Clients(node.ExpectMsg<WhitelistNews>()));
        Pause();
        _sender.Tell(Passed(3));
        Assert.Equal([3], Clients(node.ExpectMsg<WhitelistNews>()));
        Assert.Equal(NewsSender.MessagesAtOnce + 2, _meter.Pushes);
    }

    // Hunt N4: a pass, and then its revocation, while far too many wait.
    [Fact]
    [Trait("Finding", "A6")]
    public void Where_too_many_wait_the_oldest_passes_leave_and_the_order_stays()
    {
        var node = Found("mx1");
        SendAllAtOnce(node);
        var revocation = new RevocationNews([Network.Of(Client)], Bucket, 0, new Epoch(1, 5));
        for (var i = 1; i <= NewsSender.MaxWaiting; i++)
        {
            _sender.Tell(Passed(i));
            if (i == 5 || i == NewsSender.MaxWaiting - 100)
                _sender.Tell(revocation);
        }

        Settle();
        Pause();
        var items = new List<NewsItem>();
        while (items.Count < (NewsSender.MaxWaiting / 2) + 2)
            items.AddRange(node.ExpectMsg<WhitelistNews>().Items);
        Assert.Equal(NewsSender.MaxWaiting + 2 - items.Count, _meter.PushDropped);
        Assert.Same(revocation, items[0]);
        Assert.Same(revocation, items[^101]);
        Assert.Equal(2, items.Count(i => i is RevocationNews));
        var passes = items.OfType<PassNews>().Select(p => p.Client.IPv4Bits).ToList();
        Assert.Equal(Enumerable.Range(0, passes.Count).Select(i => (uint)(NewsSender.MaxWaiting - passes.Count + 1 + i)), passes);

        // So the client that passed before its revocation is out, wherever the two were cut.
        var cache = new NearCache(new FakeTimeProvider(), 100_000, TimeSpan.FromMinutes(10));
        var profile = new Profile("default", "p1", new VerdictSettings(), []);
        cache.Use([profile]);
        cache.Store(Passed(0) with { Client = Client, Bucket = Bucket });
        foreach (var item in items.OfType<RevocationNews>())
            cache.Revoke(item);
        Assert.False(cache.TryGet(Client, profile, out _));
    }

    [Fact]
    public void Networks_of_a_revocation_count_as_items_of_a_message()
    {
        var node = Found("mx1");
        SendAllAtOnce(node);
        var networks = Enumerable.Range(0, 400).Select(i => Network.Of(ClientAddress.FromIPv4((uint)i)));
        var many = new RevocationNews([.. networks], Bucket, 0, new Epoch(1, 5));
        for (var i = 0; i < 5; i++)
            _sender.Tell(many);
        _sender.Tell(Passed(1));
        Settle();
        Pause();
        Assert.Equal([2, 2, 2], Enumerable.Range(0, 3).Select(_ => node.ExpectMsg<WhitelistNews>().Items.Length));
    }

    [Fact]
    public void A_node_that_is_gone_is_not_told_and_grants_and_bans_go_to_all()
    {
        var (first, second) = (Found("mx1"), Found("mx2", isCache: false));
        _sender.Tell(ReportGrants.Instance);
        first.ExpectMsg<ReportGrants>();
        second.ExpectMsg<ReportGrants>();
        _sender.Tell(new NewsReceiverGone(AddressOf("mx1")));
        _sender.Tell(Passed(0));
        second.ExpectMsg<WhitelistNews>();
        Assert.False(first.HasMessages);
    }

    [Fact]
    public void Of_very_many_nodes_those_without_shards_hear_revocations_only()
    {
        var (edge, cache) = (Found("edge", isCache: false), Found("cache"));
        for (var i = 0; i < 199; i++)
            _sender.Tell(new NewsReceiverFound(AddressOf($"mx{i}"), ActorRefs.Nobody, IsCache: false));
        _sender.Tell(Passed(0));
        cache.ExpectMsg<WhitelistNews>();
        Assert.False(edge.HasMessages);
        _sender.Tell(new RevocationNews([Network.Of(Client)], Bucket, 0, new Epoch(1, 5)));
        Settle();
        Pause();
        edge.ExpectMsg<WhitelistNews>();
    }

    // In a cluster of one the receiver is told without a sender between.
    [Fact]
    public void The_receiver_hears_single_news_as_well()
    {
        var cache = new NearCache(new FakeTimeProvider(), 10, TimeSpan.FromMinutes(10));
        var profile = new Profile("default", "p1", new VerdictSettings(), []);
        cache.Use([profile]);
        var grants = new GrantsAndBans(TimeProvider.System);
        var receiver = Sys.ActorOf(
            NewsReceiver.CreateProps(cache, grants, CreateTestProbe(), CreateTestProbe(), TimeProvider.System));
        receiver.Tell(Passed(7));
        AwaitCondition(() => cache.TryGet(ClientAddress.FromIPv4(7), profile, out _));
        receiver.Tell(new WhitelistNews([Passed(8), new RevocationNews([Network.Of(ClientAddress.FromIPv4(7))], Bucket, 0, default)]));
        AwaitCondition(
            () => cache.TryGet(ClientAddress.FromIPv4(8), profile, out _) && !cache.TryGet(ClientAddress.FromIPv4(7), profile, out _));
    }

    private static PassNews Passed(int client) => new(
        ClientAddress.FromIPv4((uint)client), "default", new Pass(600, false, 0, "p1", "mx1", "clean"),
        WhitelistLayout.BucketOf(ClientAddress.FromIPv4((uint)client)), default);

    private static IEnumerable<uint> Clients(WhitelistNews news) => news.Items.Cast<PassNews>().Select(p => p.Client.IPv4Bits);

    private static Address AddressOf(string node) => new("akka.tcp", "fleet", node, 4053);

    private TestProbe Found(string node, bool isCache = true)
    {
        var probe = CreateTestProbe();
        _sender.Tell(new NewsReceiverFound(AddressOf(node), probe, isCache));
        return probe;
    }

    // What an interval sends at once to this node alone.
    private void SendAllAtOnce(TestProbe node)
    {
        for (var i = 0; i < NewsSender.MessagesAtOnce; i++)
        {
            _sender.Tell(Passed(0));
            Assert.Single(node.ExpectMsg<WhitelistNews>().Items);
        }
    }

    // All that was told has been read.
    private void Settle()
    {
        _sender.Tell(new Identify(null), TestActor);
        ExpectMsg<ActorIdentity>(TimeSpan.FromSeconds(20));
    }

    private void Pause() => ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromMilliseconds(10));
}
