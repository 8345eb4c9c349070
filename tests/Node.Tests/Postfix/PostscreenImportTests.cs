using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Node.Hosting;
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
        "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*3\n bl.mailspike.net=127.0.0.[2;10..12]*2,"
        + " b.barracudacentral.org=127.0.0.2*2\n"
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
        var verdict = Converted("postscreen_dnsbl_sites = bl.example\n" + text).Verdict;
        Assert.Equal((ignoreAt, enforceAt, dropAt), (verdict.IgnoreAt, verdict.EnforceAt, verdict.DropAt));
    }

    [Theory]
    [InlineData("postscreen_dnsbl_allowlist_threshold = -2\n", -2)]
    [InlineData("postscreen_dnsbl_whitelist_threshold = -3\n", -3)]
    [InlineData(
        "postscreen_dnsbl_whitelist_threshold = -3\npostscreen_dnsbl_allowlist_threshold = $postscreen_dnsbl_whitelist_threshold\n", -3)]
    [InlineData("", -10_000)]
    public void What_skips_tests_is_kept_under_its_old_name_too(string text, int allowAt)
    {
        var verdict = Converted("postscreen_dnsbl_sites = bl.example\n" + text).Verdict;
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
    [InlineData("postscreen_dnsbl_threshold = many\n", "is not a number")]
    [InlineData("postscreen_dnsbl_threshold = 0\n", "is out of range")]
    [InlineData("postscreen_dnsbl_action = reject\n", "is not an action")]
    [InlineData("postscreen_dnsbl_max_ttl = 1y\n", "is not a time")]
    [InlineData("postscreen_dnsbl_max_ttl = 40d\n", "longer than cache.max_life")]
    [InlineData("postscreen_access_list = hash:/etc/postfix/x\n", "hash:/etc/postfix/x cannot be read here")]
    [InlineData("postscreen_access_list = cidr:/nowhere/x\n", "is left out: there is no such file")]
    [InlineData("postscreen_access_list = permit_mynetworks\n", "mynetworks is not given")]
    [InlineData("postscreen_dnsbl_reply_map = pcre:/etc/postfix/x\n", "cannot be read here")]
    [InlineData("postscreen_greet_action = enforce\n", "postscreen_greet_action stays with postscreen")]
    [InlineData("smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n", "has reject_rbl_client")]
    public void What_can_not_be_carried_over_is_named(string text, string note)
    {
        Converted("postscreen_dnsbl_sites = bl.example\n" + text, out var notes);
        Assert.Contains(notes, n => n.Contains(note, StringComparison.Ordinal));
    }

    [Trait("Finding", "use-2")]
    [Fact]
    public void A_broken_site_list_gives_no_configuration()
    {
        var imported = PostscreenImport.Convert("postscreen_dnsbl_sites = good.example, zen.spamhaus.org=127.0.0.[2-11]*3, a..b\n");
        Assert.Equal(
            [
                "postscreen_dnsbl_sites: 'zen.spamhaus.org=127.0.0.[2-11]*3': a range is written with two dots, 2..11",
                "postscreen_dnsbl_sites: 'a..b': a dot too many in the domain",
            ],
            imported.Faults);
        Assert.Empty(imported.Toml);
    }

    // The style of Mail-in-a-Box: no postscreen, lists in smtpd.
    [Trait("Finding", "use-6")]
    [Fact]
    public void A_postfix_without_postscreen_keeps_the_default_thresholds_and_is_offered_its_own_lists()
    {
        const string Text = """
            mynetworks = 127.0.0.0/8 [::ffff:192.0.2.0]/120 [::1]/128
            smtpd_sender_restrictions = reject_non_fqdn_sender, reject_rhsbl_sender dbl.spamhaus.org
            smtpd_recipient_restrictions = permit_sasl_authenticated, permit_mynetworks,
              permit_dnswl_client list.dnswl.org=127.0.[2..9;11..15].[1..3]
              reject_rbl_client zen.spamhaus.org=127.0.0.[2..11], reject_unlisted_recipient, check_policy_service inet:127.0.0.1:10023
            """;
        var options = Converted(Text, out var notes);
        Assert.Equal((new VerdictOptions(), ""), (options.Verdict, options.Dnsbl.Sites.Reveal()));
        Assert.Equal(["127.0.0.0/8", "192.0.2.0/24", "::1/128"], options.Access.Permit.Select(e => e.ToString()));
        Assert.Contains(notes, note => note.Contains("the 2 lists of reject_rbl_client and permit_dnswl_client", StringComparison.Ordinal));

        var toml = PostscreenImport.Convert(Text).Toml;
        Assert.Contains("config to-postfix --door policy", toml, StringComparison.Ordinal);
        var tried = Load(toml.Replace("#sites", "sites", StringComparison.Ordinal));
        Assert.Equal(
            "list.dnswl.org=127.0.[2..9;11..15].[1..3]*-3, zen.spamhaus.org=127.0.0.[2..11]*3", tried.Options!.Dnsbl.Sites.Reveal());
        Assert.Empty(tried.Warnings.Select(warning => warning.ToString()));
    }

    [Trait("Finding", "use-6")]
    [Fact]
    public void What_is_written_reads_as_an_operator_would_write_it()
    {
        var toml = PostscreenImport.Convert(
            "queue_directory = /srv/queue\npostscreen_dnsbl_sites = a1b2c3d4e5f6a7b8c9d0.zen.dq.spamhaus.net=127.0.0.[2..11]*3\n"
            + "postscreen_dnsbl_ttl = 5m\npostscreen_access_list = cidr:/tmp/\u001b[2J\n").Toml;
        Assert.Contains("dnsblog = [\"unix:///srv/queue/screening/dnsblog?mode=0660\"]", toml, StringComparison.Ordinal);
        Assert.Contains("install -d -o screening -g postfix -m 2750 /srv/queue/screening\n", toml, StringComparison.Ordinal);
        Assert.Contains("pass_ttl     = \"5m\"", toml, StringComparison.Ordinal);
        Assert.Contains("pass_ttl_min = \"1m\"", toml, StringComparison.Ordinal);
        Assert.Contains("enforce_at = 10000   # never: postscreen_dnsbl_action = ignore", toml, StringComparison.Ordinal);
        Assert.Contains("#zone = \"KEY.zen.dq.spamhaus.net\"\n#key_file = ", toml, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', toml);
    }

    /// <summary>Settings in the style of well-known distributions of Postfix: all that concerns postscreen, reworded.</summary>
    public static readonly TheoryData<string> Distributions =
    [
        // As mailcow: one list with a weight for each of its codes.
        """
        postscreen_dnsbl_threshold = 6
        postscreen_dnsbl_ttl = 5m
        postscreen_dnsbl_action = enforce
        postscreen_blacklist_action = drop
        postscreen_greet_action = enforce
        mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128 [fe80::]/10 172.22.1.0/24 [fd4d:6169:6c63:6f77::]/64
        postscreen_dnsbl_sites = wl.mailspike.net=127.0.0.[18;19;20]*-2
          hostkarma.junkemailfilter.com=127.0.0.1*-2
          list.dnswl.org=127.0.[0..255].0*-2 list.dnswl.org=127.0.[0..255].1*-4
          list.dnswl.org=127.0.[0..255].2*-6 list.dnswl.org=127.0.[0..255].3*-8
          bl.spamcop.net*2 bl.suomispam.net*2
          hostkarma.junkemailfilter.com=127.0.0.2*3 hostkarma.junkemailfilter.com=127.0.0.4*2
          hostkarma.junkemailfilter.com=127.0.1.2*1
          backscatter.spameatingmonkey.net*2 bl.spameatingmonkey.net*2 b.barracudacentral.org=127.0.0.2*7
          bl.mailspike.net=127.0.0.2*5 bl.mailspike.net=127.0.0.[10;11;12]*4
          zen.spamhaus.org=127.0.0.[10;11]*8 zen.spamhaus.org=127.0.0.[4..7]*6
          zen.spamhaus.org=127.0.0.3*4 zen.spamhaus.org=127.0.0.2*3
        """,
        // As docker-mailserver.
        """
        mynetworks = 127.0.0.0/8 [::1]/128 [fe80::]/64
        postscreen_dnsbl_action = enforce
        postscreen_dnsbl_threshold = 3
        postscreen_dnsbl_whitelist_threshold = -1
        postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*3 bl.mailspike.net=127.0.0.[2;14;13;12;11;10]
          b.barracudacentral.org*2 bl.spameatingmonkey.net=127.0.0.2 psbl.surriel.com
          list.dnswl.org=127.0.[0..255].0*-2 list.dnswl.org=127.0.[0..255].1*-3 list.dnswl.org=127.0.[0..255].[2..3]*-4
        """,
        // As iRedMail, with a key.
        """
        mynetworks = 127.0.0.1 [::1]
        postscreen_dnsbl_threshold = 2
        postscreen_dnsbl_action = enforce
        postscreen_denylist_action = enforce
        postscreen_dnsbl_sites = abcdefghijklmnop1234567890.zen.dq.spamhaus.net=127.0.0.[2..11]*3 b.barracudacentral.org=127.0.0.2*2
        """,
    ];

    [Trait("Finding", "use-2")]
    [Theory]
    [MemberData(nameof(Distributions))]
    public void Well_known_settings_give_no_warning(string text) =>
        Assert.Empty(Load(PostscreenImport.Convert(text).Toml).Warnings.Select(warning => warning.ToString()));

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
        var indexed = Write(
            "indexed", "# text of a hash: table\n203.0.113.9  PERMIT\n192.0.2.8 permit\n203.0.113.10 reject\n203.0.113 permit\n");
        var options = Converted(
            "mynetworks = 10.0.0.0/8\npostscreen_denylist_action = drop\n"
            + $"postscreen_access_list = permit_mynetworks, cidr:{first}, cidr:{second}, hash:{indexed}, reject\n", out var notes);
        Assert.Equal(
            ["10.0.0.0/8", $"file://{first}", $"file://{second}", "203.0.113.9/32"], options.Access.Permit.Select(e => e.ToString()));
        Assert.Equal(["203.0.113.10/32", "0.0.0.0/0", "::/0"], options.Access.Reject.Select(e => e.ToString()));
        // 192.0.2.8 of the hash: table is left out, for the first file's second line covers it.
        Assert.Contains(
            $"cidr:{second}: line 1 (192.0.2.9/32) stands behind {first} line 2",
            Assert.Single(notes, note => note.Contains("stands behind", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains(notes, n => n.Contains("line 5 is not 'address permit'", StringComparison.Ordinal));
    }

    // postscreen's own rule in plain words: each entry whose filter takes one of the codes adds its weight once; at the threshold the
    // client fails.
    [Theory]
    [InlineData("enforce", VerdictAction.Enforce)]
    [InlineData("drop", VerdictAction.Drop)]
    public void A_thousand_clients_are_judged_as_postscreen_judges_them(string action, VerdictAction refusal)
    {
        const int Threshold = 3;
        var options = Converted(TenLists + $"postscreen_dnsbl_threshold = {Threshold}\npostscreen_dnsbl_action = {action}\n");
        SiteList.TryParse(options.Dnsbl.Sites.Reveal(), out var sites, out _);
        var profile = ScreeningPlan.Of(options, new TransportSet(TimeProvider.System, NullLoggerFactory.Instance)).Profiles.Default;
        var random = new Random(2012);
        var refused = 0;
        for (var client = 0; client < 1000; client++)
        {
            var codes = sites.Select(s => s.Zone).Distinct().ToDictionary(
                zone => zone,
                _ => random.Next(3) > 0
                    ? []
                    : Enumerable.Range(0, random.Next(1, 3)).Select(_ => new AnswerCode(0x7f000000u + (uint)random.Next(0, 18))).ToArray());
            var score = sites.Where(s => s.Matches(codes[s.Zone])).Sum(s => s.Weight);
            var board = new ScoreBoard(profile.Settings, [.. profile.Checks.Select(c => c.Range)]);
            for (var slot = 0; slot < profile.Checks.Length; slot++)
            {
                var zone = sites.Select(s => s.Zone).Distinct().ElementAt(slot);
                board.Add(slot, profile.Checks[slot].Weigh(new DnsblAnswer([.. codes[zone]], 60)).Contribution);
            }

            var verdict = profile.Settings.Outcome(board.Score).Action;
            Assert.Equal(score >= Threshold, verdict == refusal);
            refused += verdict == refusal ? 1 : 0;
        }

        Assert.InRange(refused, 100, 900);
    }

    private ScreeningOptions Converted(string text) => Converted(text, out _);

    private ScreeningOptions Converted(string text, out IReadOnlyList<string> notes)
    {
        var imported = PostscreenImport.Convert(text);
        Assert.Empty(imported.Faults);
        (var toml, notes) = (imported.Toml, imported.Notes);
        var loaded = Load(toml);
        Assert.True(loaded.Options is not null, string.Join('\n', loaded.Faults) + toml);
        foreach (var note in notes)
            Assert.Contains($"# - {note}", toml, StringComparison.Ordinal);
        return loaded.Options;
    }

    private ConfigurationResult Load(string toml) => ConfigurationLoader.Load(new ConfigurationRequest
    {
        ConfigPath = Write("screening.toml", toml),
        CurrentDirectory = _folder.FullName,
        SystemDirectory = _folder.FullName,
        ResolverFile = Path.Combine(_folder.FullName, "resolv.conf"),
    });

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
