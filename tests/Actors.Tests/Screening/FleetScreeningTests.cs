using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Fleet;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Screening;

/// <summary>A screening with a fleet that the test plays.</summary>
public class FleetScreeningTests : TestKit
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly AnswerCode Listed = AnswerCode.TryParse("127.0.0.2", out var code) ? code : default;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly NearCache _nearCache;
    private readonly TestProbe _link;
    private readonly TestProbe _list;
    private readonly TestProbe _other;
    private readonly TestProbe _p0f;
    private readonly ScreeningPolicy _policy;
    private readonly ScreeningContext _context;

    public FleetScreeningTests()
    {
        (_link, _list, _other, _p0f) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _nearCache = new NearCache(_time, 100, TimeSpan.FromMinutes(10));
        var checks = new CheckDirectory();
        checks.Register("dnsbl:bad.test", _list);
        checks.Register("dnsbl:other.test", _other);
        checks.Register("p0f", _p0f);
        _policy = new ScreeningPolicy("default", "p1", new VerdictRules(),
            [new P0fPlan("p0f", [], 2), PlanOf("bad.test=127.0.0.2*3"), PlanOf("other.test*1")]);
        var port = new FleetPort(_time);
        port.Set(CreateTestProbe(), false);
        var fleet = new FleetAccess(_link, port, "mx1", TimeSpan.FromMilliseconds(30), TimeSpan.FromSeconds(5), false);
        _context = new ScreeningContext(_time, checks, _nearCache, new RecordingObserver(), fleet);
    }

    [Fact]
    public async Task A_client_that_the_fleet_knows_costs_no_list()
    {
        var (screening, reply) = Start();
        var ask = _link.ExpectMsg<AskFleet>();
        _p0f.ExpectMsg<AskCheck>(); // At once, for it forgets.
        screening.Tell(new LookUpHit(ask.Question.Id, new Pass(500, true, -4, "p1", "mx2", "vouched for"), default));
        var decision = await reply.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(new Verdict(VerdictAction.Pass, true, 500, -4, VerdictSource.Fleet), decision.Verdict);
        Assert.True(decision.Complete);
        Assert.Contains("mx2", decision.Reason);
        _list.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Assert.True(_nearCache.TryGet(Client, _policy, out _));
    }

    [Fact]
    public async Task At_a_miss_the_lists_are_asked_and_the_fleet_is_told_what_came_of_it()
    {
        var (screening, reply) = Start();
        var ask = _link.ExpectMsg<AskFleet>();
        _list.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        screening.Tell(new LookUpMiss(ask.Question.Id, new Epoch(3, 7), Asks: false));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        Answer(_list, new DnsblAnswer([], 300));
        Answer(_other, new DnsblAnswer([], 900));
        Assert.Equal(VerdictSource.Screened, (await reply.WaitAsync(TimeSpan.FromSeconds(5))).Verdict.Source);
        var told = _link.ExpectMsg<Conclude>();
        Assert.Equal(new Epoch(3, 7), told.Epoch);
        Assert.Equal((600, "p1", "mx1"), (told.Pass.TtlSeconds, told.Pass.Policy, told.Pass.By));
    }

    [Fact]
    public async Task A_refusal_is_not_told()
    {
        var (screening, reply) = Start();
        screening.Tell(new LookUpMiss(_link.ExpectMsg<AskFleet>().Question.Id, default, Asks: false));
        Answer(_list, new DnsblAnswer([Listed], 3600));
        Answer(_other, new DnsblAnswer([], 900));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        Assert.Equal(VerdictAction.Enforce, (await reply.WaitAsync(TimeSpan.FromSeconds(5))).Verdict.Action);
        _link.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_fleet_that_is_silent_is_waited_for_as_long_as_lookup_wait_and_then_it_is_late()
    {
        Start();
        var ask = _link.ExpectMsg<AskFleet>();
        _time.Advance(TimeSpan.FromMilliseconds(29));
        _list.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _time.Advance(TimeSpan.FromMilliseconds(2));
        _list.ExpectMsg<AskCheck>();
        Assert.Equal(ask.Question.Id, _link.ExpectMsg<LookUpLate>().Id);
    }

    [Fact]
    public void A_fleet_that_says_it_is_not_there_is_not_waited_for()
    {
        var (screening, _) = Start();
        _link.ExpectMsg<AskFleet>();
        screening.Tell(FleetSilent.Instance);
        _list.ExpectMsg<AskCheck>();
    }

    [Fact]
    public async Task Evidence_of_another_node_is_weighed_here_and_not_asked_for_again()
    {
        var (screening, reply) = Start();
        var ask = _link.ExpectMsg<AskFleet>();
        screening.Tell(new EvidenceCame(ask.Question.Id, [Shared("bad.test", new DnsblAnswer([Listed], 60)), Shared("other.test", new DnsblAnswer([], 60))]));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        var decision = await reply.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal((VerdictAction.Enforce, 3), (decision.Verdict.Action, decision.Verdict.Score));
        _list.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _other.ExpectNoMsg(TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public async Task A_hit_from_before_a_revocation_does_not_pass_the_client()
    {
        var (screening, _) = Start();
        var ask = _link.ExpectMsg<AskFleet>();
        _nearCache.Revoke(new RevocationNews([Network.Of(Client)], WhitelistLayout.BucketOf(Client), 0, new Epoch(3, 7)));
        screening.Tell(new LookUpHit(ask.Question.Id, new Pass(500, true, -4, "p1", "mx2", "vouched for"), new Epoch(3, 5)));
        _list.ExpectMsg<AskCheck>(TimeSpan.FromSeconds(5));
        Assert.Equal(0, _nearCache.Count);
        await screening.Ask<ActorIdentity>(new Identify(1), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_check_by_hand_writes_no_pass()
    {
        var (screening, reply) = Start(q => q with { Unrecorded = true });
        screening.Tell(new LookUpMiss(_link.ExpectMsg<AskFleet>().Question.Id, default, Asks: false));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        Answer(_list, new DnsblAnswer([], 300));
        Answer(_other, new DnsblAnswer([], 900));
        Assert.Equal(VerdictAction.Pass, (await reply.WaitAsync(TimeSpan.FromSeconds(5))).Verdict.Action);
        _link.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Assert.Equal(0, _nearCache.Count);
    }

    [Fact]
    public async Task A_revocation_during_the_screening_keeps_the_pass_out_of_the_near_cache()
    {
        var (screening, reply) = Start();
        screening.Tell(new LookUpMiss(_link.ExpectMsg<AskFleet>().Question.Id, default, Asks: false));
        Answer(_p0f, new P0fAnswer(FakeP0f.NoMatch));
        Answer(_list, new DnsblAnswer([], 300));
        _nearCache.Revoke(new RevocationNews([Network.Of(Client)], WhitelistLayout.BucketOf(Client), 0, new Epoch(3, 5)));
        Answer(_other, new DnsblAnswer([], 900));
        await reply.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, _nearCache.Count);
    }

    private static DnsblPlan PlanOf(string sites)
    {
        Assert.True(SiteList.TryParse(sites, out var patterns, out _));
        return new DnsblPlan(DnsblSourceId.Of(patterns[0].Zone), patterns[0].Zone, [.. patterns], _ => false);
    }

    private static SharedEvidence Shared(string zone, CheckAnswer answer) => new(PlanOf(zone).SharedId, answer, 60_000);

    private static void Answer(TestProbe check, CheckAnswer answer)
    {
        var ask = check.ExpectMsg<AskCheck>(TimeSpan.FromSeconds(5));
        ask.ReplyTo.Tell(new CheckAnswered(ask.Slot, answer));
    }

    private (IActorRef Screening, Task<Decision> Reply) Start(Func<ScreeningQuery, ScreeningQuery>? change = null)
    {
        var reply = new TaskCompletionSource<Decision>(TaskCreationOptions.RunContinuationsAsynchronously);
        var query = new ScreeningQuery(Client, _policy, Door.Plugin, _time.GetTimestamp(), Deadline.After(_time, TimeSpan.FromSeconds(1)));
        return (Sys.ActorOf(ScreeningActor.CreateProps(new ScreenClient(change?.Invoke(query) ?? query, reply), _context)), reply.Task);
    }
}
