using Screening.Node.Configuration;
using Screening.Node.Postfix;

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
        var lines = new PostfixLinesWriter(options, new Version(3, 7), "enforce", queueFolder).Of("dnsblog");
        Assert.Equal(($"dnsblog_service_name = {name}", notes), (lines.MainCf[0], lines.Notes.Count));
    }

    [Fact]
    public void A_postscreen_that_can_not_use_the_socket_is_warned_of()
    {
        Assert.Contains(Lines("dnsblog", "3.0").Notes, note => note.Contains("3.1 is the first", StringComparison.Ordinal));
        Assert.DoesNotContain(Lines("dnsblog", "3.1").Notes, note => note.Contains("3.1 is the first", StringComparison.Ordinal));
    }

    [Fact]
    public void The_cache_and_the_policy_service_are_told_whole()
    {
        Assert.Equal(
            ["postscreen_cache_map = memcache:/etc/postfix/screening_cache.cf", "postscreen_cache_cleanup_interval = 0"], Lines("memcache", "3.7").MainCf);
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
        Assert.True(PostconfProgram.TryParseVersion(text, out var read));
        Assert.Equal(Version.Parse(version), read);
        Assert.False(PostconfProgram.TryParseVersion("new", out _));
    }

    private static PostfixLines Lines(string door, string version, string action = "enforce") =>
        new PostfixLinesWriter(new ScreeningOptions(), Version.Parse(version), action).Of(door);
}
