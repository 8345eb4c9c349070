using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Whitelist;
using static Screening.Actors.Tests.Whitelist.GrantLines;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>The entity that orders grants and bans, with a journal in memory.</summary>
public class GrantsEntityTests : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly JumpingTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(NowMs));
    private readonly TestProbe _news;
    private readonly WhitelistMeter _meter;

    public GrantsEntityTests()
        : base(
            """
            akka.persistence.journal.plugin = akka.persistence.journal.inmem
            akka.persistence.snapshot-store.plugin = akka.persistence.snapshot-store.inmem
            """)
    {
        _news = CreateTestProbe();
        _meter = new WhitelistMeter(_time);
    }

    [Fact]
    public void A_change_is_journaled_numbered_told_and_there_in_the_next_life()
    {
        var entity = Start(StoreThatIsReady());
        var recorded = Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24")));
        Assert.Equal((1L, 1, true), (recorded.Version.Number, recorded.Count, recorded.Durable));
        var further = Ask<GrantsRecorded>(entity, Set(2, Grant("203.0.113.7/32"), Ban("192.0.2.1/32")));
        Assert.Equal((2L, 2), (further.Version.Number, further.Count));
        var news = _news.FishForMessage<GrantsChanged>(_ => true, Limit);
        Assert.Equal((0L, recorded.Version), (news.Before.Number, news.After));
        var removed = Ask<GrantsRecorded>(entity, new RemoveGrants(3, Net("192.0.2.0/24"), 5000));
        Assert.Equal((3L, 1, true), (removed.Version.Number, removed.Count, removed.Durable));
        Stop(entity);

        var next = Start(StoreThatIsReady());
        var copy = FirstPartOf(next);
        Assert.Equal((3L, 1), (copy.Version.Number, copy.Parts));
        Assert.Equal(["198.51.100.0/24", "203.0.113.7/32"], copy.Lines.Select(line => line.Network.ToString()).Order());
        Assert.True(copy.Version.Life > recorded.Version.Life);
        Assert.Equal(0, Ask<GrantsRecorded>(next, new RemoveGrants(4, Net("192.0.2.0/24"), 5000)).Count);
    }

    [Fact]
    [Trait("Finding", "A2")]
    public void Until_it_has_recovered_it_answers_nobody_and_then_tells_all()
    {
        var store = new StoreSignal();
        var entity = Start(store, isHeard: false);
        _news.FishForMessage<ReportGrants>(_ => true, Limit);
        entity.Tell(new GetGrants(default), TestActor);
        entity.Tell(Set(1, Ban("198.51.100.0/24")), TestActor);
        entity.Tell(new GetGrantsPart(default, 0), TestActor);
        ExpectNoMsg(TimeSpan.FromSeconds(1));
        store.Announce();
        Assert.True(ExpectMsg<GrantsRecorded>(Limit).Durable);
        Assert.Equal(0, _news.FishForMessage<GrantsUpToDate>(_ => true, Limit).Version.Number);
    }

    [Fact]
    public void A_change_that_is_not_journaled_in_time_holds_and_is_said_to_be_not_durable()
    {
        var store = StoreThatIsReady();
        var entity = Start(store);
        Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24")));
        var recorded = Ask<GrantsRecorded>(entity, Set(2, Ban("198.51.101.0/24")) with { WaitMs = 0 });
        AwaitAssert(() => Assert.Equal((0L, 2L), (_meter.Queued, _meter.Journaled)), Limit);
        Assert.Equal(recorded.Version, Ask<GrantsUpToDate>(entity, new GetGrants(recorded.Version)).Version);
    }

    [Fact]
    [Trait("Finding", "A1")]
    public void All_that_there_is_room_for_is_told_in_parts_that_fit_a_frame()
    {
        var entity = Start();
        foreach (var part in GrantsParts.Split(Bans(GrantsState.MaxLines, new string('x', 200))))
            Assert.Null(Ask<GrantsRecorded>(entity, Set(1, part)).Fault);
        Assert.Contains("no more than 100000", Ask<GrantsRecorded>(entity, Set(2, Ban("192.0.2.1/32"))).Fault);
        var lines = 0;
        var first = Ask<GrantsCopyPart>(entity, new GetGrants(default));
        for (var part = first; ; part = Ask<GrantsCopyPart>(entity, new GetGrantsPart(part.Version, part.Part + 1)))
        {
            lines += part.Lines.Length;
            Assert.Equal((first.Version, first.Parts), (part.Version, part.Parts));
            if (part.Part == 1) // What changes meanwhile does not disturb the copy.
                Ask<GrantsRecorded>(entity, new RemoveGrants(3, Net("11.0.0.0/32"), 0));
            if (part.Part == part.Parts - 1)
                break;
        }

        Assert.Equal(GrantsState.MaxLines, lines);

        // And then the node catches up by changes.
        var removed = Ask<GrantsChanged>(entity, new GetGrants(first.Version));
        Assert.Equal(Net("11.0.0.0/32"), removed.Change.RemoveInside);
        Assert.Equal(removed.After, ExpectMsg<GrantsUpToDate>(Limit).Version);
    }

    [Fact]
    [Trait("Finding", "A3")]
    public void An_entity_that_lost_its_memory_takes_the_latest_copy_that_a_node_has()
    {
        var (older, newer) = (StateOf(5, Bans(10)), StateOf(5, Bans(10)).Apply(Setting(Ban("198.51.100.0/24"))));
        var entity = Start(nodes: 2, isHeard: false);
        Node(older, entity);
        Node(newer, entity);
        var told = _news.FishForMessage<GrantsUpToDate>(_ => true, Limit).Version;
        Assert.True(told.IsSameContent(newer.Version));
        Assert.True(told.Life > 5);

        // The node that had less gets what it lacks; the other is told that it lacks nothing.
        Assert.Equal(told, Ask<GrantsUpToDate>(entity, new GetGrants(newer.Version)).Version);
        Assert.Equal(11, Ask<GrantsCopyPart>(entity, new GetGrants(older.Version)).Lines.Length);
    }

    [Fact]
    [Trait("Finding", "A1")]
    public void A_copy_of_many_parts_is_taken_from_a_node_and_stored()
    {
        var state = StateOf(5, Bans(10_000, new string('x', 200)));
        var entity = Start(StoreThatIsReady(), isHeard: false);
        Node(state, entity);
        Assert.True(_news.FishForMessage<GrantsUpToDate>(_ => true, Limit).Version.IsSameContent(state.Version));
        AwaitAssert(() => Assert.NotEqual(0, _meter.Journaled), Limit);
        Stop(entity);

        // The next life has it from the store alone.
        var next = Start(StoreThatIsReady());
        Assert.True(FirstPartOf(next).Version.IsSameContent(state.Version));
    }

    [Fact]
    public void A_node_that_dies_while_its_copy_is_fetched_costs_the_copy_only()
    {
        var dead = CreateTestProbe();
        var entity = Start(nodes: 2, isHeard: false);
        entity.Tell(new GetGrants(StateOf(9, Bans(5)).Version), dead);
        Node(StateOf(5, Bans(3)), entity);
        dead.FishForMessage<GetGrantsPart>(_ => true, Limit);
        _time.Advance(TimeSpan.FromSeconds(11));
        _news.FishForMessage<GrantsUpToDate>(_ => true, Limit);
        Assert.Equal(3, FetchedFrom(entity).Count);
    }

    [Fact]
    [Trait("Finding", "A3")]
    public void A_later_state_that_shows_up_late_counts_with_the_changes_of_this_life_on_top()
    {
        var entity = Start();
        Assert.Equal(1, Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24"))).Count);
        var late = StateOf(NowMs + 1_000_000, Ban("203.0.113.0/24"), Grant("198.51.100.0/24"));
        Node(late, entity);
        AwaitAssert(
            () =>
            {
                var told = _news.FishForMessage<GrantsUpToDate>(_ => true, Limit).Version;
                Assert.True(told.Life > late.Version.Life);
            },
            Limit);
        var copy = FetchedFrom(entity);
        Assert.Equal(3, copy.Count);
        Assert.True(copy.Version.Life > late.Version.Life);
    }

    [Fact]
    [Trait("Finding", "A1")]
    public void A_node_that_knows_more_is_told_nothing_less_before_its_copy_was_fetched()
    {
        var entity = Start();
        Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24")));
        var known = StateOf(NowMs + 1_000_000, Ban("203.0.113.0/24")).Version;

        entity.Tell(new GetGrants(known), TestActor);

        Assert.Equal(known, ExpectMsg<GetGrantsPart>(Limit).Version);
        entity.Tell(new GetGrants(known), TestActor);
        // The entity handles one message after the other: when this is answered, so is the question before.
        Ask<GrantsRecorded>(entity, Set(2, Ban("198.51.100.0/24")));
    }

    [Fact]
    public void An_earlier_state_that_shows_up_late_changes_nothing()
    {
        var entity = Start();
        var recorded = Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24")));
        var earlier = GrantsState.Empty.InLife(-1).Apply(Setting()).Version;
        Assert.Equal(recorded.Version, Ask<GrantsCopyPart>(entity, new GetGrants(earlier)).Version);
    }

    [Fact]
    public void What_lives_longer_is_kept_when_only_longer_lines_are_set_and_nothing_lives_longer_than_max_life()
    {
        var entity = Start();
        Ask<GrantsRecorded>(entity, Set(1, Ban("192.0.2.0/24", TimeSpan.FromHours(2), "kept"), Ban("192.0.2.0/25")));
        var longer = Ban("192.0.2.0/25", TimeSpan.FromDays(4000), "longer");
        var changed = Ask<GrantsRecorded>(entity, Set(2, Ban("192.0.2.0/24"), longer) with { OnlyIfLonger = true });
        Assert.Equal(1, changed.Count);
        var state = FetchedFrom(entity);
        Assert.Equal("kept", state.Find(new GrantKey(Net("192.0.2.0/24"), GrantKind.Ban))!.Reason);
        var kept = state.Find(new GrantKey(Net("192.0.2.0/25"), GrantKind.Ban))!;
        Assert.Equal(_time.GetUtcNow().AddDays(30).ToUnixTimeMilliseconds(), kept.ExpiresMs);
    }

    [Fact]
    [Trait("Finding", "A4")]
    public void A_clock_that_jumps_lifts_no_ban_for_good()
    {
        var entity = Start();
        Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24", TimeSpan.FromHours(4))));
        foreach (var jump in (TimeSpan[])[TimeSpan.FromHours(6), TimeSpan.FromDays(3), TimeSpan.FromDays(400)])
        {
            Advance(entity, TimeSpan.FromHours(2));
            Assert.Equal(1, FetchedFrom(entity).Count); // When it answers, it has looked at the clock.
            _time.Jump += jump;
            foreach (var _ in Enumerable.Range(0, 10))
            {
                Advance(entity, TimeSpan.FromSeconds(30));
                Assert.Equal(1, FetchedFrom(entity).Count);
            }

            _time.Jump -= jump;
            Advance(entity, TimeSpan.FromSeconds(30));
            Assert.Equal(1, FetchedFrom(entity).Count);
        }
    }

    [Fact]
    [Trait("Finding", "A4")]
    public void A_clock_that_is_wrong_for_a_single_reading_lifts_no_ban_for_good()
    {
        var entity = Start();
        Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24", TimeSpan.FromHours(4))));
        Advance(entity, TimeSpan.FromHours(2));
        Assert.Equal(1, FetchedFrom(entity).Count); // It has looked at the clock, so the next reading is the next look's.
        _time.JumpOnce = TimeSpan.FromDays(3);
        Advance(entity, TimeSpan.FromSeconds(30));
        Assert.Equal(1, FetchedFrom(entity).Count);
        Assert.Equal(TimeSpan.Zero, _time.JumpOnce);
    }

    [Fact]
    [Trait("Finding", "A4")]
    public void What_expired_is_removed_a_day_later()
    {
        var entity = Start();
        Ask<GrantsRecorded>(entity, Set(1, Ban("198.51.100.0/24", TimeSpan.FromHours(4)), Ban("198.51.101.0/24", TimeSpan.FromDays(20))));
        Advance(entity, TimeSpan.FromHours(27));
        Assert.Equal(2, FetchedFrom(entity).Count);
        Advance(entity, TimeSpan.FromHours(2));
        Assert.Equal(1, FetchedFrom(entity).Count);
        Assert.NotEqual(0, _news.FishForMessage<GrantsChanged>(changed => !changed.Change.OnlySets, Limit).Change.RemoveExpiredBefore);
    }

    private static StoreSignal StoreThatIsReady()
    {
        var store = new StoreSignal();
        store.Announce();
        return store;
    }

    private static SetGrants Set(long id, params ImmutableArray<GrantOrBan> lines) => new(id, lines, false, 5000);

    private void Advance(IActorRef entity, TimeSpan time)
    {
        _time.Advance(time);
        entity.Tell(GrantsEntity.SweepNow);
    }

    // A node with this copy, as its follower is. It has asked the entity once.
    private void Node(GrantsState state, IActorRef entity)
    {
        var copy = new GrantsAndBans(_time);
        copy.Load(state);
        Sys.ActorOf(GrantsFollower.CreateProps(copy, entity, _time));
    }

    // While it recovers it answers nobody.
    private GrantsCopyPart FirstPartOf(IActorRef entity)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            entity.Tell(new GetGrants(new GrantsVersion(0, -1, 0)), TestActor);
            if (ReceiveOne(TimeSpan.FromMilliseconds(200)) is GrantsCopyPart part)
                return part;
        }

        throw new TimeoutException("the entity has not recovered");
    }

    private GrantsState FetchedFrom(IActorRef entity)
    {
        var copy = Ask<GrantsCopyPart>(entity, new GetGrants(new GrantsVersion(0, -1, 0)));
        Assert.Equal(1, copy.Parts);
        return GrantsState.Of(copy.Version, copy.Lines);
    }

    private T Ask<T>(IActorRef entity, object question)
    {
        entity.Tell(question, TestActor);
        return ExpectMsg<T>(Limit);
    }

    private void Stop(IActorRef entity)
    {
        Watch(entity);
        Sys.Stop(entity);
        ExpectTerminated(entity, Limit);
    }

    // Heard: the one node that there is has nothing, and the entity begins.
    private IActorRef Start(StoreSignal? store = null, int nodes = 1, bool isHeard = true)
    {
        var entity = Sys.ActorOf(GrantsEntity.CreateProps(
            new EntityContext(_time, _meter, _news, ActorRefs.Nobody, TimeSpan.FromDays(30), 10_000, store) { CountNodes = () => nodes }));
        if (isHeard)
            entity.Tell(new GetGrants(default), CreateTestProbe());
        return entity;
    }

    // A wall clock that is wrong by some time, over a monotonic one that is not.
    private sealed class JumpingTimeProvider(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public TimeSpan Jump { get; set; }

        /// <summary>By how much the next reading alone is wrong.</summary>
        public TimeSpan JumpOnce { get; set; }

        // The fake one is made of GetUtcNow, jumps and all.
        public override long GetTimestamp() => base.GetUtcNow().Ticks;

        public override DateTimeOffset GetUtcNow()
        {
            var once = JumpOnce;
            JumpOnce = default;
            return base.GetUtcNow() + Jump + once;
        }
    }
}
