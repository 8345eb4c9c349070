using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.P0f;
using Screening.Actors.Screening;
using Screening.Actors.Tests.Screening;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Checks;

public class CheckActorTests
{
    // A screening answers 8 ms before its deadline.
    private static readonly TimeSpan UntilItAnswers = TimeSpan.FromMilliseconds(995);

    [Fact]
    public async Task A_source_that_keeps_failing_is_left_alone_and_asked_again_later()
    {
        var dns = new FakeDns { Answer = _ => throw new SourceException(CheckFailure.Timeout, "no answer") };
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        for (var i = 1; i <= Breaker.Threshold; i++)
            await node.AskAsync($"192.0.2.{i}");
        var turnedAway = await node.AskAsync("192.0.2.200");
        Assert.Contains("left alone", turnedAway.Checks.Single().Error);
        Assert.Equal(Breaker.Threshold, dns.Asked.Count);
        Assert.Equal(CheckState.Open, node.Handle.Checks.Health.Single().State);

        node.Time.Advance(TimeSpan.FromSeconds(1));
        dns.Answer = _ => FakeDns.NotListed;
        Assert.Equal(VerdictSource.Screened, (await node.AskAsync("192.0.2.201")).Verdict.Source);
        await node.UntilAsync(() => node.Handle.Checks.Health.Single().State == CheckState.Ok);
    }

    [Fact]
    public async Task A_wrong_answer_shows_in_the_health_of_the_list_at_once()
    {
        var dns = FakeDns.Listing(_ => "127.255.255.254");
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*3");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        await node.AskAsync("192.0.2.1");
        await node.UntilAsync(() => node.Handle.Checks.Health.Single().State == CheckState.Ill);
        Assert.Contains("127.255.255.254", node.Handle.Checks.Health.Single().Reason);
    }

    [Fact]
    public async Task A_client_in_dnsbl_skip_is_asked_of_no_list()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9", client => client == ClientAddress.Parse("10.0.0.1"));
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var decision = await node.AskAsync("10.0.0.1");
        Assert.Equal((VerdictAction.Pass, CheckResult.Skipped), (decision.Verdict.Action, decision.Checks.Single().Result));
        Assert.Empty(dns.Asked);
    }

    [Fact]
    public async Task A_host_that_p0f_has_not_seen_yet_is_asked_about_once_more()
    {
        var replies = new Queue<P0fReply>([FakeP0f.NoMatch, FakeP0f.Known("Linux", "3.x")]);
        var p0f = new FakeP0f { Answer = _ => replies.Dequeue() };
        await using var node = await ScreeningHarness.StartAsync(
            [new P0fPlan("p0f", [new P0fRule(1)], 2)],
            [new P0fSource(new CheckSettings("p0f", "p0f", TimeSpan.FromMilliseconds(100), 64), p0f)]);
        var asking = node.AskAsync("192.0.2.1");
        await node.UntilAsync(() =>
        {
            if (!asking.IsCompleted)
                node.Time.Advance(TimeSpan.FromMilliseconds(1));
            return asking.IsCompleted;
        });
        Assert.Equal("Linux 3.x", (await asking).Checks.Single().Answer[0]);
        Assert.Equal(2, p0f.Asked.Count);
    }

    [Fact]
    public async Task A_list_that_has_127_0_0_1_is_not_believed()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        dns.TestPoint = FakeDns.Listed("127.0.0.2");
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var decision = await node.AskAsync("192.0.2.1");
        Assert.Equal(VerdictAction.Pass, decision.Verdict.Action);
        Assert.False(decision.Complete);
        Assert.StartsWith("lists 127.0.0.1", decision.Checks.Single().Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_is_asked_for_its_reason_once_by_the_doors_that_tell_it()
    {
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        dns.Texts = ["see\nhttps://list.example/"];
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        foreach (var door in new[] { Door.Plugin, Door.Dnsblog })
            Assert.Equal("listed by a.test (127.0.0.2)", (await node.AskAsync("192.0.2.1", door)).Reason);
        Assert.Equal(0, dns.TextQueries);
        foreach (var door in new[] { Door.Policy, Door.Dnsbl, Door.Http })
            Assert.Equal("listed by a.test (127.0.0.2): see?https://list.example/", (await node.AskAsync("192.0.2.1", door)).Reason);
        Assert.Equal(1, dns.TextQueries); // Kept with the listing.
    }

    [Fact]
    public async Task A_reason_that_is_not_there_in_time_delays_nothing_beyond_the_deadline()
    {
        var dns = FakeDns.Listing(name => name.StartsWith('1') ? "127.0.0.2" : null);
        dns.TextsHeldBy = new TaskCompletionSource().Task;
        var (plans, sources) = ScreeningHarness.Lists(dns, "a.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var refused = node.AskAsync("192.0.2.1", Door.Policy);
        await node.UntilAsync(() => dns.TextQueries == 1);
        Assert.False(refused.IsCompleted);
        Assert.Equal("listed by a.test (127.0.0.2)", (await node.AskAsync("192.0.2.1")).Reason); // Another door does not wait.
        node.Time.Advance(UntilItAnswers);
        Assert.Equal("listed by a.test (127.0.0.2)", (await refused).Reason);
        await node.AskAsync("192.0.2.2", Door.Policy);
        Assert.Equal(1, dns.TextQueries); // Nobody is asked about a client that is not refused.
    }

    [Fact]
    [Trait("Finding", "security-12")]
    public async Task A_list_that_repeats_its_key_does_not_tell_it()
    {
        const string Key = "s3cretkey0123456789";
        var dns = FakeDns.Listing(_ => "127.0.0.2");
        dns.Texts = [$"1.2.0.192.{Key}.bl.test is listed", $"key {Key.ToUpperInvariant()}"];
        var settings = ScreeningHarness.SettingsOf("bl.test") with { Zone = $"{Key}.bl.test", Key = Key };
        var (plans, _) = ScreeningHarness.Lists(dns, "bl.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, [new DnsblSource(settings, dns)]);
        foreach (var explain in new[] { false, true })
        {
            var query = node.Screener.QueryFor(Door.Policy, ClientAddress.Parse("192.0.2.1"), null) with { Explain = explain };
            var decision = await node.Screener.DecideAsync(query);
            Assert.Equal("listed by bl.test (127.0.0.2): 1.2.0.192.bl.test is listed; key ***", decision.Reason);
            Assert.Equal(decision.Reason, decision.Checks.Single().Reason);
        }

        Assert.DoesNotContain(Key, settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Finding", "use-reasons")]
    public async Task A_reason_names_what_is_missing()
    {
        var dns = FakeDns.Listing(_ => null);
        var dead = new FakeDns { Answer = _ => throw new SourceException(CheckFailure.Unreachable, "refused") };
        var (plans, sources) = ScreeningHarness.Lists(dns, "good.test*-2");
        var (deadPlans, deadSources) = ScreeningHarness.Lists(dead, "a.test*9 b.test*9 c.test*1 d.test*1 e.test*1");
        await using var node = await ScreeningHarness.StartAsync([.. plans, .. deadPlans], [.. sources, .. deadSources]);
        var decision = await node.AskAsync("192.0.2.1");
        Assert.False(decision.Complete);
        Assert.Equal("nothing speaks against this client, but a.test, b.test, c.test, d.test and 1 more failed", decision.Reason);

        await using var alone = await ScreeningHarness.StartAsync(deadPlans[..2], deadSources[..2]);
        Assert.Equal("no check answered: a.test, b.test failed", (await alone.AskAsync("192.0.2.1")).Reason);
    }

    [Fact]
    [Trait("Finding", "use-reasons")]
    public async Task A_list_that_is_silent_until_the_deadline_has_timed_out()
    {
        var silent = FakeDns.Listing(_ => null);
        silent.Silence();
        var (plans, sources) = ScreeningHarness.Lists(FakeDns.Listing(_ => null), "good.test*-2");
        var (silentPlans, silentSources) = ScreeningHarness.Lists(silent, "a.test*9");
        await using var node = await ScreeningHarness.StartAsync([.. plans, .. silentPlans], [.. sources, .. silentSources]);
        var asked = node.AskAsync("192.0.2.1");
        await silent.WhenAskedAsync();
        node.Time.Advance(UntilItAnswers);
        Assert.EndsWith("a.test timed out", (await asked).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zone_that_is_not_configured_is_asked_on_demand()
    {
        var (plans, sources) = ScreeningHarness.Lists(FakeDns.Listing(_ => null), "a.test*9");
        await using var node = await ScreeningHarness.StartAsync(plans, sources);
        var answer = await node.Handle.Lists.AskAsync("other.test", ClientAddress.Parse("192.0.2.1"), ScreeningHarness.Patience);
        Assert.NotNull(answer);
        Assert.Empty(answer.Codes);
    }

    [Fact]
    public async Task A_custom_reply_weighs_by_its_action_or_by_its_own_score()
    {
        var custom = new FakeCustom
        {
            Answer = s => new CustomReply(VerdictAction.Enforce, null, s.Client.IPv4Bits % 2 == 0 ? 5 : null, "spam\u0007trap"),
        };
        await using var node = await ScreeningHarness.StartAsync(
            [new CustomPlan("custom:x", "x", [-1, 1, 3, 8])],
            [new CustomSource(new CheckSettings("custom:x", "x", TimeSpan.FromSeconds(1), 10), custom)]);
        Assert.Equal(3, (await node.AskAsync("192.0.2.1")).Verdict.Score);
        var scored = await node.AskAsync("192.0.2.2");
        Assert.Equal((5, "x says enforce: spam?trap"), (scored.Verdict.Score, scored.Reason));
    }
}
