using System.Net;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>Programs of others that ask the node, each set up as docs/clients.md says.</summary>
[Trait("Finding", "clients-12")]
public sealed class ClientsNeedDebianProgramsTests(ClientsLab lab) : IClassFixture<ClientsLab>
{
    private const string Direct = "10053";

    [SkippableFact]
    public async Task Needs_dig_and_kdig__The_zone_is_a_zone_to_them()
    {
        Requires.Programs("kdig");
        await lab.StartAsync();
        Assert.Equal("127.0.0.4\n", (await DigAsync(Direct, "10.2.0.192." + ClientsLab.Zone)).Output);
        Assert.Equal("127.0.0.4\n", (await DigAsync("53", ClientsLab.Listed6Name)).Output);
        Assert.Equal("127.0.0.2\n", (await DigAsync(Direct, "2.0.0.127.allow." + ClientsLab.Zone)).Output);
        var dnssec = await lab.RunAsync("dig", "@127.0.0.1", "-p", Direct, "+dnssec", "+qr", ClientsLab.Zone, "SOA");
        Assert.Equal(2, dnssec.Output.Split("flags: do").Length - 1); // The question's and the answer's.
        var text = await lab.RunAsync("kdig", "@127.0.0.1", "-p", Direct, "+tcp", "+short", "10.2.0.192." + ClientsLab.Zone, "TXT");
        Assert.StartsWith("\"listed by bl.example (127.0.0.2", text.Output, StringComparison.Ordinal);
        var notify = await lab.RunAsync("dig", "@127.0.0.1", "-p", Direct, "+opcode=NOTIFY", ClientsLab.Zone, "SOA");
        Assert.Contains("status: NOTIMP", notify.Output, StringComparison.Ordinal);
        Assert.Contains("QUESTION SECTION", notify.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    [Trait("Finding", "clients-P3")]
    public async Task Needs_unbound_and_BIND__Resolvers_that_minimise_names_strictly_find_ipv6_clients()
    {
        Requires.Programs("named");
        await lab.StartAsync();
        await lab.StartStrictUnboundAsync(new IPEndPoint(IPAddress.Loopback, 54));
        var named = lab.Begin("named", "-g", "-c", lab.Write("named.conf", $$"""
            options {
              directory "{{lab.Folder.Root}}"; pid-file "named.pid"; session-keyfile "session.key";
              listen-on port 55 { 127.0.0.1; }; listen-on-v6 { none; };
              qname-minimization strict; dnssec-validation no;
            };
            controls { };
            zone "{{ClientsLab.Zone}}" { type static-stub; server-addresses { 127.0.0.2; }; };
            """));
        await Poll.UntilAsync(
            async () => (await DigAsync("55", "10.2.0.192." + ClientsLab.Zone)).Output == "127.0.0.4\n", Waiting.Limit,
            "an answer of named",
            () => named.Transcript);
        foreach (var port in new[] { "54", "55" })
            Assert.Equal((port, "127.0.0.4\n"), (port, (await DigAsync(port, ClientsLab.Listed6Name)).Output));
        Assert.Equal("[]", (await lab.RunAsync(
            "curl", "-s", "--unix-socket", lab.HttpSocket, "http://localhost/api/v1/cache?prefix=2.0.0.0/16")).Output);
    }

    [SkippableFact]
    public async Task Needs_dnsperf__Every_question_is_answered()
    {
        Requires.Programs("dnsperf");
        await lab.StartAsync();
        var questions = lab.Write("questions", $"10.2.0.192.{ClientsLab.Zone} A\n30.2.0.192.{ClientsLab.Zone} A\n{ClientsLab.Zone} SOA\n");
        var run = await lab.RunAsync("dnsperf", "-s", "127.0.0.1", "-a", "127.0.0.1", "-p", Direct, "-d", questions, "-l", "2", "-t", "30");
        Assert.Contains("Queries lost:         0 ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Queries sent:         0\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("SERVFAIL", run.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    [Trait("Finding", "clients-P4")]
    public async Task Needs_haproxy_and_curl__A_node_is_up_by_get_by_head_and_by_memcache()
    {
        Requires.Programs("haproxy");
        await lab.StartAsync();
        var proxy = lab.Begin("haproxy", "-db", "-f", lab.Write("haproxy.cfg", """
            defaults
              mode http
              timeout connect 20s
              timeout client 20s
              timeout server 20s
              default-server check inter 200ms fall 1 rise 1
            frontend checks
              bind 127.0.0.1:18080
              http-request return status 200 content-type text/plain lf-string "%[nbsrv(by_get)] %[nbsrv(by_head)] %[nbsrv(by_memcache)]"
            backend by_get
              option httpchk GET /readyz
              server node 127.0.0.1:10080
            backend by_head
              option httpchk HEAD /readyz
              server node 127.0.0.1:10080
            backend by_memcache
              mode tcp
              option tcp-check
              tcp-check send "version\r\n"
              tcp-check expect string VERSION
              server node 127.0.0.1:10211

            """));
        await Poll.UntilAsync(
            async () => proxy.HasExited || (await lab.RunAsync("curl", "-s", "http://127.0.0.1:18080/")).Output == "1 1 1", Waiting.Limit,
            "checks that succeed", () => proxy.Transcript);
        Assert.False(proxy.HasExited, proxy.Transcript);
        string[] twice = ["http://127.0.0.1:10080/metrics", "http://127.0.0.1:10080/api/v1/status"];
        var kept = await lab.RunAsync("curl", ["-sv", "--http1.0", "-H", "Connection: keep-alive", .. twice]);
        Assert.Contains("Re-using existing connection", kept.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_promtool__Metrics_are_as_Prometheus_wants_them()
    {
        await lab.StartAsync();
        var (promtool, _) = Requires.Unpacked("prometheus", "usr/bin/promtool");
        var metrics = await lab.RunAsync("curl", "-s", "http://127.0.0.1:10080/metrics");
        var check = await lab.RunAsync(promtool, ["check", "metrics"], metrics.Output);
        Assert.True(check is { ExitCode: 0, Output: "", Error: "" }, $"{check}");
    }

    [SkippableFact]
    public async Task Needs_Exim__Its_dnslists_refuse_and_accept()
    {
        await lab.StartAsync();
        var (exim, libraries) = Requires.Unpacked("exim4-daemon-light", "usr/sbin/exim4");
        var configuration = lab.Write("exim.conf", $"""
            primary_hostname = mx.example
            spool_directory = {lab.Folder.MakeFolder("exim")}
            log_file_path = {lab.Folder["exim-%slog"]}
            acl_smtp_rcpt = rcpt
            begin acl
            rcpt:
              accept dnslists = allow.{ClientsLab.Zone}=127.0.1.1
              deny   dnslists = {ClientsLab.Zone}=127.0.0.4,127.0.0.5
                     message  = refused: $dnslist_text
              accept

            """);
        const string Session = "HELO c.example\r\nMAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\nQUIT\r\n";
        async Task<string> AskAsync(string client) =>
            (await lab.RunAsync(exim, ["-C", configuration, "-bh", client], Session, libraries)).Output;
        foreach (var client in new[] { ClientsLab.Listed, ClientsLab.Listed6 })
            Assert.Contains("550 refused: listed by bl.example (127.0.0.2", await AskAsync(client), StringComparison.Ordinal);
        foreach (var client in new[] { ClientsLab.Trusted, ClientsLab.Clean })
            Assert.Contains("250 Accepted", await AskAsync(client), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_rspamd__Its_rbl_module_finds_listings()
    {
        Requires.Programs("rspamd", "rspamc");
        await lab.StartAsync();
        var rspamd = lab.Begin("rspamd", "-f", "-i", "-c", lab.Write("rspamd.conf", $$"""
            options {
              pidfile = "{{lab.Folder["rspamd.pid"]}}"; filters = ""; explicit_modules = ["rbl"];
              url_tld = "{{lab.Write("tld", "com\nexample\n")}}";
              dns { nameserver = ["127.0.0.1:53"]; timeout = 20s; }
            }
            logging { type = "console"; level = "warning"; }
            worker "normal" { bind_socket = "127.0.0.1:11333"; count = 1; }
            modules { path = "/usr/share/rspamd/plugins/"; fallback_path = "/usr/share/rspamd/lualib"; }
            actions { reject = 15; }
            lua = "/usr/share/rspamd/rules/rspamd.lua";
            rbl {
              rbls {
                screening {
                  symbol = "SCREENING"; rbl = "{{ClientsLab.Zone}}"; checks = ["from"]; ipv4 = true; ipv6 = true;
                  returncodes { SCREENING = ["127.0.0.4", "127.0.0.5"]; }
                }
                screening_allow {
                  symbol = "SCREENING_ALLOW"; rbl = "allow.{{ClientsLab.Zone}}"; checks = ["from"]; ipv4 = true; ipv6 = true;
                  is_whitelist = true;
                  returncodes { SCREENING_ALLOW = "127.0.1.1"; }
                }
              }
            }

            """));
        var mail = lab.Write("mail", Mail(ClientsLab.Clean));
        async Task<string> AskAsync(string client) =>
            (await lab.RunAsync("rspamc", "-h", "127.0.0.1:11333", "-i", client, "symbols", mail)).Output;
        await Poll.UntilAsync(
            async () => rspamd.HasExited || (await AskAsync(ClientsLab.Clean)).Contains("Action:", StringComparison.Ordinal), Waiting.Limit,
            "an answer of rspamd", () => rspamd.Transcript);
        foreach (var client in new[] { ClientsLab.Listed, ClientsLab.Listed6 })
            Assert.Contains("Symbol: SCREENING (", await AskAsync(client), StringComparison.Ordinal);
        Assert.Contains("Symbol: SCREENING_ALLOW (", await AskAsync(ClientsLab.Trusted), StringComparison.Ordinal);
        Assert.DoesNotContain("SCREENING", await AskAsync(ClientsLab.Clean), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_SpamAssassin__Its_check_rbl_finds_listings()
    {
        Requires.Programs("spamassassin");
        await lab.StartAsync();
        var site = lab.Folder.MakeFolder("sa-site");
        var rules = lab.Folder.MakeFolder("sa-rules");
        lab.Write("sa-site/init.pre", "loadplugin Mail::SpamAssassin::Plugin::Check\nloadplugin Mail::SpamAssassin::Plugin::DNSEval\n");
        lab.Write("sa-rules/screening.cf", $"""
            dns_available yes
            rbl_timeout 60
            use_bayes 0
            trusted_networks 203.0.113.1
            header SCREENING eval:check_rbl('screening-lastexternal', '{ClientsLab.Zone}.', '^127\.0\.0\.[45]$')
            tflags SCREENING net
            header SCREENING_ALLOW eval:check_rbl('screeningallow-lastexternal', 'allow.{ClientsLab.Zone}.', '^127\.0\.1\.1$')
            tflags SCREENING_ALLOW net nice

            """);
        async Task<string> AskAsync(string client) => (await lab.RunAsync(
            "spamassassin", ["-x", "-t", "-D", "check", "--siteconfigpath", site, "--configpath", rules], Mail(client))).Error;
        foreach (var client in new[] { ClientsLab.Listed, ClientsLab.Listed6 })
            Assert.Contains("check: tests=SCREENING\n", await AskAsync(client), StringComparison.Ordinal);
        Assert.Contains("check: tests=SCREENING_ALLOW\n", await AskAsync(ClientsLab.Trusted), StringComparison.Ordinal);
        Assert.DoesNotContain("tests=SCREENING", await AskAsync(ClientsLab.Clean), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_postfwd__Its_rbl_item_finds_ipv4_and_never_asks_about_ipv6()
    {
        Requires.Programs("postfwd");
        await lab.StartAsync();
        var rules = lab.Write("postfwd.cf", $@"id=SCREENING; rbl={ClientsLab.Zone}/^127\.0\.0\.[45]$/300; action=REJECT listed" + "\n");
        async Task<string> AskAsync(string client) => (await lab.RunAsync(
            "postfwd", ["-f", rules, "-u", "nobody", "-g", "nogroup", "--nodaemon", "-L"],
            $"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={client}\nsender=a@c.example\nrecipient=b@mx.example\n\n"))
                .Output;
        Assert.Contains("action=REJECT listed", await AskAsync(ClientsLab.Listed), StringComparison.Ordinal);
        Assert.Contains("action=DUNNO", await AskAsync(ClientsLab.Clean), StringComparison.Ordinal);

        // postfwd 1.35 skips lookups of what has a colon (sub rbl_prepare_lookups): docs/clients.md says what to do.
        Assert.Contains("action=DUNNO", await AskAsync(ClientsLab.Listed6), StringComparison.Ordinal);
    }

    [SkippableFact]
    [Trait("Finding", "clients-P7")]
    public async Task Needs_libmemcached_tools__They_work_in_text_and_do_not_hang_in_binary()
    {
        Requires.Programs("memcping", "memccp", "memccat", "memcstat", "memccapable");
        await lab.StartAsync();
        const string Servers = "--servers=127.0.0.1:10211";
        Assert.Equal(0, (await lab.RunAsync("memcping", Servers)).ExitCode);
        Assert.Equal(0, (await lab.RunAsync("memccp", Servers, lab.Write("greeting", "hello"))).ExitCode);
        Assert.Equal("hello", (await lab.RunAsync("memccat", Servers, "greeting")).Output.TrimEnd());
        Assert.Contains("curr_items", (await lab.RunAsync("memcstat", Servers)).Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await lab.RunAsync("memccapable", "-h", "127.0.0.1", "-p", "10211", "-b", "-T", "binary noop")).ExitCode);
    }

    private Task<CommandResult> DigAsync(string port, string name) =>
        lab.RunAsync("dig", "@127.0.0.1", "-p", port, "+short", "+tries=10", name);

    private static string Mail(string client) =>
        $"Received: from c.example (c.example [{(client.Contains(':', StringComparison.Ordinal) ? "IPv6:" : "")}{client}])\n"
        + "\tby mx.example (Postfix) with ESMTP id 1 for <b@mx.example>; Thu, 26 Nov 2026 12:00:00 +0000\n"
        + "From: a@c.example\nTo: b@mx.example\nSubject: x\nMessage-ID: <1@c.example>\nDate: Thu, 26 Nov 2026 12:00:00 +0000\n\nhello\n";
}
