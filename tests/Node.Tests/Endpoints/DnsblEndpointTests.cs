using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Dnsbl;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Dns;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Endpoints;

public sealed class DnsblEndpointTests : IAsyncLifetime
{
    // Ten thousand names share a few of the table's slots by chance.
    private const int SharedSlots = 50;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private readonly FakeDnsServer _lists = new();
    private RunningNode _node = null!;

    public async Task InitializeAsync()
    {
        _lists.List("192.0.2.2", "bl.test", 60, "127.0.0.2");
        _lists.List("192.0.2.4", "worse.test", 60, "127.0.0.2");
        _lists.List("192.0.2.9", "worst.test", 60, "127.0.0.2");
        _lists.List("192.0.2.7", "good.test", 700, "127.0.2.1");
        _lists.List("2001:db8::4", "worse.test", 60, "127.0.0.2");
        _lists.List("2.0.0.2", "worse.test", 60, "127.0.0.2");
        _node = await RunningNode.StartAsync(
            "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]",
            "endpoints.dnsbl=[\"udp://127.0.0.1:0\",\"tcp://127.0.0.1:0\"]", "dnsbl_zone.name=z.test", "cache.fail_share=5s",
            "dnsbl.sites=bl.test*1,worse.test*4,worst.test*9,good.test*-4", $"dnsbl.resolver=[\"{_lists.EndPoint}\"]", "dnsbl.skip=[]",
            "access.permit=[\"192.0.2.40\"]", "access.reject=[\"192.0.2.50\"]", "profile.mild.verdict.enforce_at=8",
            "verdict.pass_ttl=700s", "verdict.pass_ttl_min=1s", "node.name=mx1");
        await Poll.UntilAsync(
            async () => (await AskAsync("40.2.0.192.z.test", DnsType.A)).TtlSeconds > 0, Waiting.Limit, "the node knows its bans");
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _lists.Dispose();
    }

    // CONTRACT.md section 4.
    [Theory]
    [InlineData("192.0.2.1", "z.test", null, DnsRcode.NxDomain, -1)] // pass
    [InlineData("192.0.2.1", "allow.z.test", null, DnsRcode.NxDomain, -1)]
    [InlineData("192.0.2.7", "z.test", null, DnsRcode.NxDomain, -1)] // allow
    [InlineData("192.0.2.7", "allow.z.test", "127.0.1.1", DnsRcode.NoError, -1)]
    [InlineData("192.0.2.40", "z.test", null, DnsRcode.NxDomain, 700)]
    [InlineData("192.0.2.40", "allow.z.test", "127.0.1.1", DnsRcode.NoError, 700)]
    [InlineData("192.0.2.2", "z.test", null, DnsRcode.NxDomain, 0)] // ignore
    [InlineData("192.0.2.2", "allow.z.test", null, DnsRcode.NxDomain, 0)]
    [InlineData("192.0.2.4", "z.test", "127.0.0.4", DnsRcode.NoError, 5)] // enforce
    [InlineData("192.0.2.4", "allow.z.test", null, DnsRcode.NxDomain, 0)]
    [InlineData("2001:db8::4", "z.test", "127.0.0.4", DnsRcode.NoError, 5)]
    [InlineData("192.0.2.9", "z.test", "127.0.0.5", DnsRcode.NoError, 5)] // drop
    [InlineData("192.0.2.50", "z.test", "127.0.0.5", DnsRcode.NoError, 5)]
    [InlineData("192.0.2.4", "mild.z.test", null, DnsRcode.NxDomain, 0)] // ignore there
    [InlineData("192.0.2.9", "mild.z.test", "127.0.0.5", DnsRcode.NoError, 5)]
    [InlineData("192.0.2.4", "nobody.z.test", null, DnsRcode.NxDomain, 300)]
    [InlineData("127.0.0.2", "z.test", "127.0.0.2", DnsRcode.NoError, 3600)] // RFC 5782 section 5
    [InlineData("127.0.0.1", "z.test", null, DnsRcode.NxDomain, 3600)]
    [InlineData("127.0.0.1", "allow.z.test", null, DnsRcode.NxDomain, 3600)]
    [InlineData("127.0.0.2", "allow.z.test", "127.0.0.2", DnsRcode.NoError, 3600)]
    [InlineData("127.0.0.2", "allow.mild.z.test", "127.0.0.2", DnsRcode.NoError, 3600)]
    [InlineData("2.0.0.1", "z.test", null, DnsRcode.NoError, -1)] // also on the way to 2001::/16
    [InlineData("2.0.0.2", "z.test", "127.0.0.4", DnsRcode.NoError, 5)]
    [InlineData("2001:db8::4", "mild.z.test", null, DnsRcode.NxDomain, 0)]
    public async Task A_verdict_is_told_as_a_listing(string client, string zone, string? code, DnsRcode rcode, int ttl)
    {
        foreach (var overTcp in new[] { false, true })
        {
            var reply = await AskAsync(DnsblName.QueryName(ClientAddress.Parse(client), zone), DnsType.A, overTcp);
            Assert.Equal(rcode, reply.Rcode);
            Assert.Equal(code is null ? [] : [code], reply.Codes.Select(c => c.ToString()));
            if (ttl >= 0)
                Assert.Equal(ttl, reply.TtlSeconds);
            else
                Assert.InRange(reply.TtlSeconds!.Value, 1, 700);
        }
    }

    [Fact]
    public async Task The_reason_is_a_text_of_who_is_listed_only()
    {
        Assert.Equal("listed by worse.test (127.0.0.2)", Assert.Single((await AskAsync("4.2.0.192.z.test", DnsType.Txt)).Texts));
        var clean = await AskAsync("1.2.0.192.z.test", DnsType.Txt);
        Assert.Equal(DnsRcode.NxDomain, clean.Rcode);
        Assert.Empty(clean.Texts);
        var other = await AskAsync("4.2.0.192.z.test", (DnsType)28);
        Assert.Equal((DnsRcode.NoError, 0), (other.Rcode, other.Codes.Length));
    }

    [Fact]
    [Trait("Finding", "clients-P3")]
    public async Task The_way_to_an_ipv6_client_leads_over_names_that_exist_and_leaves_no_client_behind()
    {
        using var http = _node.Http();
        foreach (var zone in new[] { "z.test", "allow.z.test", "mild.z.test", "allow.mild.z.test" })
        {
            var labels = DnsblName.QueryName(ClientAddress.Parse("2001:db8::4"), "")[..^1].Split('.');
            for (var count = 1; count < labels.Length; count++)
            {
                var name = $"{string.Join('.', labels[^count..])}.{zone}";
                Assert.Equal((name, DnsRcode.NoError), (name, (await AskAsync(name, DnsType.A)).Rcode));
                Assert.Equal((name, DnsRcode.NoError), (name, (await AskAsync(name, DnsType.Ns)).Rcode));
            }
        }

        Assert.Equal(
            "127.0.0.4",
            (await AskAsync(DnsblName.QueryName(ClientAddress.Parse("2.0.0.2"), "z.test"), DnsType.A)).Codes.Single().ToString());
        using var unix = _node.HttpUnix("http");
        Assert.Equal("[]", await unix.GetStringAsync("api/v1/cache?prefix=2.0.0.0/16"));
        var metrics = await http.GetStringAsync("metrics");
        Assert.DoesNotContain("endpoint=\"dnsbl\",action=\"pass\",source=\"screened\"", metrics, StringComparison.Ordinal);
        Assert.Contains(
            "screening_verdicts_total{endpoint=\"dnsbl\",action=\"enforce\",source=\"screened\"} 1", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("z.test", DnsType.Soa, DnsRcode.NoError, 1, 0)]
    [InlineData("z.test", DnsType.Ns, DnsRcode.NoError, 1, 0)]
    [InlineData("z.test", DnsType.A, DnsRcode.NoError, 0, 1)]
    [InlineData("allow.z.test", DnsType.Soa, DnsRcode.NoError, 0, 1)]
    [InlineData("2.0.192.z.test", DnsType.A, DnsRcode.NoError, 0, 1)]
    [InlineData("junk.z.test", DnsType.A, DnsRcode.NxDomain, 0, 1)]
    [InlineData("example.com", DnsType.A, DnsRcode.Refused, 0, 0)]
    [InlineData("test", DnsType.Ns, DnsRcode.Refused, 0, 0)]
    [InlineData("z.test", DnsType.Axfr, DnsRcode.Refused, 0, 0)]
    [InlineData("4.2.0.192.z.test", DnsType.Any, DnsRcode.NoError, 1, 0)]
    public async Task The_zone_is_a_zone_and_nothing_outside_is_answered(
        string name, DnsType type, DnsRcode rcode, int answers, int authorities)
    {
        var reply = await ExchangeAsync(Query(name, type), overTcp: false);
        Assert.Equal((rcode, answers, authorities), ((DnsRcode)(reply[3] & 15), reply[7], reply[9]));
        Assert.Equal(rcode == DnsRcode.Refused ? 0 : 0x04, reply[2] & 0x04);
        Assert.Equal(0, reply[3] & 0x80);
    }

    [Fact]
    public async Task Hostile_datagrams_do_not_stop_it()
    {
        using var socket = Connect();
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var junk = new byte[random.Next(600)];
            random.NextBytes(junk);
            await socket.SendAsync(junk);
            if (i % 50 == 0)
                await AskAsync("z.test", DnsType.A); // Slower than the kernel's buffer fills.
        }

        var response = Query("4.2.0.192.z.test", DnsType.A);
        response[2] |= 0x80; // An answer is never answered.
        await socket.SendAsync(response);
        Assert.Equal("127.0.0.4", (await AskAsync("4.2.0.192.z.test", DnsType.A)).Codes.Single().ToString());
    }

    [Fact]
    public async Task Pipelined_requests_over_tcp_are_all_answered()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _node.PortOf("dnsbl"));
        var stream = tcp.GetStream();
        var asked = new List<byte>();
        for (ushort id = 1; id <= 200; id++)
        {
            var query = Query($"{id}.2.0.192.z.test", DnsType.A);
            DnsQueryWriter.SetId(query, id);
            asked.AddRange([0, (byte)query.Length, .. query]);
        }

        await stream.WriteAsync(asked.ToArray());
        var ids = new HashSet<ushort>();
        for (var i = 0; i < 200; i++)
            ids.Add(BinaryPrimitives.ReadUInt16BigEndian(await ReadMessageAsync(stream)));
        Assert.Equal(200, ids.Count);
        await stream.WriteAsync(new byte[] { 0, 0 });
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task An_address_that_is_taken_ends_the_start()
    {
        var fault = await Assert.ThrowsAsync<EndpointException>(
            () => RunningNode.StartAsync($"endpoints.dnsbl=[\"udp://127.0.0.1:{_node.UdpPort}\"]"));
        Assert.StartsWith("cannot listen on udp://127.0.0.1:", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_sent_too_much_is_spared()
    {
        var rates = new ResponseRateLimit(new StillTime());
        RateVerdict[] Admit(string address, string? name, int count) =>
            [
                .. Enumerable.Range(0, count)
                    .Select(_ => rates.AdmitAnswer(ClientAddress.Parse(address), name, isNegative: false)).Distinct().Order(),
            ];
        Assert.Equal([RateVerdict.Send], Admit("198.51.100.1", "a", ResponseRateLimit.SamePerSecond));
        Assert.Equal([RateVerdict.Send], Admit("198.51.100.1", "b", 1));
        Assert.Equal([RateVerdict.Truncate, RateVerdict.Drop], Admit("198.51.100.200", "a", 2));
        Assert.Equal([RateVerdict.Send], Admit("198.51.101.1", "a", 1));
        Assert.Equal([RateVerdict.Send], Admit("127.0.0.1", null, 10_000));
        Assert.Equal([RateVerdict.Send], Admit("2001:db8::1", null, ResponseRateLimit.SamePerSecond));
        Assert.Equal([RateVerdict.Truncate], Admit("2001:db8:0:00ff::1", null, 1));
        for (var i = 0; i < ResponseRateLimit.TotalPerSecond; i++)
            rates.AdmitAnswer(ClientAddress.Parse("203.0.113.1"), $"{i}", isNegative: false);
        Assert.NotEqual(RateVerdict.Send, rates.AdmitAnswer(ClientAddress.Parse("203.0.113.77"), "new", isNegative: false));
    }

    [Theory]
    [Trait("Finding", "security-11")]
    [InlineData("198.51.100.1", "198.51.100.200", true, ResponseRateLimit.NegativePerSecond)]
    [InlineData("2001:db8::1", "2001:db8:0:ff::1", true, ResponseRateLimit.NegativePerSecond)]
    [InlineData("198.51.100.1", "198.51.100.200", false, 10_000)]
    [InlineData("127.0.0.1", "127.0.0.2", true, 10_000)]
    public void Names_that_nobody_lists_are_one_answer(string asker, string neighbour, bool isNegative, int sent)
    {
        var rates = new ResponseRateLimit(new StillTime());
        var questions = Enumerable.Range(0, 10_000)
            .Select(i => Exchange(rates, ClientAddress.Parse(i % 2 == 0 ? asker : neighbour), $"{i}", isNegative)).ToList();
        Assert.InRange(questions.Count(verdict => verdict == RateVerdict.Send), sent - SharedSlots, sent);
        Assert.InRange(
            questions.Count(verdict => verdict == RateVerdict.Truncate), (10_000 - sent) / 2 - SharedSlots,
            (10_000 - sent) / 2 + SharedSlots);
        Assert.Equal(RateVerdict.Send, Exchange(rates, ClientAddress.Parse("203.0.113.1"), "other", isNegative));
    }

    [Fact]
    [Trait("Finding", "security-11")]
    public void Questions_that_nobody_has_answered_yet_count()
    {
        var rates = new ResponseRateLimit(new StillTime());
        var asker = ClientAddress.Parse("198.51.100.1");
        Assert.Equal(
            ResponseRateLimit.NegativePerSecond, Enumerable.Range(0, 10_000).Count(_ => rates.AdmitQuestion(asker) == RateVerdict.Send));
    }

    private static RateVerdict Exchange(ResponseRateLimit rates, ClientAddress asker, string name, bool isNegative) =>
        rates.AdmitQuestion(asker) is var question and not RateVerdict.Send ? question : rates.AdmitAnswer(asker, name, isNegative);

    private async Task<DnsReply> AskAsync(string name, DnsType type, bool overTcp = false)
    {
        var query = Query(name, type);
        var answer = await ExchangeAsync(query, overTcp);
        Assert.True(DnsReplyReader.Answers(answer, query));
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(answer, out var reply));
        return reply;
    }

    private async Task<byte[]> ExchangeAsync(byte[] query, bool overTcp)
    {
        if (overTcp)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(IPAddress.Loopback, _node.PortOf("dnsbl"));
            await tcp.GetStream().WriteAsync(new byte[] { 0, (byte)query.Length }.Concat(query).ToArray());
            return await ReadMessageAsync(tcp.GetStream());
        }

        // UDP may lose a question or its answer, and does when the machine is busy: resolvers ask again.
        using var socket = Connect();
        var buffer = new byte[2048];
        var receiving = socket.ReceiveAsync(buffer.AsMemory()).AsTask();
        for (var asked = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(asked) < Waiting.Limit;)
        {
            await socket.SendAsync(query);
            if (await Task.WhenAny(receiving, Task.Delay(AskAgain)) == receiving)
                return buffer[..await receiving];
        }

        throw new TimeoutException($"no answer to {Convert.ToHexString(query)}");
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Loopback, _node.UdpPort);
        return socket;
    }

    private static async Task<byte[]> ReadMessageAsync(NetworkStream stream)
    {
        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix).AsTask().Within("the length of an answer");
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(message).AsTask().Within($"an answer of {message.Length} octets");
        return message;
    }

    private static byte[] Query(string name, DnsType type)
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 7, name, type, out var length));
        return query[..length];
    }

    private sealed class StillTime : TimeProvider
    {
        public override long GetTimestamp() => 1;
    }
}
