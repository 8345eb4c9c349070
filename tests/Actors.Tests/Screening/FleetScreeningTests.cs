using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.P0f;
using Screening.Actors.Fleet;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Screening;

/// <summary>
/// A screening with a fleet and checks that the test plays. <c>bad.test</c> refuses alone, <c>other.test</c> hardly matters.
/// </summary>
public class FleetScreeningTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly int Bucket = WhitelistLayout.BucketOf(Client);
    private static readonly AnswerCode Listed = AnswerCode.TryParse("127.0.0.2", out var code) ? code : default;
    private static readonly DnsblAnswer NotListed = new([], 900);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly CheckDirectory _checks = new();
    private readonly NearCache _nearCache;
    private readonly FleetClient _client;
    private readonly TestProbe _gate;
    private readonly TestProbe _fleet;
    private readonly IActorRef _answers;
    private readonly TestProbe _list;
    private readonly TestProbe _other;
    private readonly TestProbe _p0f;

    public FleetScreeningTests()
    {
        (_gate, _fleet) = (CreateTestProbe(), CreateTestProbe());
        (_list, _other, _p0f) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _nearCache = new NearCache(_time, 100, TimeSpan.FromMinutes(10));
        _checks.Register("dnsbl:bad.test", _list);
        _checks.Register("dnsbl:other.test", _other);
        _checks.Register("p0f", _p0f);
        _client = new FleetClient(_time);
        _answers = Sys.ActorOf(AnswerReceiver.CreateProps(_client));
        _client.Open(_fleet, _answers);
    }

    private TimeSpan LookUpWait { get; set; } = TimeSpan.FromMilliseconds(30);

    private Profile Profile { get; set; } =
        ProfileOf(new P0fPlan("p0f", [], 2), PlanOf("bad.test=127.0.0.2*3"), PlanOf("other.test*1"));

    [Fact]
    public async Task A_client_that_the_fleet_knows_costs_no_list()
    {
        var (screening, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _p0f.ExpectMsg<AskCheck>(); // At once, for it forgets.
        _fleet.Reply(new LookUpHit(ask.Id, new Pass(500, true, -4, "p1", "mx2", "vouched for"), default));
        var decision = await reply.WaitAsync(Patience);
        Assert.Equal(new Verdict(VerdictAction.Pass, true, 500, -4, VerdictSource.Fleet), decision.Verdict);
        Assert.True(decision.Complete);
        Assert.Contains("mx2", decision.Reason);
        Assert.True(_nearCache.TryGet(Client, Profile, out _));
        await IsIdleAsync(screening);
        Assert.False(_list.HasMessages);
    }

    [Fact]
    public async Task The_home_asks_the_lists_and_the_pass_is_told()
    {
        var (screening, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        Assert.Equal<ulong>([Shared("bad.test"), Shared("other.test")], ask.Lists);
        _fleet.Reply(new LookUpMiss(ask.Id, new Epoch(3, 7), Asks: true));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        _time.Advance(TimeSpan.FromMilliseconds(40));
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("bad.test"), new DnsblAnswer([], 300))]));
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("other.test"), NotListed)]));
        Assert.Equal(VerdictSource.Screened, (await reply.WaitAsync(Patience)).Verdict.Source);
        var told = _fleet.ExpectMsg<Conclude>();
        Assert.Equal((new Epoch(3, 7), 40), (told.Epoch, told.AgeMs));
        Assert.Equal((600, "p1", "mx1"), (told.Pass.TtlSeconds, told.Pass.Fingerprint, told.Pass.By));
        await IsIdleAsync(screening);
        Assert.False(_list.HasMessages || _other.HasMessages);
    }

    [Fact]
    public async Task Evidence_of_the_home_is_weighed_by_this_nodes_own_profile()
    {
        var (_, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("bad.test"), new DnsblAnswer([Listed], 60))])); // Before the miss.
        _fleet.Reply(new LookUpMiss(ask.Id, default, Asks: true));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        Assert.Equal(VerdictAction.Enforce, (await reply.WaitAsync(Patience)).Verdict.Action);
    }

    [Fact]
    public void Where_the_home_does_not_ask_the_lists_they_are_asked_here()
    {
        Start();
        _fleet.Reply(new LookUpMiss(_fleet.ExpectMsg<LookUp>().Id, default, Asks: false));
        _list.ExpectMsg<AskCheck>();
        _other.ExpectMsg<AskCheck>();
    }

    [Fact]
    [Trait("Finding", "C")]
    public async Task Only_a_list_that_failed_at_the_home_or_is_not_there_is_asked_here()
    {
        var (_, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _fleet.Reply(new LookUpMiss(ask.Id, default, Asks: true));
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("bad.test"), null)]));
        Answer(_list, new DnsblAnswer([], 300));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("other.test"), NotListed)]));
        Assert.True((await reply.WaitAsync(Patience)).Complete);
        Assert.False(_other.HasMessages);
    }

    [Fact]
    [Trait("Finding", "C")]
    public async Task When_the_home_is_killed_in_the_middle_the_rest_is_asked_here_and_no_answer_is_late()
    {
        var (screening, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _fleet.Reply(new LookUpMiss(ask.Id, default, Asks: true));
        await IsIdleAsync(screening);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("other.test"), NotListed)]));
        await IsIdleAsync(screening);
        _time.Advance(TimeSpan.FromMilliseconds(150));
        await IsIdleAsync(screening);
        Assert.False(_list.HasMessages);
        _time.Advance(TimeSpan.FromMilliseconds(60));
        _list.ExpectMsg<AskCheck>(Patience);
        await IsIdleAsync(screening);
        Assert.False(_other.HasMessages);
        _time.Advance(TimeSpan.FromMilliseconds(582)); // The list is silent as well: 992 ms of 1 s.
        Assert.Equal(VerdictSource.Screened, (await reply.WaitAsync(Patience)).Verdict.Source);
    }

    [Fact]
    public async Task A_silent_fleet_is_waited_for_as_its_answers_usually_take_and_at_least_lookup_wait()
    {
        var (first, _) = Start();
        await IsIdleAsync(first);
        _fleet.ExpectMsg<LookUp>();
        _time.Advance(TimeSpan.FromMilliseconds(247)); // Nothing is known of its ways: a quarter of the deadline.
        await IsIdleAsync(first);
        Assert.False(_list.HasMessages);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        _list.ExpectMsg<AskCheck>(Patience);
        _client.Open(_fleet, _answers);
        _client.TryLookUp(new LookUp(-1, Client, "", "", default, []), TimeSpan.Zero, TestActor);
        _client.Answer(new LookUpMiss(-1, default, Asks: false));
        var (second, _) = Start();
        await IsIdleAsync(second);
        _time.Advance(TimeSpan.FromMilliseconds(29));
        await IsIdleAsync(second);
        Assert.False(_list.HasMessages);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        _list.ExpectMsg<AskCheck>(Patience);
    }

    [Fact]
    public void With_lookup_wait_0_the_fleet_is_asked_but_not_waited_for()
    {
        LookUpWait = TimeSpan.Zero;
        Start();
        Assert.Empty(_fleet.ExpectMsg<LookUp>().Lists); // They are asked here anyway.
        _list.ExpectMsg<AskCheck>(Patience);
    }

    [Fact]
    [Trait("Finding", "D: Pending wait")]
    public async Task A_query_with_less_time_that_joins_shortens_the_wait_and_is_answered_by_its_own_deadline()
    {
        var (screening, first) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _fleet.Reply(new LookUpMiss(ask.Id, default, Asks: true));
        var serial = new TaskCompletionSource<Decision>(TaskCreationOptions.RunContinuationsAsynchronously);
        screening.Tell(new ScreenClient(QueryOf(TimeSpan.FromMilliseconds(300)), serial));
        await IsIdleAsync(screening);
        _time.Advance(TimeSpan.FromMilliseconds(75));
        Answer(_list, new DnsblAnswer([Listed], 60));
        Answer(_other, NotListed);
        Assert.Equal(VerdictAction.Enforce, (await serial.Task.WaitAsync(Patience)).Verdict.Action);
        Assert.Equal(VerdictAction.Enforce, (await first.WaitAsync(Patience)).Verdict.Action);
    }

    [Fact]
    public void A_fleet_that_is_not_there_is_not_waited_for()
    {
        _client.Close(_answers);
        Start();
        _list.ExpectMsg<AskCheck>(Patience);
    }

    [Fact]
    [Trait("Finding", "C4")]
    public async Task A_screening_decides_once_whatever_comes_at_the_same_time()
    {
        var (screening, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        _fleet.Reply(NobodyLists(ask));
        _fleet.Reply(new LookUpMiss(ask.Id, default, Asks: true));
        _fleet.Reply(new LookUpHit(ask.Id, new Pass(500, true, -4, "p1", "mx2", "late"), default));
        Assert.Equal(VerdictSource.Screened, (await reply.WaitAsync(Patience)).Verdict.Source);
        await IsIdleAsync(screening);
        Watch(screening);
        screening.Tell(ScreeningReleased.Instance);
        ExpectTerminated(screening, Patience);
        _gate.ExpectMsg<ScreeningEnded>();
        _fleet.ExpectMsg<Conclude>();
        Assert.False(_gate.HasMessages || _fleet.HasMessages);
    }

    [Fact]
    [Trait("Finding", "C2")]
    public async Task A_check_that_a_reload_has_stopped_keeps_no_screening_alive_for_long()
    {
        var (screening, reply) = Start();
        _fleet.Reply(new LookUpMiss(_fleet.ExpectMsg<LookUp>().Id, default, Asks: false));
        await IsIdleAsync(screening);
        _time.Advance(TimeSpan.FromSeconds(1)); // No check ever answers.
        Assert.Equal(VerdictSource.Default, (await reply.WaitAsync(Patience)).Verdict.Source);
        Watch(screening);
        screening.Tell(ScreeningReleased.Instance);
        await IsIdleAsync(screening);
        _time.Advance(TimeSpan.FromSeconds(5));
        ExpectTerminated(screening, Patience);
    }

    [Fact]
    [Trait("Finding", "A5")]
    public async Task A_pass_whose_allow_is_open_is_answered_early_and_kept_and_told_once_it_is_proved()
    {
        Profile = ProfileOf(PlanOf("bad.test=127.0.0.2*3"), PlanOf("other.test=127.0.0.2*-3"));
        var (screening, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _fleet.Reply(new LookUpMiss(ask.Id, default, Asks: true));
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("bad.test"), NotListed)]));
        var decision = await reply.WaitAsync(Patience);
        Assert.Equal((VerdictAction.Pass, true, 900), (decision.Verdict.Action, decision.Early, decision.Verdict.TtlSeconds));
        Assert.Equal(0, _nearCache.Count);
        screening.Tell(ScreeningReleased.Instance);
        await IsIdleAsync(screening);
        Assert.False(_fleet.HasMessages);
        _fleet.Reply(new EvidenceCame(ask.Id, [new SharedEvidence(Shared("other.test"), new DnsblAnswer([Listed], 60))]));
        Assert.Equal((true, -3), (_fleet.ExpectMsg<Conclude>(Patience).Pass.Allow, ((Conclude)_fleet.LastMessage!).Pass.Score));
        Assert.True(_nearCache.TryGet(Client, Profile, out var kept) && kept.Allow);
    }

    [Theory]
    [Trait("Finding", "A5")]
    [InlineData(Door.Plugin)]
    [InlineData(Door.Dnsbl)]
    public async Task An_allow_that_a_list_which_failed_could_have_denied_is_not_kept(Door door)
    {
        // -3 with one answer, 0 if the other speaks against the client: a pass for certain, and perhaps an allow.
        Profile = ProfileOf(PlanOf("bad.test=127.0.0.2*3"), PlanOf("other.test=127.0.0.2*-3"));
        var (screening, reply) = Start(q => q with { Door = door });
        _fleet.Reply(new LookUpMiss(_fleet.ExpectMsg<LookUp>().Id, default, Asks: false));
        Answer(_other, new DnsblAnswer([Listed], 600));
        _list.ExpectMsg<AskCheck>(Patience).ReplyTo.Tell(new CheckFailed(0, CheckFailure.BadAnswer, "SERVFAIL"));
        Assert.Equal(VerdictAction.Pass, (await reply.WaitAsync(Patience)).Verdict.Action);
        await IsIdleAsync(screening);
        Assert.Equal(0, _nearCache.Count);
        Assert.False(_fleet.HasMessages);
    }

    [Fact]
    [Trait("Finding", "A10")]
    public async Task A_client_that_p0f_has_not_seen_has_proved_nothing()
    {
        Profile = ProfileOf(new P0fPlan("p0f", [new P0fRule(1)], 2));
        var (screening, reply) = Start();
        _fleet.Reply(new LookUpMiss(_fleet.ExpectMsg<LookUp>().Id, default, Asks: false));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        var decision = await reply.WaitAsync(Patience);
        Assert.Equal((VerdictAction.Pass, VerdictSource.Default), (decision.Verdict.Action, decision.Verdict.Source));
        Assert.False(decision.Complete);
        Assert.Equal((CheckResult.Nothing, "no match"), (decision.Checks.Single().Result, decision.Checks.Single().Answer.Single()));
        await IsIdleAsync(screening);
        Assert.Equal(0, _nearCache.Count);
        Assert.False(_fleet.HasMessages);
    }

    [Theory]
    [Trait("Finding", "A10")]
    [InlineData(null, true)]
    [InlineData("mail.example", false)]
    public async Task A_pass_that_a_custom_check_gave_to_a_helo_is_not_kept(string? helo, bool isKept)
    {
        Profile = ProfileOf(new CustomPlan("p0f", "x", [0, 1, 3, 8])); // Played by the same probe.
        var (_, reply) = Start(q => q.WithEnvelope(helo, sender: null));
        _fleet.Reply(new LookUpMiss(_fleet.ExpectMsg<LookUp>().Id, default, Asks: true));
        Answer(_p0f, new CustomAnswer(new CustomReply(VerdictAction.Pass, null, null, null)));
        var decision = await reply.WaitAsync(Patience);
        Assert.Equal((VerdictAction.Pass, true), (decision.Verdict.Action, decision.Complete));
        Assert.Equal(isKept, _nearCache.TryGet(Client, Profile, out _));
    }

    [Fact]
    public async Task A_check_by_hand_writes_no_pass()
    {
        var (screening, reply) = Start(q => q with { Unrecorded = true });
        await PassAsync();
        Assert.Equal(VerdictAction.Pass, (await reply.WaitAsync(Patience)).Verdict.Action);
        await IsIdleAsync(screening);
        Assert.False(_fleet.HasMessages);
        Assert.Equal(0, _nearCache.Count);
    }

    [Fact]
    public async Task A_revocation_during_the_screening_keeps_the_pass_out_and_the_bucket_can_tell()
    {
        var (screening, reply) = Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _fleet.Reply(new LookUpMiss(ask.Id, new Epoch(3, 0), Asks: true));
        await IsIdleAsync(screening);
        _nearCache.Revoke(new RevocationNews([Network.Of(Client)], Bucket, 0, new Epoch(3, 5)));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        _fleet.Reply(NobodyLists(ask));
        await reply.WaitAsync(Patience);
        Assert.Equal(0, _nearCache.Count);
        Assert.Equal(new Epoch(3, 0), _fleet.ExpectMsg<Conclude>(Patience).Epoch);
    }

    [Fact]
    public void A_hit_from_before_a_revocation_does_not_pass_the_client()
    {
        Start();
        var ask = _fleet.ExpectMsg<LookUp>();
        _nearCache.Revoke(new RevocationNews([Network.Of(Client)], Bucket, 0, new Epoch(3, 7)));
        _fleet.Reply(new LookUpHit(ask.Id, new Pass(500, true, -4, "p1", "mx2", "vouched for"), new Epoch(3, 5)));
        _list.ExpectMsg<AskCheck>(Patience);
        Assert.Equal(0, _nearCache.Count);
    }

    [Fact]
    [Trait("Finding", "D: Fleet!")]
    public async Task Without_a_fleet_a_pass_is_kept_here_and_the_screening_ends_without_a_fault()
    {
        var (screening, reply) = Start(withFleet: false);
        Watch(screening);
        await EventFilter.Exception<Exception>().ExpectAsync(0, async () =>
        {
            Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
            Answer(_list, NotListed);
            Answer(_other, NotListed);
            Assert.Equal(VerdictAction.Pass, (await reply.WaitAsync(Patience)).Verdict.Action);
            screening.Tell(ScreeningReleased.Instance);
            ExpectTerminated(screening, Patience);
        });
        Assert.True(_nearCache.TryGet(Client, Profile, out _));
    }

    private static Profile ProfileOf(params CheckPlan[] plans) => new("default", "p1", new VerdictSettings(), [.. plans]);

    private static DnsblPlan PlanOf(string sites)
    {
        Assert.True(SiteList.TryParse(sites, out var patterns, out _));
        return new DnsblPlan(DnsblSource.IdOf(patterns[0].Zone), patterns[0].Zone, [.. patterns], _ => false);
    }

    private static ulong Shared(string zone) => CheckPlan.SharedIdOf(DnsblSource.IdOf(zone));

    private static EvidenceCame NobodyLists(LookUp ask) => new(ask.Id, [.. ask.Lists.Select(list => new SharedEvidence(list, NotListed))]);

    private static void Answer(TestProbe check, CheckAnswer answer)
    {
        var ask = check.ExpectMsg<AskCheck>(Patience);
        ask.ReplyTo.Tell(new CheckAnswered(ask.Slot, answer));
    }

    // All that was told to it has been dealt with, by way of the actor that takes the fleet's answers.
    private async Task IsIdleAsync(IActorRef screening)
    {
        await _answers.Ask<ActorIdentity>(new Identify(1), Patience);
        await screening.Ask<ActorIdentity>(new Identify(2), Patience);
    }

    private async Task PassAsync()
    {
        _fleet.Reply(new LookUpMiss(_fleet.ExpectMsg<LookUp>().Id, default, Asks: false));
        await Task.Yield();
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        Answer(_list, NotListed);
        Answer(_other, NotListed);
    }

    private ScreeningQuery QueryOf(TimeSpan deadline) =>
        new(Client, Profile, Door.Plugin, _time.GetTimestamp(), Deadline.After(_time, deadline));

    private (IActorRef Screening, Task<Decision> Reply) Start(Func<ScreeningQuery, ScreeningQuery>? change = null, bool withFleet = true)
    {
        var reply = new TaskCompletionSource<Decision>(TaskCreationOptions.RunContinuationsAsynchronously);
        var query = QueryOf(TimeSpan.FromSeconds(1));
        var fleet = new FleetLookUps(_client, "mx1", LookUpWait, SharesLists: true);
        var context = new ScreeningContext(_time, _checks, _nearCache, withFleet ? fleet : null);
        var first = new ScreenClient(change?.Invoke(query) ?? query, reply);
        return (_gate.ChildActorOf(ScreeningActor.CreateProps(first, context)), reply.Task);
    }
}
