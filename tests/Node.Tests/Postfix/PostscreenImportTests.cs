using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Node.Postfix;
using Screening.Node.Sources;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Postfix;

public sealed class PostscreenImportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("screening-");

    // Ten lists as mail operators have them.
    private const string TenLists =
        "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*3\n bl.mailspike.net=127.0.0.[2;10..12]*2, b.barracudacentral.org=127.0.0.2*2\n"
        + " bl.spamcop.net\n psbl.surriel.com ubl.unsubscore.com dnsbl.dronebl.org=127.0.0.[3..17]*2 bl.blocklist.test*2\n"
        + " list.dnswl.org=127.0.[2..9;11..15].[1..3]*-2 swl.spamhaus.org*-4\n";

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("", 1, 10_000, 10_000)]
    [InlineData("postscreen_dnsbl_threshold = 3\npostscreen_dnsbl_action = enforce\n", 3, 3, 10_000)]
    [InlineData("postscreen_dnsbl_threshold = 2\npostscreen_dnsbl_action = drop\n", 2, 2, 2)]
    [InlineData("postscreen_dnsbl_threshold = 5\npostscreen_dnsbl_action = ignore\n", 5, 10_000, 10_000)]
    public void Threshold_and_action_are_kept(string text, int ignoreAt, int enforceAt, int dropAt)
    {
        var verdict = Converted(text).Verdict;
        Assert.Equal((ignoreAt, enforceAt, dropAt), (verdict.IgnoreAt, verdict.EnforceAt, verdict.DropAt));
    }

    [Theory]
    [InlineData("postscreen_dnsbl_allowlist_threshold = -2\n", -2)]
    [InlineData("postscreen_dnsbl_whitelist_threshold = -3\n", -3)]
    [InlineData("postscreen_dnsbl_whitelist_threshold = -3\npostscreen_dnsbl_allowlist_threshold = $postscreen_dnsbl_whitelist_threshold\n", -3)]
    [InlineData("", -10_000)]
    public void What_skips_tests_is_kept_under_its_old_name_too(string text, int allowAt)
    {
        var verdict = Converted(text).Verdict;
        Assert.Equal((allowAt, -10_000), (verdict.AllowAt, verdict.AllowCap));
    }

    [Fact]
    public void Lives_lists_names_and_networks_are_kept()
    {
        var cidr = Write("access.cidr", "192.0.2.0/24 reject\n198.51.100.7 permit\n");
        var names = Write("names", "zen.spamhaus.org  zen\nbl.spamcop.net  no/name\n");
        var options = Converted(
            TenLists + $"postscreen_dnsbl_min_ttl = 2m\npostscreen_dnsbl_max_ttl = 4\npostscreen_dnsbl_reply_map = hash:{names}\n"
            + "mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n 203.0.113.9\n"
            + $"postscreen_access_list = permit_mynetworks, cidr:{cidr}\npostscreen_blacklist_action = enforce\n", out var notes);
        Assert.Equal((TimeSpan.FromHours(4), TimeSpan.FromMinutes(2)), (options.Verdict.PassTtl, options.Verdict.PassTtlMin));
        Assert.Equal(VerdictAction.Enforce, options.Verdict.RejectAction);
        Assert.True(SiteList.TryParse(options.Dnsbl.Sites.Reveal(), out var sites, out _));
        Assert.Equal(10, sites.Length);
        Assert.Equal(("zen.spamhaus.org", "zen"), (options.Dnsbl.Lists.Single().Zone.Reveal(), options.Dnsbl.Lists.Single().Name));
        Assert.Equal(["127.0.0.0/8", "::1/128", "203.0.113.9/32", $"file://{cidr}"], options.Access.Permit.Select(e => e.ToString()));
        Assert.Empty(options.Dnsbl.Skip);
        Assert.Contains(notes, n => n.Contains("'no/name'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("postscreen_dnsbl_sites = a..b, good.test\n", "'a..b' is left out")]
    [InlineData("postscreen_dnsbl_threshold = many\n", "is no number")]
    [InlineData("postscreen_dnsbl_threshold = 0\n", "is out of range")]
    [InlineData("postscreen_dnsbl_action = reject\n", "is no action")]
    [InlineData("postscreen_dnsbl_max_ttl = 1y\n", "is no time")]
    [InlineData("postscreen_dnsbl_max_ttl = 40d\n", "longer than cache.max_life")]
    [InlineData("postscreen_access_list = hash:/etc/postfix/x\n", "hash:/etc/postfix/x can not be read here")]
    [InlineData("postscreen_access_list = cidr:/nowhere/x\n", "is left out: there is no such file")]
    [InlineData("postscreen_access_list = permit_mynetworks\n", "mynetworks is not given")]
    [InlineData("postscreen_dnsbl_reply_map = pcre:/etc/postfix/x\n", "can not be read here")]
    [InlineData("postscreen_greet_action = enforce\n", "postscreen_greet_action stays postscreen's own")]
    [InlineData("smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n", "has reject_rbl_client")]
    public void What_can_not_be_carried_over_is_named(string text, string note)
    {
        Converted(text, out var notes);
        Assert.Contains(notes, n => n.Contains(note, StringComparison.Ordinal));
    }

    [Fact]
    public void Rejects_that_postscreen_only_logged_refuse_nobody()
    {
        var cidr = Write("access.cidr", "192.0.2.0/24 reject\n198.51.100.7 permit\n");
        var options = Converted($"postscreen_access_list = cidr:{cidr}\n");
        Assert.Equal(["198.51.100.7/32"], options.Access.Permit.Select(e => e.ToString()));
        Assert.Empty(options.Access.Reject);
    }

    [Fact]
    public void The_first_match_of_postscreen_is_kept_or_named()
    {
        var first = Write("first.cidr", "192.0.2.7 permit\n192.0.2.0/24 reject\n");
        var second = Write("second.cidr", "192.0.2.9 permit\n192.0.2.7 permit\n2001:db8::/32 reject\n");
        var indexed = Write("indexed", "# text of a hash: table\n203.0.113.9  PERMIT\n192.0.2.8 permit\n203.0.113.10 reject\n203.0.113 permit\n");
        var options = Converted(
            "mynetworks = 10.0.0.0/8\npostscreen_denylist_action = drop\n"
            + $"postscreen_access_list = permit_mynetworks, cidr:{first}, cidr:{second}, hash:{indexed}, reject\n", out var notes);
        Assert.Equal(["10.0.0.0/8", $"file://{first}", $"file://{second}", "203.0.113.9/32"], options.Access.Permit.Select(e => e.ToString()));
        Assert.Equal(["203.0.113.10/32", "0.0.0.0/0", "::/0"], options.Access.Reject.Select(e => e.ToString()));
        // 192.0.2.8 of the hash: table is left out, for the first file's second line covers it.
        Assert.Contains($"cidr:{second}: line 1 (192.0.2.9/32) stands behind {first} line 2", Assert.Single(notes, n => n.Contains("stands behind", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(notes, n => n.Contains("line 5 is no 'address permit'", StringComparison.Ordinal));
    }

    // postscreen's own rule in plain words: each entry whose filter takes one of the codes adds its weight once; at the threshold the client fails.
    [Theory]
    [InlineData("enforce", VerdictAction.Enforce)]
    [InlineData("drop", VerdictAction.Drop)]
    public void A_thousand_clients_are_judged_as_postscreen_judges_them(string action, VerdictAction refusal)
    {
        const int Threshold = 3;
        var options = Converted(TenLists + $"postscreen_dnsbl_threshold = {Threshold}\npostscreen_dnsbl_action = {action}\n");
        SiteList.TryParse(options.Dnsbl.Sites.Reveal(), out var sites, out _);
        var policy = ScreeningPlan.Of(options, new TransportSet(TimeProvider.System, NullLoggerFactory.Instance)).Policies.Default;
        var random = new Random(2012);
        var refused = 0;
        for (var client = 0; client < 1000; client++)
        {
            var codes = sites.Select(s => s.Zone).Distinct().ToDictionary(
                zone => zone, _ => random.Next(3) > 0 ? [] : Enumerable.Range(0, random.Next(1, 3)).Select(_ => new AnswerCode(0x7f000000u + (uint)random.Next(0, 18))).ToArray());
            var score = sites.Where(s => s.Matches(codes[s.Zone])).Sum(s => s.Weight);
            var board = new ScoreBoard(policy.Rules, [.. policy.Checks.Select(c => c.Range)]);
            for (var slot = 0; slot < policy.Checks.Length; slot++)
            {
                var zone = sites.Select(s => s.Zone).Distinct().ElementAt(slot);
                board.Add(slot, policy.Checks[slot].Weigh(new DnsblAnswer([.. codes[zone]], 60)).Contribution);
            }

            var verdict = policy.Rules.Outcome(board.Score).Action;
            Assert.Equal(score >= Threshold, verdict == refusal);
            refused += verdict == refusal ? 1 : 0;
        }

        Assert.InRange(refused, 100, 900);
    }

    private ScreeningOptions Converted(string text) => Converted(text, out _);

    private ScreeningOptions Converted(string text, out IReadOnlyList<string> notes)
    {
        (var toml, notes) = PostscreenImport.Convert(text);
        var file = Write("screening.toml", toml);
        var loaded = ConfigurationLoader.Load(new ConfigurationRequest
        {
            ConfigPath = file,
            Sets = [],
            CurrentDirectory = _folder.FullName,
            SystemDirectory = _folder.FullName,
        });
        Assert.True(loaded.Options is not null, string.Join('\n', loaded.Faults) + toml);
        foreach (var note in notes)
            Assert.Contains($"# - {note}", toml, StringComparison.Ordinal);
        return loaded.Options;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
