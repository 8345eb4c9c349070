using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Screening.Node.Tests.Endpoints;
using Screening.Testing;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Telemetry;

/// <summary>The decision log of a whole node.</summary>
public sealed class DecisionLogTests
{
    private const string Query = "query_id=q\naddress_family=ipv4\nprotocol=tcp\nremote_address={0}\n\n";

    [Fact]
    [Trait("Finding", "security-4")]
    public async Task Hits_are_counted_by_client_and_none_is_lost()
    {
        await using var node = await RunningNode.StartAsync("access.permit=[\"192.0.2.0/24\"]", "access.reject=[\"198.51.100.0/24\"]");
        using var peer = await node.ConnectAsync();
        foreach (var client in new[] { "192.0.2.1", "198.51.100.1", "198.51.100.2" })
        {
            await peer.SendAsync(string.Concat(Enumerable.Repeat(string.Format(null, Query, client), 200)));
            await peer.ReadAsync(200);
        }

        using var http = node.Http();
        var metrics = await http.GetStringAsync("metrics");
        Assert.Contains("{endpoint=\"plugin\",action=\"pass\",source=\"permit\"} 200\n", metrics, StringComparison.Ordinal);
        Assert.Contains("{endpoint=\"plugin\",action=\"drop\",source=\"reject\"} 400\n", metrics, StringComparison.Ordinal);
        await node.StopAsync();

        var lines = node.Decisions();
        Assert.InRange(lines.Count, 6, 8); // A first line and a count of each; a minute may end in between.
        Assert.Equal(200, lines.Where(l => l.GetProperty("source").GetString() == "permit").Sum(HitsOf));
        Assert.Equal(400, lines.Where(l => l.GetProperty("source").GetString() == "reject").Sum(HitsOf));
    }

    [Theory]
    [InlineData("all", 5)]
    [InlineData("none", 0)]
    public async Task Hits_can_be_logged_each_or_not_at_all(string hits, int lines)
    {
        await using var node = await RunningNode.StartAsync("access.permit=[\"192.0.2.0/24\"]", $"log.hits={hits}");
        using var peer = await node.ConnectAsync();
        await peer.SendAsync(string.Concat(Enumerable.Repeat(string.Format(null, Query, "192.0.2.1"), 5)));
        await peer.ReadAsync(5);
        await node.StopAsync();
        Assert.Equal(lines, node.Decisions().Count);
    }

    [Fact]
    [Trait("Finding", "security-4")]
    public async Task A_full_disk_is_shown_and_holds_up_no_verdict_and_heals()
    {
        await using var node = await RunningNode.StartAsync("log.decisions={folder}/log");
        using var peer = await node.ConnectAsync();
        using var http = node.Http();
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(node.Folder, "log")).FullName, "decisions.jsonl");
        File.CreateSymbolicLink(file, "/dev/full");
        await AskAsync(peer);
        await WaitForAsync(http, "metrics", "screening_decision_log_failed 1\n");
        await WaitForAsync(http, "api/v1/status", "decision log: No space left on device");
        await WaitForAsync(http, "metrics", "screening_decisions_lost_total 1\n");

        File.Delete(file);
        await AskAsync(peer);
        await WaitForAsync(http, "metrics", "screening_decision_log_failed 0\n");
        await node.StopAsync();
        Assert.Single(node.Decisions());
    }

    [Theory]
    [Trait("Finding", "security-12")]
    [InlineData("192.0.2.4")]
    [InlineData("2001:db8::4")]
    public async Task A_hashed_address_is_hashed_in_reasons_and_in_shadow_lines(string client)
    {
        using var lists = new FakeDnsServer();
        var name = FakeDnsServer.QueryName(client, "bl.test");
        lists.Set(name, FakeDnsReply.A(60, "127.0.0.2") with { Texts = [$"see https://bl.test/?ip={client} ({name})"] });
        using var console = new RecordingProvider();
        await using var node = await RunningNode.StartWithAsync(
            services => services.AddSingleton<ILoggerProvider>(console), null, "endpoints.policy=[\"tcp://127.0.0.1:0\"]",
            "dnsbl.sites=bl.test*4", $"dnsbl.resolver=[\"{lists.EndPoint}\"]", "dnsbl.skip=[]", "log.address=hashed", "policy.shadow=true");
        using (var policy = new TcpClient())
        {
            await policy.ConnectAsync(IPAddress.Loopback, node.PortOf("policy"));
            await policy.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"request=smtpd_access_policy\nclient_address={client}\n\n"));
            Assert.Equal("action=DUNNO\n\n", await ReadAsync(policy.GetStream()));
        }

        await node.StopAsync();
        var line = Assert.Single(node.Decisions());
        var shown = line.GetProperty("client").GetString()!;
        Assert.Matches("^[0-9a-f]{16}$", shown);
        Assert.Equal(
            $"listed by bl.test (127.0.0.2): see https://bl.test/?ip={shown} ({shown}.bl.test)", line.GetProperty("reason").GetString());
        string[] said = [.. console.Lines, line.GetRawText()];
        Assert.Contains(said, text => text.StartsWith("policy.shadow: " + shown, StringComparison.Ordinal));
        Assert.All(said, text => Assert.DoesNotContain(client, text, StringComparison.Ordinal));
        Assert.All(said, text => Assert.DoesNotContain(name, text, StringComparison.Ordinal));
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var buffer = new byte[512];
        var read = await stream.ReadAtLeastAsync(buffer, 2).AsTask().Within("an answer");
        return Encoding.ASCII.GetString(buffer, 0, read);
    }

    private static async Task AskAsync(PluginPeer peer)
    {
        await peer.SendAsync(string.Format(null, Query, "192.0.2.1"));
        await peer.ReadAsync(1);
    }

    private static async Task WaitForAsync(HttpClient http, string path, string text)
    {
        var seen = "";
        for (var i = 0; !seen.Contains(text, StringComparison.Ordinal); i++)
        {
            Assert.True(i < 6000, $"wanted {text} in {seen}");
            await Task.Delay(10);
            seen = await http.GetStringAsync(path);
        }
    }

    private static long HitsOf(JsonElement line) => line.TryGetProperty("hits", out var hits) ? hits.GetInt64() : 1;

    /// <summary>What the node says on its console.</summary>
    private sealed class RecordingProvider : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> Lines => [.. _lines];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
