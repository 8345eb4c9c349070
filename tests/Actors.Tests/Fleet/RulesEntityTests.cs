using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Fleet;

/// <summary>Grants and bans: the entity that orders them, and a node's copy.</summary>
public class RulesEntityTests : TestKit
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly TestProbe _news;
    private readonly FleetMeter _meter;

    public RulesEntityTests()
        : base("""akka.persistence { journal.plugin = akka.persistence.journal.inmem, snapshot-store.plugin = akka.persistence.snapshot-store.inmem }""")
    {
        _news = CreateTestProbe();
        _meter = new FleetMeter(_time);
    }

    [Fact]
    public void A_rule_is_journaled_numbered_told_and_there_in_the_next_life()
    {
        var rules = Start(persists: true);
        Assert.Equal((1L, 1, true), Summary(Ask<RulesChanged>(rules, Set(1, "198.51.100.0/24", RuleKind.Ban))));
        Assert.Equal((2L, 1, true), Summary(Ask<RulesChanged>(rules, Set(2, "203.0.113.7/32", RuleKind.Grant))));
        Assert.Equal((0L, 1L), (_news.ExpectMsg<RuleNews>().Before, _news.ExpectMsg<RuleNews>().Before));
        Assert.Equal((0L, 2L), (_meter.Queued, _meter.Journaled));
        Watch(rules);
        Sys.Stop(rules);
        ExpectTerminated(rules);

        var next = Start(persists: true);
        AwaitAssert(() => Assert.Equal(2, Ask<RulesCopy>(next, new GetRules(0)).Rules?.Length), TimeSpan.FromSeconds(5));
        Assert.Null(Ask<RulesCopy>(next, new GetRules(2)).Rules);
        Assert.Equal((3L, 1, true), Summary(Ask<RulesChanged>(next, new RemoveRules(3, Net("198.51.0.0/16"), 2000))));
        Assert.Equal((3L, 0, true), Summary(Ask<RulesChanged>(next, new RemoveRules(4, Net("198.51.0.0/16"), 2000))));
    }

    [Fact]
    public void A_rule_that_is_not_journaled_in_time_holds_and_is_said_to_be_not_durable()
    {
        var store = new StoreSignal();
        var rules = Start(persists: true, store);
        var changed = Ask<RulesChanged>(rules, Set(1, "198.51.100.0/24", RuleKind.Ban, waitMs: 50));
        Assert.False(changed.Durable);
        Assert.Equal(1, Ask<RulesCopy>(rules, new GetRules(0)).Rules?.Length);
        Assert.Equal(1, _meter.Queued);
        store.Announce();
        AwaitAssert(() => Assert.Equal((0L, 1L), (_meter.Queued, _meter.Journaled)), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Who_comes_up_with_less_than_the_nodes_know_takes_over_their_copy()
    {
        var rules = Start(persists: false);
        Ask<RulesChanged>(rules, Set(1, "198.51.100.0/24", RuleKind.Ban));
        _news.ExpectMsg<RuleNews>();
        Assert.Equal(1, Ask<RulesWanted>(rules, new GetRules(7)).Version);
        rules.Tell(new OfferRules(7, [Rule("203.0.113.0/24", RuleKind.Grant)]), TestActor);
        var news = _news.ExpectMsg<RuleNews>();
        Assert.Equal((7L, 8L), (news.Before, news.Version));
        var copy = Ask<RulesCopy>(rules, new GetRules(0));
        Assert.Equal(8, copy.Version);
        Assert.Equal(["198.51.100.0/24", "203.0.113.0/24"], copy.Rules!.Value.Select(r => r.Network.ToString()).Order());

        // An older copy changes nothing.
        rules.Tell(new OfferRules(6, []), TestActor);
        Assert.Equal(8, Ask<RulesCopy>(rules, new GetRules(0)).Version);
    }

    [Fact]
    public void A_rule_ends_at_its_time_and_never_later_than_max_life()
    {
        var rules = Start(persists: false);
        Ask<RulesChanged>(rules, Set(1, "198.51.100.0/24", RuleKind.Ban, life: TimeSpan.FromDays(4000)));
        var kept = Assert.Single(Ask<RulesCopy>(rules, new GetRules(0)).Rules!.Value);
        Assert.Equal(_time.GetUtcNow().AddDays(30).ToUnixTimeMilliseconds(), kept.ExpiresMs);
    }

    [Fact]
    public void A_copy_finds_the_longest_network_and_what_is_behind_an_expired_one()
    {
        var copy = new FleetRules(_time);
        copy.Replace(1, [Rule("10.0.0.0/8", RuleKind.Ban, TimeSpan.FromHours(2)), Rule("10.1.0.0/16", RuleKind.Ban, TimeSpan.FromHours(1), "inner")]);
        var client = ClientAddress.Parse("10.1.2.3");
        Assert.True(copy.TryMatch(RuleKind.Ban, client, out var ttl, out var reason));
        Assert.Equal((3600, "inner"), (ttl, reason));
        Assert.False(copy.TryMatch(RuleKind.Grant, client, out _, out _));
        _time.Advance(TimeSpan.FromMinutes(90));
        Assert.True(copy.TryMatch(RuleKind.Ban, client, out ttl, out reason));
        Assert.Equal((1800, "why"), (ttl, reason));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.False(copy.TryMatch(RuleKind.Ban, client, out _, out _));
    }

    [Fact]
    public void A_copy_takes_changes_in_order_and_notices_a_gap()
    {
        var copy = new FleetRules(_time);
        Assert.True(copy.TryApply(new RuleNews(0, 1, [Rule("10.0.0.0/8", RuleKind.Ban)], [])));
        Assert.False(copy.TryApply(new RuleNews(2, 3, [Rule("11.0.0.0/8", RuleKind.Ban)], [])));
        Assert.True(copy.TryApply(new RuleNews(1, 2, [], [new RemovedRule(Net("10.0.0.0/8"), RuleKind.Ban)])));
        Assert.Equal((2L, 0), (copy.Version, copy.Count(RuleKind.Ban)));
    }

    private static (long, int, bool) Summary(RulesChanged changed) => (changed.Version, changed.Count, changed.Durable);

    private static Network Net(string text) => Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    private Rule Rule(string network, RuleKind kind, TimeSpan? life = null, string reason = "why")
    {
        var now = _time.GetUtcNow();
        return new Rule(Net(network), kind, (now + (life ?? TimeSpan.FromHours(1))).ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds(), "op", reason);
    }

    private SetRules Set(long id, string network, RuleKind kind, int waitMs = 2000, TimeSpan? life = null) => new(id, [Rule(network, kind, life)], waitMs);

    private T Ask<T>(IActorRef rules, object question)
    {
        rules.Tell(question, TestActor);
        return ExpectMsg<T>(TimeSpan.FromSeconds(5));
    }

    private static StoreSignal Usable()
    {
        var store = new StoreSignal();
        store.Announce();
        return store;
    }

    private IActorRef Start(bool persists, StoreSignal? store = null) => Sys.ActorOf(RulesEntity.CreateProps(
        new BucketContext(_time, _meter, _news, ActorRefs.Nobody, TimeSpan.FromDays(30), 10_000, persists ? store ?? Usable() : null)));
}
