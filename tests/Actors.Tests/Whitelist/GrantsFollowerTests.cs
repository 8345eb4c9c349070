using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Whitelist;
using static Screening.Actors.Tests.Whitelist.GrantLines;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>What a node asks of the entity, and what it does with the answers.</summary>
public class GrantsFollowerTests : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(NowMs));
    private readonly GrantsAndBans _copy;
    private readonly TestProbe _entity;

    public GrantsFollowerTests()
    {
        _copy = new GrantsAndBans(_time);
        _entity = CreateTestProbe();
    }

    [Fact]
    [Trait("Finding", "A2")]
    public void It_asks_at_once_and_often_until_an_entity_that_has_recovered_answers()
    {
        var follower = Start();
        for (var i = 0; i < 5; i++)
            Assert.Equal(default, _entity.ExpectMsg<GetGrants>(Limit).Known);
        follower.Tell(new GrantsUpToDate(default));
        AwaitAssert(() => Assert.True(_copy.IsConfirmed), Limit);
    }

    [Fact]
    public void A_copy_is_fetched_part_by_part_and_applied_when_whole()
    {
        var follower = Start();
        _entity.ExpectMsg<GetGrants>(Limit);
        var copies = new GrantsCopies(_time);
        var state = StateOf(5, Bans(10_000, new string('x', 200)));
        var first = copies.FirstOf(state);
        Assert.InRange(first.Parts, 5, 20);
        follower.Tell(first);
        for (var i = 1; i < first.Parts; i++)
        {
            var asked = _entity.FishForMessage<GetGrantsPart>(_ => true, Limit);
            Assert.Equal(new GetGrantsPart(state.Version, i), asked);
            Assert.Equal(0, _copy.Count(GrantKind.Ban));
            follower.Tell(copies.Find(asked.Version, asked.Part)!);
        }

        // Whole by now; what changed meanwhile is asked for.
        Assert.Equal(state.Version, _entity.FishForMessage<GetGrants>(get => get.Known != default, Limit).Known);
        Assert.Equal(10_000, _copy.Count(GrantKind.Ban));
        Assert.False(_copy.IsConfirmed);
    }

    [Fact]
    public void A_part_that_comes_twice_or_never_does_no_harm()
    {
        var follower = Start();
        _entity.ExpectMsg<GetGrants>(Limit);
        var copies = new GrantsCopies(_time);
        var state = StateOf(5, Bans(5000, new string('x', 200)));
        var first = copies.FirstOf(state);
        follower.Tell(first);
        follower.Tell(first);
        follower.Tell(copies.Find(state.Version, 2)!);
        _entity.FishForMessage<GetGrantsPart>(get => get.Part == 1, Limit);

        // Nothing more comes; after a while it asks again, and says once more which version it has, for the entity may be another.
        _time.Advance(TimeSpan.FromSeconds(3));
        _entity.FishForMessage<GetGrantsPart>(get => get.Part == 1, Limit);
        _entity.FishForMessage<GetGrants>(_ => true, Limit);
        for (var part = 1; part < first.Parts; part++)
            follower.Tell(copies.Find(state.Version, part)!);

        AwaitAssert(() => Assert.Equal(5000, _copy.Count(GrantKind.Ban)), Limit);
    }

    [Fact]
    public void News_that_do_not_follow_what_it_has_make_it_ask()
    {
        var follower = Start();
        _entity.ExpectMsg<GetGrants>(Limit);
        var (first, one) = Change(GrantsState.Empty.InLife(5), Setting(Ban("10.0.0.0/8")));
        var (second, two) = Change(one, Setting(Ban("11.0.0.0/8")));
        follower.Tell(first);
        follower.Tell(new GrantsUpToDate(one.Version));
        AwaitAssert(() => Assert.True(_copy.IsConfirmed), Limit);
        var (third, _) = Change(two, Setting(Ban("12.0.0.0/8")));
        follower.Tell(third);
        Assert.Equal(one.Version, _entity.FishForMessage<GetGrants>(get => get.Known == one.Version, Limit).Known);
        AwaitAssert(() => Assert.False(_copy.IsConfirmed), Limit);
        follower.Tell(second);
        follower.Tell(third);
        AwaitAssert(() => Assert.Equal(3, _copy.Count(GrantKind.Ban)), Limit);
    }

    [Fact]
    public void An_entity_that_recovers_hears_which_version_it_has_and_gets_its_copy()
    {
        var state = StateOf(5, Bans(3000, new string('x', 200)));
        _copy.Load(state);
        var follower = Start();
        _entity.ExpectMsg<GetGrants>(Limit);
        follower.Tell(new GrantsUpToDate(state.Version));
        AwaitAssert(() => Assert.True(_copy.IsConfirmed), Limit);
        follower.Tell(ReportGrants.Instance);
        Assert.Equal(state.Version, _entity.FishForMessage<GetGrants>(_ => true, Limit).Known);
        var lines = new List<GrantOrBan>();
        for (var (part, parts) = (0, 1); part < parts; part++)
        {
            follower.Tell(new GetGrantsPart(state.Version, part), TestActor);
            var copied = ExpectMsg<GrantsCopyPart>(Limit);
            Assert.Equal(part, copied.Part);
            parts = copied.Parts;
            lines.AddRange(copied.Lines);
        }

        Assert.Equal(state.Lines.ToHashSet(), lines.ToHashSet());
    }

    private IActorRef Start() => Sys.ActorOf(GrantsFollower.CreateProps(_copy, _entity, _time));
}
