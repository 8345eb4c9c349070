using System.Net;
using System.Net.Sockets;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Endpoints;

public sealed class PolicyEndpointTests : IDisposable
{
    private const string Listen = "endpoints.policy=[\"tcp://127.0.0.1:0\"]";
    private readonly FakeDnsServer _dns = new();

    private string[] Judged =>
        [Listen, "dnsbl.sites=bl.test*4,worse.test*9", $"dnsbl.resolver=[\"{_dns.EndPoint}\"]", "dnsbl.skip=[]", "node.name=mx1"];

    public PolicyEndpointTests()
    {
        _dns.List("192.0.2.4", "bl.test", 60, "127.0.0.2");
        _dns.List("192.0.2.9", "worse.test", 60, "127.0.0.2");
        _dns.List("2001:db8::4", "bl.test", 60, "127.0.0.3");
    }

    public void Dispose() => _dns.Dispose();

    [Fact]
    public async Task Only_a_refusal_is_told_and_that_with_client_reason_and_list()
    {
        await using var node = await RunningNode.StartAsync(
            [.. Judged, "policy.drop_text=521 {client} {reason}", "access.reject=[\"192.0.2.66\"]", "access.permit=[\"192.0.2.1\"]"]);
        using var smtpd = await ConnectAsync(node);
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.1", "i1"));
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.2", "i2"));
        Assert.Equal(
            "action=550 5.7.1 Service unavailable; client [192.0.2.4] refused: listed by bl.test (127.0.0.2)",
            await AskAsync(smtpd, "192.0.2.4", "i3"));
        Assert.Equal(
            "action=550 5.7.1 Service unavailable; client [2001:db8::4] refused: listed by bl.test (127.0.0.3)",
            await AskAsync(smtpd, "2001:db8::4", "i4"));
        Assert.Equal("action=521 192.0.2.9 listed by worse.test (127.0.0.2)", await AskAsync(smtpd, "192.0.2.9", "i5"));
        Assert.StartsWith("action=521 192.0.2.66 ", await AskAsync(smtpd, "192.0.2.66", "i6"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sasl_username=joe")]
    [InlineData("ccert_fingerprint=AB:CD")]
    public async Task Whoever_is_authenticated_is_never_screened(string line)
    {
        await using var node = await RunningNode.StartAsync(Judged);
        using var smtpd = await ConnectAsync(node);
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.4", "i1", line));
        Assert.Equal(0, _dns.Total);
    }

    [Fact]
    public async Task A_mail_is_screened_once_however_often_and_from_however_many_processes_it_is_asked_about()
    {
        await using var node = await RunningNode.StartAsync([.. Judged, "cache.fail_share=0s"]);
        using var one = await ConnectAsync(node);
        using var two = await ConnectAsync(node);
        _dns.Delay = TimeSpan.FromMilliseconds(50);
        var answers = await Task.WhenAll(AskAsync(one, "192.0.2.4", "i1"), AskAsync(two, "192.0.2.4", "i1"));
        foreach (var state in new[] { "RCPT", "RCPT", "DATA", "END-OF-MESSAGE" })
            Assert.Equal(answers[0], await AskAsync(one, "192.0.2.4", "i1", $"protocol_state={state}"));
        Assert.Equal(answers[0], answers[1]);
        Assert.StartsWith("action=550", answers[0], StringComparison.Ordinal);
        using var http = node.Http();
        var metrics = await http.GetStringAsync("/metrics");
        Assert.Contains(
            "screening_verdicts_total{endpoint=\"policy\",action=\"enforce\",source=\"screened\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_shadow_nothing_is_refused()
    {
        await using var node = await RunningNode.StartAsync([.. Judged, "policy.shadow=true"]);
        using var smtpd = await ConnectAsync(node);
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.4", "i1"));
        Assert.True(_dns.Total > 0);
    }

    [Fact]
    public async Task A_mail_that_goes_on_gets_one_trace_header()
    {
        await using var node = await RunningNode.StartAsync([.. Judged, "policy.trace_header=X-Screening"]);
        using var smtpd = await ConnectAsync(node);
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.2", "", "protocol_state=EHLO"));
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.2", "i1", "protocol_state=END-OF-MESSAGE"));
        Assert.Equal(
            "action=PREPEND X-Screening: pass; score=0; source=near; node=mx1; client=192.0.2.2", await AskAsync(smtpd, "192.0.2.2", "i1"));
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.2", "i1"));
        Assert.StartsWith("action=550 ", await AskAsync(smtpd, "192.0.2.4", "i2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Helo_and_sender_count_even_against_a_client_that_passed_without_them()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file, "[[policy.rule]]\nhelo = '(?i)^localhost$'\nweight = 3\n[[policy.rule]]\nsender = '@spam\\.test$'\nweight = 8\n");
        await using var node = await RunningNode.StartFromAsync(file, Judged);
        using var smtpd = await ConnectAsync(node);
        using var plugin = await node.ConnectAsync();
        await plugin.SendAsync("query_id=a\nremote_address=192.0.2.2\n\n");
        Assert.StartsWith("query_id=a\naction=pass", (await plugin.ReadAsync(1)).Single(), StringComparison.Ordinal);

        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.2", "i1", "helo_name=mail.example"));
        Assert.EndsWith(
            "refused: envelope: helo localhost", await AskAsync(smtpd, "192.0.2.2", "i2", "helo_name=localhost"), StringComparison.Ordinal);
        Assert.EndsWith(
            "refused: envelope: sender a@spam.test", await AskAsync(smtpd, "192.0.2.2", "i3", "sender=a@spam.test"),
            StringComparison.Ordinal);
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.2", "i4", "sender="));
        File.Delete(file);
    }

    [Fact]
    public async Task What_is_not_understood_is_answered_neutrally_and_the_connection_goes_on()
    {
        await using var node = await RunningNode.StartAsync(Judged);
        using var smtpd = await ConnectAsync(node);
        await smtpd.SendAsync(
            "\nnonsense\n\nrequest=other\nclient_address=192.0.2.4\n\nclient_address=unknown\n\nclient_address=192.0.2.4\n\n");
        var answers = await smtpd.ReadAsync(5);
        Assert.Equal(["action=DUNNO", "action=DUNNO", "action=DUNNO", "action=DUNNO"], answers[..4]);
        Assert.StartsWith("action=550 ", answers[4], StringComparison.Ordinal);
        await smtpd.SendAsync(new string('x', 9000));
        Assert.Equal("", await smtpd.ReadToEndAsync());
    }

    [Fact]
    public async Task Without_a_list_that_answers_mail_flows_by_the_deadline()
    {
        await using var node = await RunningNode.StartAsync([.. Judged, "verdict.deadline=200ms", "dnsbl.timeout=5s"]);
        _dns.Delay = TimeSpan.FromSeconds(10);
        using var smtpd = await ConnectAsync(node);
        Assert.Equal("action=DUNNO", await AskAsync(smtpd, "192.0.2.4", "i1"));
    }

    private static async Task<string> AskAsync(PluginPeer smtpd, string client, string instance, params string[] lines)
    {
        await smtpd.SendAsync(
            $"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={client}\ninstance={instance}\nsender=a@b.test\n"
            + $"{string.Join('\n', [.. lines, ""])}\n");
        return (await smtpd.ReadAsync(1)).Single();
    }

    private static async Task<PluginPeer> ConnectAsync(RunningNode node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, node.PortOf("policy"));
        return new PluginPeer(socket);
    }
}
