using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Endpoints;

public sealed class MemcacheEndpointTests
{
    private const string Listen = "endpoints.memcache=[\"tcp://127.0.0.1:0\"]";
    private static readonly long Now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    private static readonly string Value = $"{Now + 86400};{Now + 3600};0;1;1";

    // What is sent, what comes back, and whether the connection lives on.
    public static TheoryData<string, string, bool> Exchanges => new()
    {
        { "get postscreen:192.0.2.1\r\n", "END\r\n", true },
        { Set("postscreen:192.0.2.1", Value) + "get postscreen:192.0.2.1\r\n", "STORED\r\n" + Found("postscreen:192.0.2.1", Value), true },
        { Set("postscreen:2001:db8::1", Value) + "get 2001:db8::1\r\n", "STORED\r\n" + Found("2001:db8::1", Value), true },
        { Set("0123456789abcdef", Value) + "get 0123456789abcdef fedcba9876543210\r\n",
            "STORED\r\n" + Found("0123456789abcdef", Value), true },
        { Set("a:192.0.2.2", $"{Now + 9000};1;1;0;0") + Set("b:192.0.2.2", $"{Now + 5000};{Now + 7000};0;0;1") + "get 192.0.2.2\r\n",
            "STORED\r\nSTORED\r\n" + Found("192.0.2.2", $"{Now + 9000};{Now + 7000};1;0;1"), true },
        { Set("p:192.0.2.3", $"{Now - 5};{Now + 7000};0;0;0") + "get p:192.0.2.3\r\n",
            "STORED\r\n" + Found("p:192.0.2.3", $"1;{Now + 7000};0;0;0"), true },
        { Set("p:192.0.2.3", "0;0;0;0;0") + "get p:192.0.2.3\r\n", "STORED\r\nEND\r\n", true },
        { Set("p:192.0.2.4", Value) + "delete p:192.0.2.4\r\ndelete p:192.0.2.4\r\nget p:192.0.2.4\r\n",
            "STORED\r\nDELETED\r\nNOT_FOUND\r\nEND\r\n", true },
        { Set("postscreen:_LAST_CACHE_CLEANUP_COMPLETED_", "1795459756", 7) + "get postscreen:_LAST_CACHE_CLEANUP_COMPLETED_\r\n",
            "STORED\r\n" + Found("postscreen:_LAST_CACHE_CLEANUP_COMPLETED_", "1795459756", 7), true },
        { Set("k", "one") + Set("k", "two") + "gets k\r\ntouch k -1\r\nget k\r\ntouch k 5\r\n",
            "STORED\r\nSTORED\r\nVALUE k 0 3 0\r\ntwo\r\nEND\r\nTOUCHED\r\nEND\r\nNOT_FOUND\r\n", true },
        { "add k 0 0 1\r\n1\r\nadd k 0 0 1\r\n2\r\nreplace k 0 0 1\r\n3\r\nget k\r\nreplace l 0 0 1\r\n1\r\n",
            "STORED\r\nNOT_STORED\r\nSTORED\r\nVALUE k 0 1\r\n3\r\nEND\r\nNOT_STORED\r\n", true },
        { "set k 0 0 1 noreply\r\n1\r\ndelete k noreply\r\nverbosity 1\r\nmn\r\n", "OK\r\nMN\r\n", true },
        { $"set k 0 0 1025\r\n{new string('x', 1025)}\r\nget k\r\n", "SERVER_ERROR object too large for cache\r\nEND\r\n", true },
        { $"set k 0 0 100000\r\n{new string('x', 100_000)}\r\nget k\r\n", "SERVER_ERROR object too large for cache\r\nEND\r\n", true },
        { "append k 0 0 1\r\n1\r\nmn\r\n", "SERVER_ERROR append, prepend and cas are not supported\r\nMN\r\n", true },
        { "flush_all\r\nmn\r\n", "CLIENT_ERROR flush_all not allowed\r\nMN\r\n", true },
        { "get\r\nmn\n", "CLIENT_ERROR bad command line format\r\nMN\r\n", true },
        { "hello\r\nmn\r\n", "ERROR\r\n", false },
        { "\r\nmn\r\n", "ERROR\r\n", false },
        { "get / HTTP/1.1\r\nHost: mx1\r\nmn\r\n", "END\r\nERROR\r\n", false },
        { "set / HTTP/1.1\r\nmn\r\n", "CLIENT_ERROR bad command line format\r\n", false },
        { "\u0080\u000a" + new string('\0', 22), "", false }, // memcached, doc/protocol-binary: no-op
        { $"get {new string('k', 251)}\r\nmn\r\n", "CLIENT_ERROR bad command line format\r\nMN\r\n", true },
        { "set k 0 0 x\r\nmn\r\n", "CLIENT_ERROR bad command line format\r\n", false },
        { "set k 0 0 3\r\n12345\r\nmn\r\n", "CLIENT_ERROR bad data chunk\r\n", false },
        { new string('x', 9000), "ERROR\r\n", false },
        { "stats items\r\nverbosity\r\nincr k 1\r\n", "END\r\nERROR\r\nERROR\r\n", true },
        { "quit\r\nmn\r\n", "", false },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task Requests_are_answered_as_memcached_does(string sent, string answer, bool lives)
    {
        await using var node = await RunningNode.StartAsync(Listen);
        using var peer = await ConnectAsync(node);
        await peer.SendAsync(Encoding.Latin1.GetBytes(sent));
        Assert.Equal(answer, await ReadAsync(peer, answer.Length));
        if (!lives)
            Assert.Equal("", await ReadAsync(peer, 1));
        else
            Assert.Equal("MN\r\n", await ExchangeAsync(peer, "mn\r\n", 4));
    }

    [Fact]
    public async Task A_request_may_come_in_any_pieces()
    {
        await using var node = await RunningNode.StartAsync(Listen);
        using var peer = await ConnectAsync(node);
        var text = Set("postscreen:192.0.2.1", Value) + "get postscreen:192.0.2.1\r\n";
        foreach (var octet in Encoding.Latin1.GetBytes(text))
        {
            await peer.SendAsync(new[] { octet });
            await Task.Yield();
        }

        var answer = "STORED\r\n" + Found("postscreen:192.0.2.1", Value);
        Assert.Equal(answer, await ReadAsync(peer, answer.Length));
    }

    [Fact]
    public async Task Many_pipelined_requests_are_answered_in_order()
    {
        await using var node = await RunningNode.StartAsync(Listen);
        using var peer = await ConnectAsync(node);
        var asked = new StringBuilder();
        var answers = new StringBuilder();
        for (var i = 0; i < 2000; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"postscreen:10.1.{i / 250}.{i % 250}");
            asked.Append(Set(key, $"{Now + 10_000 + i};1;1;1;1")).Append(CultureInfo.InvariantCulture, $"get {key}\r\n");
            answers.Append("STORED\r\n").Append(Found(key, $"{Now + 10_000 + i};1;1;1;1"));
        }

        var reading = ReadAsync(peer, answers.Length);
        await peer.SendAsync(Encoding.Latin1.GetBytes(asked.ToString()));
        Assert.Equal(answers.ToString(), await reading);
    }

    [Fact]
    public async Task Whoever_is_permitted_has_passed_everything_and_whoever_is_banned_nothing()
    {
        await using var node = await RunningNode.StartAsync(
            Listen, "access.permit=[\"192.0.2.1\"]", "access.reject=[\"192.0.2.2\"]", "verdict.pass_ttl=1000s");
        using var peer = await ConnectAsync(node);

        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var got = await ExchangeAsync(peer, "get postscreen:192.0.2.1\r\n", "VALUE postscreen:192.0.2.1 0 54\r\n".Length + 54 + 7);
        var times = got.Split("\r\n")[1].Split(';').Select(t => long.Parse(t, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(5, times.Count);
        Assert.All(times, t => Assert.InRange(t, before + 1000, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1000));

        var refused = Set("postscreen:192.0.2.2", Value) + "get postscreen:192.0.2.2\r\n";
        Assert.Equal("STORED\r\nEND\r\n", await ExchangeAsync(peer, refused, 13));
    }

    [Fact]
    public async Task A_pass_of_ours_invents_no_times_and_a_value_stored_is_no_pass()
    {
        await using var node = await RunningNode.StartAsync(Listen, "access.permit=[]");
        using var peer = await ConnectAsync(node);
        using var plugin = await node.ConnectAsync();
        Assert.Equal("STORED\r\n", await ExchangeAsync(peer, Set("postscreen:192.0.2.7", Value), 8));
        await plugin.SendAsync("query_id=a\nremote_address=192.0.2.7\n\n");
        Assert.Equal("query_id=a\naction=pass\nttl=300", (await plugin.ReadAsync(1)).Single()); // The default's ttl.
        Assert.Equal("END\r\n", await ExchangeAsync(peer, "get postscreen:192.0.2.8\r\n", 5));
    }

    [Fact]
    public async Task Times_are_lines_of_the_whitelist_and_forgotten_with_it()
    {
        await using var node = await RunningNode.StartAsync(Listen, "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]");
        using var peer = await ConnectAsync(node);
        using var http = node.HttpUnix("http");
        await Poll.UntilAsync(
            async () => (await http.GetAsync("/api/v1/cache")).IsSuccessStatusCode, Waiting.Limit, "the whitelist can be asked");
        await ExchangeAsync(peer, Set("postscreen:192.0.2.9", Value), 8);
        await Poll.UntilAsync(
            async () => (await http.GetStringAsync("/api/v1/cache?prefix=192.0.2.9")).Contains(
                $"[{Now + 86400},{Now + 3600},0,1,1]", StringComparison.Ordinal),
            Waiting.Limit, "the bucket has the times");

        Assert.Equal(HttpStatusCode.OK, (await http.DeleteAsync("/api/v1/cache/192.0.2.9")).StatusCode);
        Assert.Equal("END\r\n", await ExchangeAsync(peer, "get postscreen:192.0.2.9\r\n", 5));
        // A postscreen that still had them writes them again: they stay forgotten, as soon as the bucket has said so.
        await ExchangeAsync(peer, Set("postscreen:192.0.2.9", Value), 8);
        await Poll.UntilAsync(
            async () => await IsMissedAsync(peer, "postscreen:192.0.2.9"), Waiting.Limit, "the late writer's times are refused");
    }

    [Fact]
    [Trait("Finding", "security-5")]
    public async Task A_request_over_http_writes_nothing()
    {
        await using var node = await RunningNode.StartAsync(Listen);
        var body = Set("postscreen:198.51.100.99", Value);
        using (var post = await ConnectAsync(node))
        {
            var request = string.Create(
                CultureInfo.InvariantCulture, $"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
                + $"Content-Length: {body.Length}\r\n\r\n{body}");
            Assert.Equal("ERROR\r\n", await ExchangeAsync(post, request, 100));
        }

        using var peer = await ConnectAsync(node);
        Assert.Equal("END\r\n", await ExchangeAsync(peer, "get postscreen:198.51.100.99\r\n", 5));
        await ExchangeAsync(peer, "append k 0 0 1\r\n1\r\n" + body, 10);
        using var http = node.Http();
        Assert.Contains(
            "screening_memcache_sets_total{result=\"refused\"} 1", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Finding", "security-5")]
    public async Task Times_bear_the_name_of_their_node_and_keys_without_an_address_make_room_for_each_other()
    {
        await using var node = await RunningNode.StartAsync(
            Listen, "endpoints.http=[\"unix://{folder}/http\"]", "cache.max_entries=100000");
        using var peer = await ConnectAsync(node);
        using var http = node.HttpUnix("http");
        await ExchangeAsync(peer, Set("postscreen:192.0.2.9", Value), 8);
        var digests = Enumerable.Range(0, 1_100).Select(i => $"{i:x32}").ToList();
        var stored = await ExchangeAsync(peer, string.Concat(digests.Select(digest => Set(digest, Value))), digests.Count * 8);
        Assert.Equal(string.Concat(digests.Select(_ => "STORED\r\n")), stored);
        Assert.Contains("screening_memcache_digests_left_total 100", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);

        string lines = "";
        await Poll.UntilAsync(
            async () => (lines = await http.GetStringAsync("/api/v1/cache?limit=10000")).Split("\"address\"").Length == 1_002,
            Waiting.Limit, "the fleet has a thousand digests and one client", () => $"{lines.Split("\"address\"").Length - 1}");
        Assert.Contains("\"address\":\"192.0.2.9\"", lines, StringComparison.Ordinal);
        Assert.Equal(1_002, lines.Split("\"by\":\"test\"").Length);
        Assert.True(await IsMissedAsync(peer, digests[0]));
        Assert.False(await IsMissedAsync(peer, digests[^1]));
    }

    [Fact]
    public async Task Tools_learn_version_and_counts()
    {
        await using var node = await RunningNode.StartAsync(Listen);
        using var peer = await ConnectAsync(node);
        await ExchangeAsync(
            peer, Set("postscreen:192.0.2.1", Value) + "get postscreen:192.0.2.1\r\nget postscreen:192.0.2.2\r\n",
            8 + Found("postscreen:192.0.2.1", Value).Length + 5);
        await peer.SendAsync("version\r\nstats\r\nquit\r\n"u8.ToArray());
        var answer = await ReadAsync(peer, 10_000);
        Assert.Matches("^VERSION [1-9][0-9]*\\.[0-9]+\\.[0-9]+", answer); // What libmemcached takes for a version.
        Assert.Contains("STAT cmd_get 2\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("STAT get_hits 1\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("STAT cmd_set 1\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("END\r\n", answer, StringComparison.Ordinal);
        using var http = node.Http();
        Assert.Contains("screening_memcache_gets_total{result=\"hit\"} 1", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private static string Set(string key, string value, int flags = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"set {key} {flags} 2592000 {value.Length}\r\n{value}\r\n");

    private static string Found(string key, string value, int flags = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"VALUE {key} {flags} {value.Length}\r\n{value}\r\nEND\r\n");

    private static async Task<Socket> ConnectAsync(RunningNode node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, node.PortOf("memcache"));
        return socket;
    }

    private static async Task<string> ExchangeAsync(Socket peer, string asked, int bytes)
    {
        await peer.SendAsync(Encoding.Latin1.GetBytes(asked));
        return await ReadAsync(peer, bytes);
    }

    private static async Task<bool> IsMissedAsync(Socket peer, string key)
    {
        var answer = await ExchangeAsync(peer, $"get {key}\r\nmn\r\n", 9);
        while (!answer.EndsWith("MN\r\n", StringComparison.Ordinal))
            answer += await ReadAsync(peer, 1);
        return answer == "END\r\nMN\r\n";
    }

    // So many bytes, or what came until the other side closed.
    private static async Task<string> ReadAsync(Socket peer, int bytes)
    {
        var received = new byte[bytes];
        var count = 0;
        try
        {
            while (count < bytes)
            {
                var read = await peer.ReceiveAsync(received.AsMemory(count)).AsTask()
                    .Within($"{bytes - count} more octets after '{Encoding.Latin1.GetString(received, 0, count)}'");
                if (read == 0)
                    break;
                count += read;
            }
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with something unread.
        }

        return Encoding.Latin1.GetString(received, 0, count);
    }
}
