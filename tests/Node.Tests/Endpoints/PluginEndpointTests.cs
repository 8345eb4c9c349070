using System.Globalization;
using System.Net.Sockets;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Endpoints;

public sealed class PluginEndpointTests
{
    private const string DefaultPass = "action=pass\nttl=300";

    // What a hostile or broken peer sends, what it gets, and whether the connection lives on.
    public static TheoryData<string, string, string, bool> Hostile => new()
    {
        { "no attribute at all", "\n", DefaultPass, true },
        { "no address", "query_id=a\nprotocol=tcp\n\n", $"query_id=a\n{DefaultPass}", true },
        { "address garbage", "query_id=a\nremote_address=1.2.3\n\n", $"query_id=a\n{DefaultPass}", true },
        { "address with a port", "query_id=a\nremote_address=[::1]:25\n\n", $"query_id=a\n{DefaultPass}", true },
        { "an empty address", "query_id=a\nclient_address=\n\n", $"query_id=a\n{DefaultPass}", true },
        { "a line without =", "query_id=a\nhello\nremote_address=192.0.2.1\n\n", $"query_id=a\n{DefaultPass}", true },
        { "a line without a name", "query_id=a\n=x\nremote_address=192.0.2.1\n\n", $"query_id=a\n{DefaultPass}", true },
        { "binary in a value", "query_id=a\nx=\0\u0001\u00ff\nremote_address=192.0.2.1\n\n", $"query_id=a\n{DefaultPass}", true },
        { "unknown attributes", "query_id=a\nfoo=bar\nremote_address=192.0.2.1\nbar=\n\n", $"query_id=a\n{DefaultPass}", true },
        { "the last of a repeated one counts", "query_id=a\nremote_address=x\nquery_id=b\nclient_address=192.0.2.1\n\n",
            $"query_id=b\n{DefaultPass}", true },
        { "CRLF", "query_id=a\r\nremote_address=192.0.2.1\r\n\r\n", $"query_id=a\n{DefaultPass}", true },
        { "an empty id is echoed", "query_id=\nremote_address=192.0.2.1\n\n", $"query_id=\n{DefaultPass}", true },
        { "a line of 1,024 bytes", $"query_id={new string('q', 1015)}\nremote_address=192.0.2.1\n\n",
            $"query_id={new string('q', 1015)}\n{DefaultPass}", true },
        { "a line of 1,025 bytes", $"query_id={new string('q', 1016)}\nremote_address=192.0.2.1\n\n", "", false },
        { "a huge line", new string('x', 1_000_000), "", false },
        { "a query of 8,193 bytes", Filled(8193), "", false },
        { "lines without end", string.Concat(Enumerable.Repeat("a=b\n", 100_000)), "", false },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_query_gets_what_it_deserves_and_the_next_client_its_verdict(
        string what, string sent, string got, bool lives)
    {
        await using var node = await RunningNode.StartAsync();
        using var peer = await node.ConnectAsync();
        try
        {
            await peer.SendAsync(sent);
        }
        catch (SocketException) when (!lives)
        {
            // Closed while we were still sending.
        }

        if (lives)
        {
            Assert.Equal(got, (await peer.ReadAsync(1)).Single());
            await peer.SendAsync("query_id=next\nremote_address=192.0.2.9\n\n");
            Assert.Equal($"query_id=next\n{DefaultPass}", (await peer.ReadAsync(1)).Single());
        }
        else
        {
            Assert.True((await peer.ReadToEndAsync()).Length == 0, $"{what}: the connection should close without a reply");
            using var other = await node.ConnectAsync();
            await other.SendAsync("query_id=next\nremote_address=192.0.2.9\n\n");
            Assert.Equal($"query_id=next\n{DefaultPass}", (await other.ReadAsync(1)).Single());
        }
    }

    [Fact]
    public async Task A_query_of_8192_bytes_is_answered()
    {
        await using var node = await RunningNode.StartAsync();
        using var peer = await node.ConnectAsync();
        await peer.SendAsync(Filled(8192));
        Assert.Equal(DefaultPass, (await peer.ReadAsync(1)).Single());
    }

    [Fact]
    public async Task Half_a_query_and_a_close_leave_nothing_behind()
    {
        await using var node = await RunningNode.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            using var peer = await node.ConnectAsync();
            await peer.SendAsync("query_id=a\nremote_addr");
        }

        using var http = node.Http();
        Assert.Contains("\"in_flight\":0", await http.GetStringAsync("api/v1/status"));
    }

    [Fact]
    public async Task A_peer_that_half_closes_still_gets_its_answers()
    {
        using var dns = new FakeDnsServer { Delay = TimeSpan.FromMilliseconds(50) };
        await using var node = await StartWithListAsync(dns);
        using var peer = await node.ConnectAsync();
        await peer.SendAsync("query_id=a\nremote_address=192.0.2.1\n\n");
        peer.Socket.Shutdown(SocketShutdown.Send);
        Assert.StartsWith("query_id=a\naction=pass\n", await peer.ReadToEndAsync());
    }

    [Fact]
    public async Task Answers_with_an_id_overtake_and_answers_without_one_keep_their_order()
    {
        using var dns = new FakeDnsServer();
        dns.List("192.0.2.66", "l.test", 300, "127.0.0.2");
        var overtaken = new TaskCompletionSource();
        dns.Set("1.2.0.192.l.test", FakeDnsReply.NotFound() with { After = overtaken.Task });
        await using var node = await StartWithListAsync(dns, "access.reject=[\"192.0.2.200\"]");
        using var peer = await node.ConnectAsync();
        await peer.SendAsync("remote_address=192.0.2.1\n\nremote_address=192.0.2.200\n\nremote_address=192.0.2.66\n\n"
            + "query_id=x\nremote_address=192.0.2.1\n\nquery_id=y\nremote_address=192.0.2.200\n\n");
        Assert.Equal(["query_id=y\naction=drop"], await peer.ReadAsync(1));
        overtaken.SetResult();
        var replies = await peer.ReadAsync(4);
        var ordered = replies.Where(r => !r.StartsWith("query_id", StringComparison.Ordinal)).Select(r => r.Split('\n')[0]);
        Assert.Equal(["action=pass", "action=drop", "action=enforce"], ordered);
        Assert.Single(replies, r => r.StartsWith("query_id=x\naction=pass\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_thousand_queries_at_once_are_each_answered_once()
    {
        const int Connections = 100, Each = 100;
        using var dns = new FakeDnsServer { Delay = TimeSpan.FromMilliseconds(300) };
        await using var node = await StartWithListAsync(dns, "verdict.deadline=1s"); // What the fake list loses is answered too.
        var answered = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async c =>
        {
            using var peer = await node.ConnectAsync();
            await peer.SendAsync(string.Concat(Enumerable.Range(0, Each).Select(i => string.Create(
                CultureInfo.InvariantCulture, $"query_id={c}.{i}\nremote_address=198.18.{c}.{i}\n\n"))));
            return (await peer.ReadAsync(Each)).Select(r => r.Split('\n')[0]).ToList();
        }));
        var ids = answered.SelectMany(a => a).ToList();
        Assert.Equal(Connections * Each, ids.Count);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task Over_the_bound_of_connections_an_address_is_turned_away()
    {
        await using var node = await RunningNode.StartAsync("limits.connections_per_address=3");
        var peers = new List<PluginPeer>();
        for (var i = 0; i < 3; i++)
        {
            peers.Add(await node.ConnectAsync());
            await peers[i].SendAsync("remote_address=192.0.2.1\n\n");
            await peers[i].ReadAsync(1);
        }

        using var fourth = await node.ConnectAsync();
        Assert.Equal("", await fourth.ReadToEndAsync());
        using var unix = await node.ConnectUnixAsync("plugin");
        await unix.SendAsync("remote_address=192.0.2.1\n\n");
        Assert.Equal(DefaultPass, (await unix.ReadAsync(1)).Single());
        peers.ForEach(p => p.Dispose());
    }

    [Fact]
    public async Task A_drain_answers_what_is_pending_before_the_node_ends()
    {
        using var dns = new FakeDnsServer { Delay = TimeSpan.FromMilliseconds(400) };
        var node = await StartWithListAsync(dns);
        using var peer = await node.ConnectAsync();
        await peer.SendAsync("query_id=a\nremote_address=192.0.2.1\n\n");
        await dns.AskedAsync(null);
        await node.DisposeAsync();
        Assert.StartsWith("query_id=a\naction=pass\n", await peer.ReadToEndAsync());
    }

    private static Task<RunningNode> StartWithListAsync(FakeDnsServer dns, params string[] sets) => RunningNode.StartAsync(
        [$"dnsbl.resolver=[\"{dns.EndPoint}\"]", "dnsbl.sites=l.test*3", .. sets]);

    // A query of exactly so many bytes.
    private static string Filled(int bytes)
    {
        const string Front = "remote_address=192.0.2.1\n";
        var rest = bytes - Front.Length - 1;
        var lines = new List<string>();
        while (rest > 0)
        {
            var line = Math.Min(rest, 1000);
            if (rest - line is 1 or 2)
                line -= 2;
            lines.Add("x=" + new string('x', line - 3) + "\n");
            rest -= line;
        }

        return Front + string.Concat(lines) + "\n";
    }
}
