using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

[Trait("Finding", "use-2")]
public sealed class ConfigurationLintTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    private const string Lists = "[dnsbl]\nsites = \"zen.spamhaus.org=127.0.0.[2..11]*3 list.dnswl.org=127.0.[2..9;11..15].[1..3]*-5\"\n";

    /// <summary>A file, and what the only warning must begin with, behind "screening.toml:".</summary>
    public static readonly TheoryData<string, string> Doubtful = new()
    {
        // Sums.
        { "[dnsbl]\nsites = \"psbl.surriel.com\"", "verdict.enforce_at is 3; all checks together add 1 at most (lists 1), so no client is ever refused by its score; write 1 or less, or" },
        { "[dnsbl]\nsites = \"wl.mailspike.net*-3\"", "verdict.enforce_at is 3; no check has a positive weight, so no client is ever refused by its score; add a list" },
        {
            "[p0f]\nsocket = \"/p\"\n[[p0f.rule]]\nos = \"x\"\nweight = 9",
            "verdict.enforce_at is 3; all checks together add 2 at most (p0f 2), so no client is ever refused by its score; add a list: while p0f.alone is false, p0f refuses nobody without another sign"
        },
        { Lists + "[profile.a]\ndnsbl.sites = \"psbl.surriel.com*2\"", "profile.a.verdict.enforce_at is 3; all checks together add 2 at most" },
        { Lists + "[verdict]\ndrop_at = 9", "4:11: verdict.drop_at is 9; all checks together add 3 at most (lists 3), so no client is ever dropped by its score; write 3 or less, or 10000 for never" },
        { Lists + "[verdict]\nallow_at = -6", "4:12: verdict.allow_at is -6; the weights add up to -5 at least, so no client is ever allowed by its score; write -5, or -10000 for never" },
        {
            Lists + "[verdict]\nallow_at = -5\n[p0f]\nsocket = \"/p\"\n[[p0f.rule]]\nos = \"Linux\"",
            "4:12: verdict.allow_at is -5; a client that the lists give -5 and p0f.rule 1 ends at -4 and is not allowed; write -4, or give the allowlists more weight"
        },
        {
            "[[custom]]\nname = \"a\"\nplugin = \"tcp://127.0.0.1:9\"\nweight = { enforce = 2, drop = 2 }",
            "verdict.enforce_at is 3; all checks together add 2 at most (custom checks 2), unless a custom check replies with a score of its own, so"
        },

        // Times.
        { Lists + "timeout = \"5s\"", "3:11: dnsbl.timeout is 5s; the longest deadline is verdict.dnsbl_deadline, 1.8s, and an answer after it counts for nothing; write 1.8s or less, or raise" },
        { Lists + "[[dnsbl.list]]\nzone = \"zen.spamhaus.org\"\ntimeout = \"2s\"", "5:11: dnsbl.list[1].timeout is 2s; the longest" },
        { "[[custom]]\nname = \"a\"\nurl = \"http://x\"\ntimeout = \"2s\"", "4:11: custom[1].timeout is 2s; the longest" },
        { "[endpoints]\ndnsbl = []\n[p0f]\ntimeout = \"1.5s\"", "4:11: p0f.timeout is 1.5s; the longest deadline is verdict.deadline, 1s" },
        { "[verdict]\ndeadline = \"60s\"", "2:12: verdict.deadline is 1m; postscreen waits for postscreen_greet_wait, 6 s by default, and lets the client pass then; write 1s" },

        // p0f, custom checks.
        { "[[p0f.rule]]\nos = \"x\"", "1:1: p0f.rule is given; p0f.socket is empty, so p0f is never asked" },
        { "[p0f]\nsocket = \"/run/p0f/p0f.sock\"", "2:10: p0f.socket is \"/run/p0f/p0f.sock\"; no p0f.rule gives its answers a weight" },
        { "[[custom]]\nname = \"a\"\ncommand = [\"/nowhere/check\"]", "3:11: custom[1].command is \"/nowhere/check\"; there is no such program, so the check never answers" },
        { "[[custom]]\nname = \"a\"\ncommand = [\"./screening.toml\"]", "3:11: custom[1].command is \"./screening.toml\"; the file is not executable" },

        // Lists.
        { "[dnsbl]\nsites = \"dnsbl.sorbs.net*3\"", "2:9: dnsbl.sites has dnsbl.sorbs.net; that list closed (2024-06-05; Proofpoint's statement" },
        { "[dnsbl]\nsites = \"ix.dnsbl.manitu.net*3\"", "2:9: dnsbl.sites has ix.dnsbl.manitu.net; that list closed (2025-01-16; nixspam.net); remove it" },
        { "[dnsbl]\nsites = \"zen.spamhaus.org*3\"", "2:9: dnsbl.sites has zen.spamhaus.org*3; it has no filter: every code counts, also one that Spamhaus may add with another meaning; write zen.spamhaus.org=127.0.0.[2..11]*3" },
        { "[dnsbl]\nsites = \"abc.zen.dq.spamhaus.net*3\"", "2:9: dnsbl.sites has ***.zen.dq.spamhaus.net*3; it has no filter: every code counts, also one that Spamhaus may add with another meaning; write ***.zen.dq.spamhaus.net=127.0.0.[2..11]*3" },
        { Lists[..^2] + " list.dnswl.org=127.0.15.0*3\"", "2:9: dnsbl.sites has list.dnswl.org=127.0.15.0*3; that list names clients that can be trusted, and a positive weight speaks against them; write list.dnswl.org=127.0.15.0*-3" },
        { Lists[..^2] + " bl.spamcop.net*-1\"", "2:9: dnsbl.sites has bl.spamcop.net*-1; that list names clients that send spam, and a negative weight speaks for them; write bl.spamcop.net\0" },
        { Lists[..^2] + " zen.spamhaus.org=127.0.0.[2..11]*3\"", "2:9: dnsbl.sites has zen.spamhaus.org=127.0.0.[2..11]*3 and zen.spamhaus.org=127.0.0.[2..11]*3; both match the same answers, so that both weights are added; write zen.spamhaus.org=127.0.0.[2..11]*6 once" },
        { Lists[..^2] + " b.example=127.255.255.[0..255]*3\"", "2:9: dnsbl.sites has b.example=127.255.255.[0..255]*3; its filter takes only codes that count for nothing" },
        { Lists + "resolver = [\"127.0.0.1\", \"8.8.8.8\"]", "3:12: dnsbl.resolver has 8.8.8.8; zen.spamhaus.org, list.dnswl.org refuse queries of public resolvers, so they list nobody; run a resolver" },

        // Doors and permanent lists.
        { "[endpoints]\nplugin = []\npolicy = []\ndnsbl = []\nmemcache = []\nhttp = []", "endpoints has no address; no mail server can ask this node; open" },
        { "[endpoints]\npolicy = [\"tcp://192.0.2.1:10026\"]", "2:11: endpoints.policy[1] is tcp://192.0.2.1:10026; without ?allow= it takes every private network and every network that this host is on; write tcp://192.0.2.1:10026?allow= and" },
        { "[endpoints]\nhttp = [\"tcp://0.0.0.0:10080?allow=any\"]", "2:9: endpoints.http[1] is tcp://0.0.0.0:10080?allow=any; tokens and addresses of clients cross the network in plain text" },
        { "[access]\npermit = [\"0.0.0.0/0\"]", "2:11: access.permit[1] is 0.0.0.0/0; every client in it is let in without a check" },
        { "[access]\npermit = [\"10.0.0.0/8\", \"2000::/3\", \"fc00::/7\"]", "2:25: access.permit[2] is 2000::/3; every" },
    };

    [Theory]
    [MemberData(nameof(Doubtful))]
    public void What_cannot_work_is_warned_of_once_with_what_to_write_instead(string text, string warning)
    {
        var result = fixture.Load(text);
        Assert.Empty(result.Faults);
        var got = Assert.Single(result.Warnings).ToString();
        var wanted = char.IsAsciiDigit(warning[0]) ? "screening.toml:" + warning : warning;
        Assert.StartsWith(wanted.TrimEnd('\0'), got, StringComparison.Ordinal);
        if (wanted[^1] == '\0')
            Assert.Equal(wanted[..^1], got);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Lists)]
    [InlineData(Lists + "[verdict]\nignore_at = 3\nenforce_at = 10000\ndrop_at = 10000\nallow_at = -10000\nallow_cap = -10000")]
    [InlineData(Lists + "[verdict]\ndrop_at = 8")]
    [InlineData(Lists + "[profile.a]\nlocal = [\"192.0.2.1\"]")]
    [InlineData(Lists + "[endpoints]\nhttp = [\"tcp://[::1]:10080\", \"tcp://localhost:10081\"]\nplugin = [\"tcp://192.0.2.1:10080?allow=10.0.0.0/8\"]\npolicy = []")]
    [InlineData("[dnsbl]\nsites = \"KEY1234567890abcdef.zen.dq.spamhaus.net=127.0.0.[2..11]*3\"\nresolver = [\"8.8.8.8\"]")]
    [InlineData("[[custom]]\nname = \"a\"\ncommand = [\"/bin/sh\", \"-c\", \"cat\"]")]
    [InlineData("[[custom]]\nname = \"a\"\nurl = \"http://127.0.0.1:9/\"\ntimeout = \"1.5s\"")]
    [InlineData("[access]\npermit = [\"10.0.0.0/8\", \"fe80::/10\"]\nreject = [\"0.0.0.0/0\"]")]
    public void What_may_be_meant_is_not_warned_of(string text)
    {
        var result = fixture.Load(text);
        Assert.Empty(result.Faults);
        Assert.Empty(result.Warnings.Select(warning => warning.ToString()));
    }

    [Fact]
    public void A_public_resolver_of_the_system_is_named()
    {
        fixture.Write("open/resolv.conf", "nameserver 2606:4700:4700::1111\n");
        fixture.Write("screening.toml", Lists);
        var request = fixture.Request() with { ResolverFile = Path.Combine(fixture.Folder, "open", "resolv.conf") };
        var warning = Assert.Single(ConfigurationLoader.Load(request).Warnings).ToString();
        Assert.StartsWith("screening.toml:2:9: dnsbl.sites asks through 2606:4700:4700::1111 (", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wide_network_in_a_file_is_named_with_its_line()
    {
        var file = fixture.Write("permit.cidr", "192.0.2.0/24 permit\n0.0.0.0/0 permit\n::/0 reject\n");
        var warning = Assert.Single(fixture.Load($"[access]\npermit = [\"file://{file}\"]").Warnings).ToString();
        Assert.StartsWith($"screening.toml:2:11: access.permit[1] has 0.0.0.0/0 on line 2 of {file}; every", warning, StringComparison.Ordinal);
    }

    // The rule is what the kernel does with sockets made as the doors make them.
    [Theory]
    [InlineData("tcp://0.0.0.0", "tcp://127.0.0.1")]
    [InlineData("tcp://0.0.0.0", "tcp://127.0.0.2")]
    [InlineData("tcp://[::]", "tcp://127.0.0.1")]
    [InlineData("tcp://[::]", "tcp://0.0.0.0")]
    [InlineData("tcp://[::]", "tcp://[::1]")]
    [InlineData("tcp://127.0.0.1", "tcp://127.0.0.2")]
    [InlineData("tcp://127.0.0.1", "tcp://[::1]")]
    [InlineData("tcp://0.0.0.0", "tcp://[::1]")]
    [InlineData("udp://0.0.0.0", "udp://127.0.0.1")]
    [InlineData("udp://[::]", "udp://127.0.0.1")]
    [InlineData("udp://[::]", "udp://[::1]")]
    [InlineData("udp://0.0.0.0", "tcp://127.0.0.1")]
    public void Listeners_that_cannot_both_be_bound_are_a_fault(string first, string second)
    {
        using var one = Bind(first, 0);
        var port = ((IPEndPoint)one.LocalEndPoint!).Port;
        var isTaken = false;
        try
        {
            using var other = Bind(second, port);
        }
        catch (SocketException)
        {
            isTaken = true;
        }

        Assert.Equal(isTaken, EndpointRules.Overlap(EndpointAddress.Parse($"{first}:{port}"), EndpointAddress.Parse($"{second}:{port}")));
        Assert.Equal(isTaken, EndpointRules.Overlap(EndpointAddress.Parse($"{second}:{port}"), EndpointAddress.Parse($"{first}:{port}")));
    }

    [Fact]
    public void An_overlap_names_both_listeners() => Assert.Equal(
        "screening.toml:2:11: endpoints.plugin[1] is tcp://0.0.0.0:10080; endpoints.http[1] is tcp://127.0.0.1:10080 (the default), and only one of them can be bound",
        Assert.Single(fixture.Load("[endpoints]\nplugin = [\"tcp://0.0.0.0:10080\"]").Faults).ToString());

    private static Socket Bind(string address, int port)
    {
        var endpoint = EndpointAddress.Parse($"{address}:{port}");
        var place = new IPEndPoint(IPAddress.Parse(endpoint.Host), port);
        if (endpoint.Scheme == EndpointScheme.Tcp)
        {
            var listener = SocketTransportOptions.CreateDefaultBoundListenSocket(place);
            listener.Listen();
            return listener;
        }

        var socket = new Socket(place.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(place);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
