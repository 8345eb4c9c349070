using Screening.Node.Configuration;
using Screening.Node.Postfix;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Postfix;

public sealed class PostfixLinesTests
{
    // CONTRACT.md section 4.
    [Theory]
    [InlineData("2.8", null, null)]
    [InlineData("2.11", "allow.screening.internal=127.0.1.1*-4", "postscreen_dnsbl_whitelist_threshold = -4")]
    [InlineData("3.5", "allow.screening.internal=127.0.1.1*-4", "postscreen_dnsbl_whitelist_threshold = -4")]
    [InlineData("3.6", "allow.screening.internal=127.0.1.1*-4", "postscreen_dnsbl_allowlist_threshold = -4")]
    [InlineData("3.12", "allow.screening.internal=127.0.1.1*-4", "postscreen_dnsbl_allowlist_threshold = -4")]
    public void The_dnsbl_doors_are_told_in_the_names_of_the_version(string version, string? allow, string? threshold)
    {
        foreach (var door in new[] { "dnsbl", "dnsblog" })
        {
            var lines = Lines(door, version, "drop").MainCf;
            Assert.Contains($"postscreen_dnsbl_sites = screening.internal=127.0.0.[4..5]*3{(allow is null ? "" : " " + allow)}", lines);
            Assert.Contains("postscreen_dnsbl_threshold = 3", lines);
            Assert.Contains("postscreen_dnsbl_action = drop", lines);
            Assert.Equal(threshold is null ? [] : [threshold], lines.Where(l => l.Contains("list_threshold", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("unix:///var/spool/postfix/screening/dnsblog", "/var/spool/postfix", "../screening/dnsblog", 0)]
    [InlineData("unix:///srv/queue/private/x", "/srv/queue", "x", 0)]
    [InlineData("unix:///run/x/dnsblog", "/var/spool/postfix", "../../../../run/x/dnsblog", 1)]
    public void The_socket_is_named_as_postscreen_looks_for_it(string address, string queueFolder, string name, int notes)
    {
        var options = new ScreeningOptions { Endpoints = new EndpointOptions { Dnsblog = [EndpointAddress.Parse(address)] } };
        var postfix = new PostfixInstallation(new Version(3, 7)) { QueueFolder = queueFolder };
        var lines = new PostfixLinesWriter(options, postfix, "enforce").Of("dnsblog");
        Assert.Equal(($"dnsblog_service_name = {name}", notes), (lines.MainCf[0], lines.Notes.Count));
    }

    [Fact]
    public void A_postscreen_that_can_not_use_the_socket_is_warned_of()
    {
        Assert.Contains(Lines("dnsblog", "3.0").Notes, note => note.Contains("needs Postfix 3.1", StringComparison.Ordinal));
        Assert.DoesNotContain(Lines("dnsblog", "3.1").Notes, note => note.Contains("needs Postfix 3.1", StringComparison.Ordinal));
    }

    [Trait("Finding", "use-4")]
    [Theory]
    [InlineData("policy", "/var/spool/postfix/screening/policy", "y", "unix:screening/policy", 0)]
    [InlineData("policy", "/var/spool/postfix/screening/policy", "n", "unix:screening/policy", 0)]
    [InlineData("policy", "/run/screening/policy", "y", "unix:/run/screening/policy", 1)]
    [InlineData("policy", "/run/screening/policy", "n", "unix:/run/screening/policy", 0)]
    [InlineData("memcache", "/var/spool/postfix/screening/memcache", "y", "unix:screening/memcache", 0)]
    public void A_socket_is_told_so_that_a_program_in_a_chroot_finds_it(string door, string path, string chroot, string told, int notes)
    {
        var address = EndpointAddress.Parse($"unix://{path}");
        var options = new ScreeningOptions { Endpoints = new EndpointOptions { Policy = [address], Memcache = [address] } };
        var postfix = new PostfixInstallation(new Version(3, 7))
        {
            Services = [new PostfixService("smtp", "inet", chroot, "postscreen"), new PostfixService("smtpd", "pass", chroot, "smtpd")],
        };
        var lines = new PostfixLinesWriter(options, postfix, "enforce").Of(door);
        Assert.Contains(
            lines.MainCf.Concat(lines.Files.Values.SelectMany(file => file)), line => line.Contains(told, StringComparison.Ordinal));
        Assert.Equal(notes, lines.Notes.Count(note => note.Contains("in a chroot", StringComparison.Ordinal)));
    }

    [Trait("Finding", "use-4")]
    [Fact]
    public void Lines_that_main_cf_has_are_named_and_its_restrictions_kept()
    {
        var postfix = new PostfixInstallation(new Version(3, 7))
        {
            ConfigFolder = "/etc/postfix-in",
            MainCf = PostfixParameters.Parse(
                "postscreen_dnsbl_threshold = 3\npostscreen_dnsbl_sites = abc.zen.dq.spamhaus.net*3\n"
                + "postscreen_dnsbl_reply_map = texthash:/etc/postfix/names\n"
                + "smtpd_recipient_restrictions = permit_mynetworks reject_unauth_destination check_sender_access hash:/etc/postfix/s").Raw,
        };
        var writer = new PostfixLinesWriter(new ScreeningOptions(), postfix, "enforce");
        var dnsblog = writer.Of("dnsblog");
        Assert.Equal([KeyValuePair.Create("postscreen_dnsbl_sites", "***.zen.dq.spamhaus.net*3")], dnsblog.Replaces);
        Assert.DoesNotContain(dnsblog.MainCf, line => line.StartsWith("postscreen_dnsbl_reply_map", StringComparison.Ordinal));
        const string Already = "postscreen_dnsbl_reply_map is texthash:/etc/postfix/names already";
        Assert.Contains(dnsblog.Notes, note => note.StartsWith(Already, StringComparison.Ordinal));
        Assert.Equal(
            "smtpd_recipient_restrictions = permit_mynetworks reject_unauth_destination,"
                + " check_policy_service { inet:127.0.0.1:10026, timeout=2s, default_action=DUNNO }"
            + " check_sender_access hash:/etc/postfix/s",
            writer.Of("policy").MainCf.Single());
        Assert.Equal("/etc/postfix-in/screening_cache.cf", writer.Of("memcache").Files.Single().Key);
    }

    [Trait("Finding", "use-4")]
    [Fact]
    public void The_sender_reads_a_reason_and_a_profile_gets_its_zone()
    {
        var options = new ScreeningOptions
        {
            Dnsbl = new DnsblOptions { Sites = new ZoneText("abc.zen.dq.spamhaus.net*3 bl.spamcop.net list.dnswl.org*-3") },
            Profiles = new ScreeningOptions().Profiles.Add("strict", new ProfileOptions { Local = [Address("192.0.2.25")] }),
        };
        const string Reason = "(a score of several signs that may include bl.spamcop.net or zen.dq.spamhaus.net)";
        var lines = new PostfixLinesWriter(options, new PostfixInstallation(new Version(3, 7)), "enforce").Of("dnsblog");
        Assert.Equal(
            $"postscreen_dnsbl_reply_map = inline:{{ {{ screening.internal = screening.internal {Reason} }},"
                + $" {{ strict.screening.internal = strict.screening.internal {Reason} }} }}",
            lines.MainCf[^1]);
        Assert.StartsWith(
            "192.0.2.25:smtp inet n - y - 1 postscreen"
                + " -o postscreen_dnsbl_sites=strict.screening.internal=127.0.0.[4..5]*3,allow.strict.screening.internal=127.0.1.1*-4 ",
            lines.MasterCf[^1], StringComparison.Ordinal);
        Assert.Contains(lines.Notes, note => note.Contains("profile strict needs a postscreen of its own", StringComparison.Ordinal));

        var old = new PostfixLinesWriter(options, new PostfixInstallation(new Version(2, 11)), "enforce").Of("dnsbl");
        Assert.Equal("postscreen_dnsbl_reply_map = texthash:/etc/postfix/screening_reply", old.MainCf[^1]);
        Assert.Equal($"screening.internal screening.internal {Reason}", old.Files["/etc/postfix/screening_reply"][0]);
    }

    [Trait("Finding", "use-4")]
    [Theory]
    [InlineData("3.7", true, true, "dnsblog")]
    [InlineData("3.7", true, false, "policy")]
    [InlineData("3.7", false, true, "policy")]
    [InlineData("3.0", true, true, "dnsbl")]
    public void One_door_is_recommended(string version, bool postscreen, bool dnsblog, string door)
    {
        var options = new ScreeningOptions();
        if (dnsblog)
            options = options with { Endpoints = options.Endpoints with { Dnsblog = [EndpointAddress.Parse("unix:///x/y")] } };
        var postfix = new PostfixInstallation(Version.Parse(version))
        {
            Services = [new PostfixService("smtp", "inet", "y", postscreen ? "postscreen" : "smtpd")],
        };
        Assert.Equal(door, new PostfixLinesWriter(options, postfix, "enforce").Recommended());
    }

    [Trait("Finding", "use-4")]
    [Theory]
    [InlineData("udp://127.0.0.1:10053", 1)]
    [InlineData("udp://127.0.0.40:53", 0)]
    public void Only_a_port_that_resolv_conf_cannot_name_is_noted(string address, int notes)
    {
        var options = new ScreeningOptions { Endpoints = new EndpointOptions { Dnsbl = [EndpointAddress.Parse(address)] } };
        var lines = new PostfixLinesWriter(options, new PostfixInstallation(new Version(3, 7)), "enforce").Of("dnsbl");
        Assert.Equal(notes, lines.Notes.Count(note => note.Contains("resolv.conf", StringComparison.Ordinal)));
    }

    [Trait("Finding", "use-4")]
    [Theory]
    [InlineData("9.9")]
    [InlineData("2.12")]
    [InlineData("2.7")]
    [InlineData("3.13")]
    [InlineData("new")]
    public void A_version_that_postfix_does_not_have_is_refused(string text) =>
        Assert.False(PostfixInstallation.TryParseVersion(text, out var version) && PostfixInstallation.IsKnown(version));

    [Fact]
    public void The_cache_and_the_policy_service_are_told_whole()
    {
        Assert.Equal(
            ["postscreen_cache_map = memcache:/etc/postfix/screening_cache.cf", "postscreen_cache_cleanup_interval = 0"],
            Lines("memcache", "3.7").MainCf);
        Assert.Equal(
            ["memcache = inet:127.0.0.1:10211", "key_format = postscreen:%s", "timeout = 1", "max_try = 1", "ttl = 2592000"],
            Lines("memcache", "3.7").Files.Single().Value);
        Assert.EndsWith(
            "reject_unauth_destination, check_policy_service { inet:127.0.0.1:10026, timeout=2s, default_action=DUNNO }",
            Lines("policy", "3.7").MainCf.Single(), StringComparison.Ordinal);
        Assert.EndsWith("check_policy_service inet:127.0.0.1:10026", Lines("policy", "2.11").MainCf[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.7.11", "3.7")]
    [InlineData("3.12-20260821", "3.12")]
    [InlineData("2.8", "2.8")]
    public void A_version_is_read(string text, string version)
    {
        Assert.True(PostfixInstallation.TryParseVersion(text, out var read));
        Assert.Equal(Version.Parse(version), read);
        Assert.True(PostfixInstallation.IsKnown(read));
    }

    private static ClientAddress Address(string text) =>
        ClientAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    private static PostfixLines Lines(string door, string version, string action = "enforce") =>
        new PostfixLinesWriter(new ScreeningOptions(), new PostfixInstallation(Version.Parse(version)), action).Of(door);
}
