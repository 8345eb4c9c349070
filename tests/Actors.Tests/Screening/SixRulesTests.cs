using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.P0f;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Screening;

/// <summary>The rules above all others (docs/architecture.md), each with the tests that fail when it is broken.</summary>
public class SixRulesTests
{
    private const string Client = "192.0.2.7";

    // Rule 1: nobody waits on us.

    [Fact]
    public async Task Rule_1_With_every_source_silent_the_default_leaves_by_the_deadline()
    {
        var dns = FakeDns.Listing(_ => null);
        dns.Silence();
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3 b.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var asking = node.AskAsync(Client);
        await dns.WhenAskedAsync(2);
        node.Time.Advance(TimeSpan.FromMilliseconds(980));
        Assert.False(asking.IsCompleted);
        node.Time.Advance(TimeSpan.FromMilliseconds(12));
        var decision = await asking;
        Assert.Equal(
            (VerdictAction.Pass, VerdictSource.Default, 300),
            (decision.Verdict.Action, decision.Verdict.Source, decision.Verdict.TtlSeconds));
        Assert.All(decision.Checks, check => Assert.Equal(CheckResult.Timeout, check.Result));
    }

    [Fact]
    public async Task Rule_1_At_the_deadline_the_verdict_is_made_of_what_is_there()
    {
        var dns = FakeDns.Listing(name => name.EndsWith("fast.test") ? "127.0.0.2" : null);
        var slow = FakeDns.Listing(_ => null);
        slow.Silence();
        var (fastPlans, fastSources) = ScreeningHarness.Lists(dns, "fast.test*3");
        var (slowPlans, slowSources) = ScreeningHarness.Lists(slow, "slow.test*9");
        await using var node = await ScreeningHarness.StartAsync([.. fastPlans, .. slowPlans], [.. fastSources, .. slowSources]);
        var asking = node.AskAsync(Client);
        await slow.WhenAskedAsync();
        await node.UntilAsync(() => !node.Observer.Checks.IsEmpty);
        node.Time.Advance(TimeSpan.FromMilliseconds(992));
        Assert.Equal(VerdictAction.Enforce, (await asking).Verdict.Action);
    }

    [Fact]
    public async Task Rule_1_One_query_too_many_gets_the_default_at_once()
    {
        var dns = FakeDns.Listing(_ => null);
        dns.Silence();
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources, maxInFlight: 1);
        var first = node.AskAsync(Client);
        var second = await node.AskAsync("192.0.2.8");
        Assert.Equal(VerdictSource.Default, second.Verdict.Source);
        Assert.Single(node.Observer.Sheds);
        dns.Release();
        Assert.Equal(VerdictSource.Screened, (await first).Verdict.Source);
    }

    [Fact]
    public async Task Rule_1_A_query_that_comes_as_the_verdict_leaves_is_answered_as_well()
    {
        var (plans, sources) = ScreeningHarness.Lists(FakeDns.Listing(_ => "127.0.0.2"), "a.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        for (var client = 0; client < 100; client++)
        {
            // The clock stands still, so an answer that was lost would never come.
            var asking = Enumerable.Range(0, 20).Select(_ => Task.Run(() => node.AskAsync($"192.0.2.{client}"))).ToList();
            Assert.All(await Task.WhenAll(asking), decision => Assert.Equal(VerdictAction.Drop, decision.Verdict.Action));
        }
    }

    // Rule 2: no check is asked about a client that is already decided.

    [Fact]
    public async Task Rule_2_A_permitted_and_a_rejected_client_cost_no_query()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9");
        var access = new PermanentLists([Line("192.0.2.0/24", AccessRule.Permit), Line("192.0.2.66", AccessRule.Reject)]);
        await using var node = await ScreeningHarness.StartAsync(plans, sources, access: access);
        var permitted = await node.AskAsync(Client);
        var rejected = await node.AskAsync("192.0.2.66");
        Assert.Equal(
            (VerdictAction.Pass, true, VerdictSource.Permit),
            (permitted.Verdict.Action, permitted.Verdict.Allow, permitted.Verdict.Source));
        Assert.Equal((VerdictAction.Drop, VerdictSource.Reject), (rejected.Verdict.Action, rejected.Verdict.Source));
        Assert.Empty(dns.Asked);
    }

    [Fact]
    public async Task Rule_2_A_client_that_passed_costs_no_query_until_its_ttl_is_over_and_a_hit_extends_nothing()
    {
        var dns = FakeDns.Listing(_ => null);
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        Assert.Equal(600, (await node.AskAsync(Client)).Verdict.TtlSeconds);
        node.Time.Advance(TimeSpan.FromSeconds(590));
        var hit = await node.AskAsync(Client);
        Assert.Equal((VerdictSource.Near, 10), (hit.Verdict.Source, hit.Verdict.TtlSeconds));
        Assert.Single(dns.Asked);
        node.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(VerdictSource.Screened, (await node.AskAsync(Client)).Verdict.Source);
        Assert.Equal(2, dns.Asked.Count);
    }

    [Fact]
    public async Task Rule_2_Fifty_queries_at_once_for_one_client_ask_each_source_once()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        var p0f = new FakeP0f { Answer = _ => FakeP0f.Known("Linux") };
        var custom = new FakeCustom { Answer = _ => new CustomReply(VerdictAction.Ignore, null, null, null) };
        dns.Silence();
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9 b.test*9");
        await using var node = await ScreeningHarness.StartAsync(
            [new P0fPlan("p0f", [Windows(1)], 2), .. plans, new CustomPlan("custom:x", "x", [-1, 1, 3, 8])],
            [P0f(p0f), .. sources,
             new CustomSource(new CheckSettings("custom:x", "x", TimeSpan.FromSeconds(1), 10), custom)]);
        var asking = Enumerable.Range(0, 50).Select(_ => node.AskAsync(Client)).ToList();
        await dns.WhenAskedAsync(2);
        await p0f.WhenAskedAsync();
        await custom.WhenAskedAsync();
        dns.Release();
        var decisions = await Task.WhenAll(asking);
        Assert.All(decisions, d => Assert.Equal(VerdictAction.Drop, d.Verdict.Action));
        Assert.Equal((2, 1, 1), (dns.Asked.Count, p0f.Asked.Count, custom.Asked.Count));
    }

    // Rule 3: one weak sign never blocks.

    [Theory]
    [InlineData(100, VerdictAction.Ignore)]
    [InlineData(-100, VerdictAction.Pass)]
    public async Task Rule_3_p0f_alone_never_reaches_enforce_nor_lets_anybody_in(int weight, VerdictAction expected)
    {
        var p0f = new FakeP0f { Answer = _ => FakeP0f.Known("Windows", "XP") };
        await using var node = await ScreeningHarness.StartAsync([new P0fPlan("p0f", [Windows(weight), Windows(weight)], 2)], [P0f(p0f)]);
        var decision = await node.AskAsync(Client, Door.Http);
        Assert.Equal((expected, false), (decision.Verdict.Action, decision.Verdict.Allow));
    }

    [Fact]
    public async Task Rule_3_Unless_the_operator_says_so()
    {
        var p0f = new FakeP0f { Answer = _ => FakeP0f.Known("Windows", "XP") };
        await using var node = await ScreeningHarness.StartAsync([new P0fPlan("p0f", [Windows(8)], null)], [P0f(p0f)]);
        Assert.Equal(VerdictAction.Drop, (await node.AskAsync(Client)).Verdict.Action);
    }

    // Rule 4: when we or a source are ill, mail flows.

    [Theory]
    [InlineData("127.255.255.254")]
    [InlineData("127.255.255.252")]
    [InlineData("127.0.0.255")]
    [InlineData("127.0.10.3")]
    [InlineData("127.0.1.255")]
    [InlineData("192.0.2.1")]
    public async Task Rule_4_An_error_code_is_a_fault_of_the_list_and_never_a_score(string code)
    {
        var dns = FakeDns.Listing(_ => code);
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9 b.test*-9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var decision = await node.AskAsync(Client);
        Assert.Equal(
            (VerdictAction.Pass, false, VerdictSource.Default),
            (decision.Verdict.Action, decision.Verdict.Allow, decision.Verdict.Source));
        Assert.All(decision.Checks, check => Assert.Equal((CheckResult.Failed, 0), (check.Result, check.Weight)));
        Assert.All(decision.Checks, check => Assert.Contains(code, check.Error));
    }

    [Fact]
    public async Task Rule_4_A_source_that_throws_is_no_evidence()
    {
        var dns = new FakeDns { Answer = _ => throw new InvalidOperationException("a bug") };
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        Assert.Equal(VerdictAction.Pass, (await node.AskAsync(Client)).Verdict.Action);
    }

    // Rule 5: a pass is shared, a failure is not held for long.

    [Fact]
    public async Task Rule_5_A_pass_that_a_failed_list_could_have_changed_is_short_and_not_kept()
    {
        var ill = new FakeDns { Answer = _ => throw new SourceException(CheckFailure.BadAnswer, "SERVFAIL") };
        var well = FakeDns.Listing(_ => null);
        var (illPlans, illSources) = ScreeningHarness.Lists(ill, "ill.test*3");
        var (wellPlans, wellSources) = ScreeningHarness.Lists(well, "well.test*3");
        await using var node = await ScreeningHarness.StartAsync([.. illPlans, .. wellPlans], [.. illSources, .. wellSources]);
        var decision = await node.AskAsync(Client);
        Assert.Equal((VerdictAction.Pass, 300, false), (decision.Verdict.Action, decision.Verdict.TtlSeconds, decision.Complete));
        Assert.Equal(VerdictSource.Screened, (await node.AskAsync(Client)).Verdict.Source);
    }

    [Fact]
    [Trait("Finding", "A5")]
    public async Task Rule_5_An_early_pass_is_kept_once_its_allow_is_certain()
    {
        var allow = FakeDns.Listing(_ => "127.0.0.2");
        allow.Silence();
        var well = FakeDns.Listing(_ => null);
        var (allowPlans, allowSources) = ScreeningHarness.Lists(allow, "allow.test*-3");
        var (wellPlans, wellSources) = ScreeningHarness.Lists(well, "well.test*3");
        await using var node = await ScreeningHarness.StartAsync([.. allowPlans, .. wellPlans], [.. allowSources, .. wellSources]);
        var decision = await node.AskAsync(Client);
        Assert.Equal((VerdictAction.Pass, true, true), (decision.Verdict.Action, decision.Early, decision.Complete));
        Assert.Equal(0, node.Handle.NearCache.Count);
        allow.Release();
        await node.UntilAsync(() => node.Handle.NearCache.Count == 1);
        var hit = await node.AskAsync(Client, Door.Dnsbl);
        Assert.Equal((VerdictSource.Near, true), (hit.Verdict.Source, hit.Verdict.Allow));
    }

    [Fact]
    public async Task Rule_5_A_refusal_is_asked_again_after_seconds()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2", ttlSeconds: 3600);
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        Assert.Equal(VerdictAction.Enforce, (await node.AskAsync(Client)).Verdict.Action);
        Assert.Equal(VerdictSource.Screened, (await node.AskAsync(Client)).Verdict.Source);
        Assert.Single(dns.Asked);
        node.Time.Advance(TimeSpan.FromSeconds(5));
        dns.Answer = _ => FakeDns.NotListed;
        Assert.Equal(VerdictAction.Pass, (await node.AskAsync(Client)).Verdict.Action);
        Assert.Equal(2, dns.Asked.Count);
    }

    [Fact]
    public async Task Rule_5_An_answer_that_came_too_late_is_kept_for_the_retry()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        dns.Silence();
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var asking = node.AskAsync(Client);
        await dns.WhenAskedAsync();
        node.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(VerdictSource.Default, (await asking).Verdict.Source);
        dns.Release();
        await node.UntilAsync(() => !node.Observer.Checks.IsEmpty);
        Assert.Equal(VerdictAction.Enforce, (await node.AskAsync(Client)).Verdict.Action);
        Assert.Single(dns.Asked);
    }

    // Rule 6: everything can be explained.

    [Fact]
    public async Task Rule_6_A_decision_names_every_check_and_can_be_weighed_again()
    {
        var dns = FakeDns.Listing(name => name.EndsWith("bad.test") ? "127.0.0.4" : null);
        var late = FakeDns.Listing(_ => null);
        late.Silence();
        var (plans, sources) = ScreeningHarness.Lists(dns, "bad.test=127.0.0.4*8 clean.test*2");
        var (latePlans, lateSources) = ScreeningHarness.Lists(late, "late.test*3");
        await using var node = await ScreeningHarness.StartAsync([.. plans, .. latePlans], [.. sources, .. lateSources]);
        var decision = await node.AskAsync(Client);
        Assert.Equal((VerdictAction.Drop, 8, true), (decision.Verdict.Action, decision.Verdict.Score, decision.Early));
        Assert.Equal(["bad.test", "clean.test", "late.test"], decision.Checks.Select(c => c.Name));
        Assert.Contains("bad.test", decision.Reason);
        var bad = decision.Checks[0];
        Assert.Equal((CheckResult.Evidence, 8, "127.0.0.4", 300), (bad.Result, bad.Weight, bad.Answer.Single(), bad.TtlSeconds));
        Assert.Equal(CheckResult.Skipped, decision.Checks[2].Result);
        Assert.Equal(decision.Verdict.Score, decision.Checks.Sum(c => c.Weight));
        Assert.Contains(node.Observer.Decisions, d => d.Reason == decision.Reason);
    }

    private static AccessLine Line(string network, AccessRule rule) =>
        Network.TryParse(network, out var parsed, out var error) ? new AccessLine(parsed, rule, "test") : throw new FormatException(error);

    private static P0fRule Windows(int weight) => new(weight) { Os = new Regex("Windows") };

    private static P0fSource P0f(IP0fTransport p0f) =>
        new(new CheckSettings("p0f", "p0f", TimeSpan.FromMilliseconds(100), 64), p0f);
}
