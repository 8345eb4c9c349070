using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CsCheck;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.P0f;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Checks;

public sealed class DnsblPlanTests
{
    [Theory]
    [InlineData("a.test*3", 0, 3)]
    [InlineData("a.test*-3", -3, 0)]
    [InlineData("a.test*0", 0, 0)]
    [InlineData("a.test=127.0.0.2*3,a.test=127.0.0.3*2", 0, 5)]
    [InlineData("a.test=127.0.0.2*-3,a.test=127.0.0.3*-2", -5, 0)]
    [InlineData("a.test=127.0.0.2*3,a.test=127.0.0.3*-2,a.test=127.0.0.4*4,a.test=127.0.0.5*-6", -8, 7)]
    public void The_range_of_a_list_is_the_sum_of_its_patterns_on_each_side(string sites, int least, int most) =>
        Assert.Equal(new WeightRange(least, most), PlanOf(sites).Range);

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("127.0.0.2", 3, 0)]
    [InlineData("127.0.0.2 127.0.0.2", 3, 0)]
    [InlineData("127.0.0.4", 0, 0)]
    [InlineData("127.0.0.3", 2, -4)] // Two patterns know this code.
    [InlineData("127.0.0.3 127.0.0.5", 2, -4)]
    [InlineData("127.0.0.2 127.0.0.3", 5, -4)]
    public void A_pattern_counts_once_on_its_own_side(string codes, int against, int speaksFor)
    {
        var plan = PlanOf("a.test=127.0.0.2*3,a.test=127.0.0.3*2,a.test=127.0.0.[3;5]*-4");
        Assert.Equal(new Contribution(against, speaksFor), plan.Weigh(Answer(codes)).Contribution);
    }

    [Fact]
    public void No_answer_is_beyond_the_range() => Gen.Int[-9, 9].Array[1, 5].Sample(weights =>
    {
        var plan = PlanOf(string.Join(',', weights.Select((weight, i) => $"a.test=127.0.0.{i + 2}*{weight}")));
        for (var listed = 0; listed < 1 << weights.Length; listed++)
        {
            var codes = Enumerable.Range(0, weights.Length).Where(i => (listed >> i & 1) == 1).ToArray();
            var (against, speaksFor) = plan.Weigh(Answer(string.Join(' ', codes.Select(i => $"127.0.0.{i + 2}")))).Contribution;
            Assert.Equal((codes.Sum(i => Math.Max(0, weights[i])), codes.Sum(i => Math.Min(0, weights[i]))), (against, speaksFor));
            Assert.True(against <= plan.Range.Most && speaksFor >= plan.Range.Least);
        }
    });

    // What speaks for a client has a limit of its own: 8 against it and 10 for it are 8 - 6, not 8 - 10.
    [Fact]
    public void What_a_list_says_on_both_sides_is_capped_on_one()
    {
        var plan = PlanOf("a.test=127.0.0.2*8,a.test=127.0.0.3*-10");
        var board = new ScoreBoard(new VerdictSettings { AllowCap = -6 }, [plan.Range]);
        board.Add(0, plan.Weigh(Answer("127.0.0.2 127.0.0.3")).Contribution);
        Assert.Equal(2, board.Score);
    }

    [Fact]
    public void A_list_with_several_patterns_is_waited_for_as_long_as_all_of_them_together_could_refuse()
    {
        var plan = PlanOf("a.test=127.0.0.2*2,a.test=127.0.0.3*2");
        var board = new ScoreBoard(new VerdictSettings { IgnoreAt = 4, EnforceAt = 4 }, [plan.Range]);
        Assert.False(board.IsDecided(allowMatters: false));
        board.Miss(0);
        Assert.False(board.IsComplete(allowMatters: false));
    }

    [Theory]
    [InlineData("127.0.0.2", null, "listed by a.test (127.0.0.2)")]
    [InlineData("127.0.0.2", "see\u00a0 http://a.test/\n", "listed by a.test (127.0.0.2): see? http://a.test/?")]
    [InlineData("127.0.0.3", null, "vouched for by a.test (127.0.0.3)")]
    [InlineData("127.0.0.3", "a good one", "vouched for by a.test (127.0.0.3): a good one")]
    [InlineData("127.0.0.4", null, "known to a.test (127.0.0.4)")]
    [InlineData("127.0.0.2 127.0.0.5", null, "known to a.test (127.0.0.2 127.0.0.5)")] // 3 - 3
    [InlineData("127.0.0.2 127.0.0.3", null, "vouched for by a.test (127.0.0.2 127.0.0.3)")] // 3 - 5
    [InlineData("", "no such host", null)]
    public void The_reason_says_which_way_a_listing_counts(string codes, string? text, string? reason)
    {
        var plan = PlanOf("a.test=127.0.0.2*3,a.test=127.0.0.3*-5,a.test=127.0.0.5*-3");
        var answer = Answer(codes, text);
        var weighed = plan.Weigh(answer);
        Assert.Equal(reason, weighed.Reason);
        Assert.Equal(codes, string.Join(' ', weighed.Answer));
        Assert.Equal((codes.Length > 0, (int?)60), (answer.Knowledge == Knowledge.Known, weighed.TtlSeconds));
    }

    [Fact]
    public void Only_the_clients_of_skip_are_not_asked_about()
    {
        var skipped = ClientAddress.Parse("192.0.2.1");
        var plan = PlanOf("a.test") with { Skips = client => client == skipped };
        Assert.Equal("in dnsbl.skip", plan.SkipReason(skipped));
        Assert.Null(plan.SkipReason(ClientAddress.Parse("192.0.2.2")));
    }

    [Fact]
    public void Equal_sources_are_known_to_the_fleet_by_equal_hashes()
    {
        Assert.Equal(PlanOf("a.test*3").SharedId, PlanOf("a.test*-1").SharedId);
        Assert.NotEqual(PlanOf("a.test").SharedId, PlanOf("b.test").SharedId);

        // SHA-256 of "source", its first eight octets: nodes of different machines and releases must agree.
        Assert.Equal(0x41cf6794ba4200b8u, new P0fPlan("source", [], null).SharedId);
    }

    [Fact]
    public void An_answer_of_another_kind_weighs_nothing()
    {
        Assert.Equal(default, PlanOf("a.test").Weigh(new CustomAnswer(new CustomReply(VerdictAction.Drop, 60, null, null))));
        Assert.Equal(default, new CustomPlan("custom:x", "x", [1, 1, 1, 1]).Weigh(Answer("127.0.0.2")));
        Assert.Equal(default, new P0fPlan("p0f", [new P0fRule(1)], null).Weigh(Answer("127.0.0.2")).Contribution);
    }

    private static DnsblPlan PlanOf(string sites)
    {
        Assert.True(SiteList.TryParse(sites, out var patterns, out var errors), string.Join("; ", errors));
        return new DnsblPlan($"dnsbl:{patterns[0].Zone}", patterns[0].Zone, patterns, _ => false);
    }

    private static DnsblAnswer Answer(string codes, string? text = null) =>
        new([.. codes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Code)], 60, text);

    private static AnswerCode Code(string text) => AnswerCode.TryParse(text, out var code) ? code : throw new FormatException(text);
}

public sealed class P0fPlanTests
{
    private static readonly P0fReply Windows = new(P0fStatus.Ok, "Windows", "7 or 8", "DSL", P0fMatch.Fuzzy, 12, 100, 5, 6);
    private static readonly P0fReply Unknown = new(P0fStatus.Ok, "", "", "", P0fMatch.Exact, -1, 0, 0, 0);

    // Each condition by itself, with a host it holds for and the ones next to it that it does not.
    public static TheoryData<string, P0fRule, P0fReply, P0fReply[]> Conditions => new()
    {
        { "os", new P0fRule(1) { Os = new Regex("^Windows$") }, Windows, [Windows with { OsName = "Linux" }] },
        { "flavor", new P0fRule(1) { Flavor = new Regex("^7") }, Windows, [Windows with { OsFlavor = "XP" }] },
        { "link", new P0fRule(1) { Link = new Regex("DSL") }, Windows, [Windows with { LinkType = "Ethernet or modem" }] },
        { "distance", new P0fRule(1) { Distance = 12 }, Windows, [Windows with { Distance = 11 }, Windows with { Distance = 13 }] },
        { "distance 0", new P0fRule(1) { Distance = 0 }, Windows with { Distance = 0 }, [Windows] },
        { "uptime", new P0fRule(1) { UptimeMinutesMin = 100 }, Windows, [Windows with { UptimeMinutes = 99 }] },
        { "any known uptime", new P0fRule(1) { UptimeMinutesMin = 0 }, Windows with { UptimeMinutes = 1 }, [] },
        { "nat", new P0fRule(1) { Nat = true }, Windows, [Windows with { LastNat = 0 }] },
        { "no nat", new P0fRule(1) { Nat = false }, Windows with { LastNat = 0 }, [Windows] },
        { "os changed", new P0fRule(1) { OsChanged = true }, Windows, [Windows with { LastOsChange = 0 }] },
        { "os never changed", new P0fRule(1) { OsChanged = false }, Windows with { LastOsChange = 0 }, [Windows] },
        { "match", new P0fRule(1) { Match = [P0fMatch.Exact, P0fMatch.Fuzzy] }, Windows, [Windows with { Match = P0fMatch.Generic }] },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_holds_for_what_it_names(string label, P0fRule rule, P0fReply matching, P0fReply[] others)
    {
        Assert.True(rule.Matches(matching), label);
        Assert.All(others, other => Assert.False(rule.Matches(other), $"{label}: {other}"));
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void What_is_not_known_never_matches(string label, P0fRule rule, P0fReply matching, P0fReply[] others)
    {
        _ = others;

        // Never seen to change, and never seen to share its address, is known of every host.
        var isKnown = rule.Nat == false || rule.OsChanged == false;
        Assert.True(rule.Matches(Unknown) == isKnown, label);
        Assert.True(new P0fRule(1).Matches(Unknown), "no condition");
        Assert.True(new P0fRule(1).Matches(matching), "no condition");
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Every_condition_must_hold(string label, P0fRule rule, P0fReply matching, P0fReply[] others)
    {
        _ = others;
        var nobody = new Regex("^no such$");
        Assert.False((rule with { Os = nobody }).Matches(matching), $"{label} and os");
        Assert.False((rule with { Flavor = nobody }).Matches(matching), $"{label} and flavor");
        Assert.False((rule with { Link = nobody }).Matches(matching), $"{label} and link");
        Assert.False((rule with { Distance = 99 }).Matches(matching), $"{label} and distance");
        Assert.False((rule with { UptimeMinutesMin = 9999 }).Matches(matching), $"{label} and uptime");
        Assert.False((rule with { Nat = matching.LastNat == 0 }).Matches(matching), $"{label} and nat");
        Assert.False((rule with { OsChanged = matching.LastOsChange == 0 }).Matches(matching), $"{label} and os changed");
        Assert.False((rule with { Match = [P0fMatch.GenericFuzzy] }).Matches(matching), $"{label} and match");
    }

    [Theory]
    [InlineData("3 2", null, 0, 5)]
    [InlineData("3 -2 -1 4", null, -3, 7)]
    [InlineData("-3 -2", null, -5, 0)]
    [InlineData("", null, 0, 0)]
    [InlineData("3 2", 2, 0, 2)]
    [InlineData("1 -7", 2, 0, 1)]
    [InlineData("3 2", 0, 0, 0)]
    [InlineData("3 2", -4, 0, 0)]
    public void The_range_is_that_of_the_rules_within_the_limit(string weights, int? limit, int least, int most) =>
        Assert.Equal(new WeightRange(least, most), new P0fPlan("p0f", Rules(weights), limit).Range);

    [Theory]
    [InlineData("3 2", null, 5, 0)]
    [InlineData("3 -2 -4", null, 0, -3)]
    [InlineData("3 2", 2, 2, 0)]
    [InlineData("1 -7", 2, 0, 0)]
    [InlineData("1", 2, 1, 0)]
    [InlineData("3 2", -4, 0, 0)]
    public void The_rules_that_match_are_added_up_within_the_limit(string weights, int? limit, int against, int speaksFor)
    {
        var rules = Rules(weights).Add(new P0fRule(100) { Os = new Regex("no such") });
        Assert.Equal(new Contribution(against, speaksFor), new P0fPlan("p0f", rules, limit).Weigh(new P0fAnswer(Windows)).Contribution);
    }

    [Theory]
    [InlineData(P0fStatus.NoMatch)]
    [InlineData(P0fStatus.BadQuery)]
    public void A_host_that_p0f_does_not_know_weighs_nothing(P0fStatus status)
    {
        var answer = new P0fAnswer(Windows with { Status = status });
        var weighed = new P0fPlan("p0f", Rules("3"), null).Weigh(answer);
        Assert.Equal((default(Contribution), Knowledge.NeverSeen, null), (weighed.Contribution, answer.Knowledge, weighed.Reason));
        Assert.Equal("no match", Assert.Single(weighed.Answer));
    }

    [Fact]
    public void A_host_is_described_by_what_is_known_of_it()
    {
        Assert.Equal("Windows 7 or 8, fuzzy, DSL, distance 12, up 100 min, NAT, OS changed", Describe(Windows));
        var linux = Unknown with { OsName = "Linux" };
        Assert.Equal("Linux", Describe(linux));
        Assert.Equal("Linux 3.x, generic fuzzy", Describe(linux with { OsFlavor = "3.x", Match = P0fMatch.GenericFuzzy }));
        Assert.Equal("Linux, generic, distance 0", Describe(linux with { Match = P0fMatch.Generic, Distance = 0 }));
        Assert.Equal("Linux, up 1 min", Describe(linux with { UptimeMinutes = 1 }));
        Assert.Equal("OS unknown", Describe(Unknown));
        Assert.Equal("OS unknown", Describe(Unknown with { OsFlavor = "7", Match = P0fMatch.Fuzzy }));
    }

    private static string Describe(P0fReply reply)
    {
        var answer = new P0fAnswer(reply);
        var weighed = new P0fPlan("p0f", Rules("1"), null).Weigh(answer);
        Assert.Equal((Knowledge.Known, $"p0f: {string.Join(", ", weighed.Answer)}"), (answer.Knowledge, weighed.Reason));
        Assert.Null(new P0fPlan("p0f", [], null).Weigh(new P0fAnswer(reply)).Reason);
        return string.Join(", ", weighed.Answer);
    }

    private static ImmutableArray<P0fRule> Rules(string weights) =>
        [.. weights.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(weight => new P0fRule(int.Parse(weight)))];
}

public sealed class CustomPlanTests
{
    private static readonly CustomPlan Plan = new("custom:x", "x", [-2, 1, 3, 8]);

    [Theory]
    [InlineData("-2 1 3 8", -2, 8)]
    [InlineData("8 3 1 -2", -2, 8)]
    [InlineData("1 2 3 4", 0, 4)]
    [InlineData("-4 -3 -2 -1", -4, 0)]
    [InlineData("0 0 0 0", 0, 0)]
    public void The_range_is_that_of_the_actions_and_of_no_answer(string weights, int least, int most) =>
        Assert.Equal(new WeightRange(least, most), new CustomPlan("custom:x", "x", [.. weights.Split(' ').Select(int.Parse)]).Range);

    [Fact]
    public void A_negative_weight_is_waited_for()
    {
        var rules = new VerdictSettings { IgnoreAt = 1, EnforceAt = 3, DropAt = 8 };
        var board = new ScoreBoard(rules, [new WeightRange(0, 3), Plan.Range with { Most = 0 }]);
        board.Add(0, new Contribution(3, 0));
        Assert.False(board.IsDecided(allowMatters: false));
        board.Add(1, Plan.Weigh(new CustomAnswer(new CustomReply(VerdictAction.Pass, null, null, null))).Contribution);
        Assert.True(board.IsDecided(allowMatters: false));
        Assert.Equal(1, board.Score);
    }

    [Theory]
    [InlineData(VerdictAction.Pass, null, 0, -2)]
    [InlineData(VerdictAction.Ignore, null, 1, 0)]
    [InlineData(VerdictAction.Enforce, null, 3, 0)]
    [InlineData(VerdictAction.Drop, null, 8, 0)]
    [InlineData(VerdictAction.Drop, 0, 0, 0)]
    [InlineData(VerdictAction.Pass, 5, 5, 0)]
    [InlineData(VerdictAction.Pass, 100, 100, 0)]
    [InlineData(VerdictAction.Pass, 101, 100, 0)]
    [InlineData(VerdictAction.Drop, -100, 0, -100)]
    [InlineData(VerdictAction.Drop, -101, 0, -100)]
    public void A_score_of_its_own_counts_instead_of_the_action(VerdictAction action, int? score, int against, int speaksFor)
    {
        var answer = new CustomAnswer(new CustomReply(action, 60, score, null));
        var weighed = Plan.Weigh(answer);
        Assert.Equal(new Contribution(against, speaksFor), weighed.Contribution);
        Assert.Equal((Knowledge.Known, action.Word(), 60), (answer.Knowledge, Assert.Single(weighed.Answer), weighed.TtlSeconds));
    }

    [Theory]
    [InlineData(3, null, "x says drop")]
    [InlineData(3, "seen\tbefore", "x says drop: seen?before")]
    [InlineData(-3, "a friend", "x says drop: a friend")]
    [InlineData(0, "only so", "x says drop: only so")]
    [InlineData(0, null, null)]
    public void The_reason_names_the_check(int score, string? told, string? reason) =>
        Assert.Equal(reason, Plan.Weigh(new CustomAnswer(new CustomReply(VerdictAction.Drop, null, score, told))).Reason);
}
