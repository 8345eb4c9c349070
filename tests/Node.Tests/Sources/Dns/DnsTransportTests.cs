using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Node.Sources.Dns;
using Screening.Testing;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Sources.Dns;

public sealed class DnsTransportTests : IDisposable
{
    private const string Name = "2.0.0.127.bl.example";
    private const int LostEvent = 3001;
    private const int RegainedEvent = 3002;
    private static readonly TimeSpan LongTimeout = Waiting.Limit;
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(800);

    private readonly FakeDnsServer _server = new();
    private readonly RecordingLogger<DnsTransport> _log = new();
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        _server.Dispose();
    }

    public static TheoryData<string, FakeDnsReply, string> Answers => new()
    {
        { "one code", FakeDnsReply.A(60, "127.0.0.2"), "127.0.0.2 ttl 60" },
        { "lowest ttl", FakeDnsReply.A(60, "127.0.0.2", "127.0.0.4") with { AddressTtls = [60, 30] }, "127.0.0.2,127.0.0.4 ttl 30" },
        { "alias", FakeDnsReply.A(60, "127.0.0.2") with { Aliases = ["other.example"] }, "127.0.0.2 ttl 60" },
        { "NXDOMAIN", FakeDnsReply.NotFound(120), " ttl 120" },
        { "NXDOMAIN without SOA", FakeDnsReply.NotFound(null), " ttl " },
        { "no data", FakeDnsReply.NoData(90), " ttl 90" },
        { "sent twice", FakeDnsReply.A(60, "127.0.0.2") with { Copies = 2 }, "127.0.0.2 ttl 60" },
        { "over TCP", FakeDnsReply.A(60, "127.0.0.2") with { TruncateUdp = true }, "127.0.0.2 ttl 60" },
        {
            "1,000 codes over TCP",
            FakeDnsReply.A(60, [.. Enumerable.Repeat("127.0.0.2", 1000)]) with { TruncateUdp = true },
            $"{string.Join(',', Enumerable.Repeat("127.0.0.2", 1000))} ttl 60"
        },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answers_are_codes_and_a_ttl(string label, FakeDnsReply reply, string expected)
    {
        _server.Set(Name, reply);

        var answer = await Ask(Transport(_server.EndPoint)).Within(label);

        Assert.Equal(expected, $"{string.Join(',', answer.Codes)} ttl {answer.TtlSeconds}");
    }

    [Fact]
    public async Task Texts_are_the_lists_reasons()
    {
        _server.Set(Name, FakeDnsReply.Text(60, "listed", "see example"));
        var transport = Transport(_server.EndPoint);

        Assert.Equal("listed|see example", string.Join('|', await transport.QueryTextAsync(Name, LongTimeout, default).Within("texts")));
        Assert.Empty(await transport.QueryTextAsync("none.example", LongTimeout, default).Within("no texts"));
    }

    [Theory]
    [InlineData(2, "SERVFAIL")]
    [InlineData(5, "REFUSED")]
    [InlineData(9, "rcode 9")]
    public async Task Error_code_is_a_bad_answer_that_names_the_resolver_and_no_key(byte rcode, string word)
    {
        _server.Set(Name, FakeDnsReply.Error(rcode));

        var error = await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Transport(_server.EndPoint)));

        Assert.Contains($"{_server.EndPoint} answered {word}", error.Message);
        Assert.DoesNotContain("bl.example", error.Message);
    }

    [Fact]
    public async Task What_is_no_name_is_never_asked()
    {
        var transport = Transport(_server.EndPoint);

        await SourceAssert.FailsAsync(CheckFailure.BadAnswer, transport.QueryAddressesAsync("a..b", LongTimeout, default));
        Assert.Equal(0, _server.Total);
    }

    [Fact]
    public async Task Silence_is_asked_again_at_two_fifths_of_the_timeout_and_ends_at_it()
    {
        var time = new FakeTimeProvider();
        _server.Set(Name, FakeDnsReply.Dropped);
        var asked = Transport(time, _server.EndPoint).QueryAddressesAsync(Name, ShortTimeout, default);
        await _server.AskedAsync(Name).Within("the first query");

        time.Advance(ShortTimeout * 0.39);
        Assert.Equal(1, _server.CountOf(Name));
        time.Advance(ShortTimeout * 0.02);
        await _server.AskedAsync(Name, 2).Within("the second query");
        time.Advance(ShortTimeout * 0.57);
        Assert.False(asked.IsCompleted, "ended before its timeout");
        time.Advance(ShortTimeout * 0.04);

        var error = await SourceAssert.FailsAsync(CheckFailure.Timeout, asked);
        Assert.Contains(_server.EndPoint.ToString(), error.Message);
        Assert.Equal(2, _server.CountOf(Name));
    }

    [Fact]
    public async Task Lost_query_is_made_good_by_the_second()
    {
        var time = new FakeTimeProvider();
        _server.Respond = q => q.Number == 1 ? FakeDnsReply.Dropped : FakeDnsReply.A(60, "127.0.0.2");
        var asked = Transport(time, _server.EndPoint).QueryAddressesAsync(Name, ShortTimeout, default);
        await _server.AskedAsync(Name).Within("the first query");

        time.Advance(ShortTimeout / 2);

        Assert.Single((await asked.Within("the answer to the second query")).Codes);
    }

    [Fact]
    public async Task Late_reply_is_dropped()
    {
        var time = new FakeTimeProvider();
        var release = new TaskCompletionSource();
        _server.Set(Name, FakeDnsReply.A(60, "127.0.0.2") with { After = release.Task });
        var transport = Transport(time, _server.EndPoint);
        var late = transport.QueryAddressesAsync(Name, ShortTimeout, default);
        await _server.AskedAsync(Name).Within("the query");
        time.Advance(ShortTimeout);
        await SourceAssert.FailsAsync(CheckFailure.Timeout, late);

        release.SetResult();
        _server.Set("next.example", FakeDnsReply.A(60, "127.0.0.3"));

        var answer = await transport.QueryAddressesAsync("next.example", ShortTimeout, default).Within("the next answer");
        Assert.Equal("127.0.0.3", Assert.Single(answer.Codes).ToString());
        Assert.Equal(0, transport.InFlight);
    }

    [Fact]
    public async Task Reply_to_another_question_or_id_is_dropped()
    {
        var time = new FakeTimeProvider();
        _server.Respond = q => q.Number switch
        {
            1 => FakeDnsReply.A(60, "127.0.0.9") with { Garble = m => Changed(m, 1) },
            _ => FakeDnsReply.A(60, "127.0.0.9") with { Garble = m => Changed(m, 14) },
        };
        var asked = Transport(time, _server.EndPoint).QueryAddressesAsync(Name, ShortTimeout, default);
        await _server.AskedAsync(Name).Within("the first query");
        time.Advance(ShortTimeout / 2);
        await _server.AskedAsync(Name, 2).Within("the second query");
        time.Advance(ShortTimeout);

        await SourceAssert.FailsAsync(CheckFailure.Timeout, asked);
    }

    [Fact]
    public async Task Malformed_reply_is_a_bad_answer()
    {
        _server.Set(Name, FakeDnsReply.A(60, "127.0.0.2") with { Garble = m => m[..^1] });

        var error = await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Transport(_server.EndPoint)));

        Assert.Contains("malformed", error.Message);
    }

    [Fact]
    public async Task Refused_port_fails_at_once_and_is_asked_again_when_it_is_back()
    {
        var endPoint = _server.EndPoint;
        var transport = Transport(endPoint);
        _server.Dispose();
        for (var i = 0; i < 20; i++)
            await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(transport));

        using var again = new FakeDnsServer(endPoint);
        again.Set(Name, FakeDnsReply.A(60, "127.0.0.2"));

        Assert.Single((await Ask(transport).Within("the answer of the resolver that is back")).Codes);
        Assert.Equal((1, 1), (_log.CountOf(LostEvent), _log.CountOf(RegainedEvent)));
    }

    [Fact]
    public async Task Refused_resolver_is_passed_over()
    {
        _server.Set(Name, FakeDnsReply.A(60, "127.0.0.2"));
        var transport = Transport(ClosedPort(), _server.EndPoint);

        for (var i = 0; i < 20; i++)
            Assert.Single((await Ask(transport).Within("the second resolver's answer")).Codes);
        Assert.Equal(1, _log.CountOf(LostEvent));
    }

    [Fact]
    public async Task Error_code_sends_to_the_next_resolver_and_the_last_error_counts()
    {
        using var second = new FakeDnsServer();
        _server.Otherwise = FakeDnsReply.Error(5);
        second.Set(Name, FakeDnsReply.A(60, "127.0.0.2")).Set("ill.example", FakeDnsReply.Error(2));
        var transport = Transport(_server.EndPoint, second.EndPoint);

        Assert.Single((await Ask(transport).Within("the second resolver's answer")).Codes);
        var ill = transport.QueryAddressesAsync("ill.example", LongTimeout, default);
        var error = await SourceAssert.FailsAsync(CheckFailure.BadAnswer, ill);
        Assert.Contains("SERVFAIL", error.Message);
    }

    [Fact]
    public async Task Silent_resolver_is_lost_after_a_while_and_only_probed_then()
    {
        var time = new FakeTimeProvider();
        using var second = new FakeDnsServer { Otherwise = FakeDnsReply.A(60, "127.0.0.2") };
        _server.Otherwise = FakeDnsReply.Dropped;
        var transport = Transport(time, _server.EndPoint, second.EndPoint);
        for (var i = 1; i <= 8; i++)
        {
            var asked = transport.QueryAddressesAsync(Name, ShortTimeout, default);
            await _server.AskedAsync(null, i).Within("the query to the silent resolver");
            time.Advance(ShortTimeout / 2);
            await asked.Within("the second resolver's answer");
        }

        for (var i = 0; i < 10; i++)
            await transport.QueryAddressesAsync(Name, ShortTimeout, default).Within("an answer without waiting for the silent one");
        Assert.Equal(8, _server.Total);

        time.Advance(TimeSpan.FromSeconds(3));
        _server.Otherwise = FakeDnsReply.A(60, "127.0.0.3");
        var answer = await transport.QueryAddressesAsync(Name, ShortTimeout, default).Within("the probe's answer");
        Assert.Equal("127.0.0.3", Assert.Single(answer.Codes).ToString());
        Assert.Equal((1, 1), (_log.CountOf(LostEvent), _log.CountOf(RegainedEvent)));
    }

    [Fact]
    public async Task Failed_tcp_is_a_failure_of_the_query()
    {
        _server.Respond = q => q.OverTcp
            ? FakeDnsReply.A(60, "127.0.0.2") with { Garble = _ => [1, 2, 3] }
            : FakeDnsReply.A(60) with { TruncateUdp = true };

        await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Transport(_server.EndPoint)));
        Assert.Equal(1, _server.TotalTcp);
    }

    [Fact]
    public async Task Silent_tcp_ends_at_the_timeout()
    {
        var time = new FakeTimeProvider();
        _server.Respond = q => q.OverTcp ? FakeDnsReply.Dropped : FakeDnsReply.A(60) with { TruncateUdp = true };
        var asked = Transport(time, _server.EndPoint).QueryAddressesAsync(Name, ShortTimeout, default);
        await _server.AskedAsync(Name, 2).Within("the query over TCP");

        time.Advance(ShortTimeout);

        await SourceAssert.FailsAsync(CheckFailure.Timeout, asked);
    }

    [Fact]
    public async Task Too_many_in_flight_are_refused_at_once()
    {
        _server.Otherwise = FakeDnsReply.Dropped;
        var transport = Own(new DnsTransport(
            new DnsTransportSettings { Resolvers = [_server.EndPoint], MaxInFlight = 3 }, new FakeTimeProvider(), _log));
        for (var i = 0; i < 3; i++)
            _ = Ask(transport);

        await SourceAssert.FailsAsync(CheckFailure.Overloaded, Ask(transport));
        Assert.Equal(3, transport.InFlight);
    }

    [Fact]
    public async Task Cancelled_query_ends_as_cancelled()
    {
        _server.Otherwise = FakeDnsReply.Dropped;
        using var cancellation = new CancellationTokenSource();
        var transport = Transport(_server.EndPoint);
        var asked = transport.QueryAddressesAsync(Name, LongTimeout, cancellation.Token);
        await _server.AskedAsync(Name).Within("the query");

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.Within("the cancelled query"));
        Assert.Equal(0, transport.InFlight);
    }

    [Fact]
    public async Task Dispose_ends_what_is_in_flight()
    {
        _server.Otherwise = FakeDnsReply.Dropped;
        var transport = Transport(_server.EndPoint);
        var asked = Ask(transport);
        await _server.AskedAsync(Name).Within("the query");

        transport.Dispose();

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, asked);
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(transport));
    }

    [Fact]
    public async Task Burst_of_10_000_is_answered()
    {
        _server.Delay = TimeSpan.FromMilliseconds(20);
        _server.Otherwise = FakeDnsReply.A(60, "127.0.0.2");
        var transport = Transport(_server.EndPoint);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i =>
            transport.QueryAddressesAsync(NumberedName(i), LongTimeout, default))).Within("all answers");

        Assert.All(answers, a => Assert.Single(a.Codes));
        Assert.Equal(0, transport.InFlight);
    }

    [Fact]
    public async Task More_than_a_burst_to_a_silent_server_waits_for_the_next_period()
    {
        const int More = 20;
        var time = new FakeTimeProvider();
        _server.Otherwise = FakeDnsReply.Dropped;
        var transport = Transport(time, _server.EndPoint);
        for (var i = 0; i < DnsPace.Burst + More; i++)
            _ = transport.QueryAddressesAsync(NumberedName(i), LongTimeout, default);
        await _server.AskedAsync(NumberedName(DnsPace.Burst - 1)).Within("the last query of the burst");
        Assert.Equal(DnsPace.Burst + More, transport.InFlight);
        Assert.Equal(0, _server.CountOf(NumberedName(DnsPace.Burst)));

        time.Advance(DnsTransport.SweepPeriod);

        await _server.AskedAsync(NumberedName(DnsPace.Burst + More - 1)).Within("the last query of all");
    }

    [Fact]
    public async Task Each_answer_lets_a_query_go_without_waiting_for_a_period()
    {
        _server.Otherwise = FakeDnsReply.A(60, "127.0.0.2");
        var transport = Transport(new FakeTimeProvider(), _server.EndPoint);

        // The clock stands still.
        var answers = await Task.WhenAll(Enumerable.Range(0, DnsPace.Burst * 5).Select(i =>
            transport.QueryAddressesAsync(NumberedName(i), LongTimeout, default))).Within("all answers");

        Assert.All(answers, a => Assert.Single(a.Codes));
    }

    [Fact]
    public async Task A_query_whose_turn_never_comes_ends_at_its_timeout_as_overloaded()
    {
        var time = new FakeTimeProvider();
        _server.Otherwise = FakeDnsReply.Dropped;
        var transport = Transport(time, _server.EndPoint);
        for (var i = 0; i < DnsPace.Burst; i++)
            _ = transport.QueryAddressesAsync(NumberedName(i), LongTimeout, default);
        var last = transport.QueryAddressesAsync(Name, DnsTransport.SweepPeriod, default);

        time.Advance(DnsTransport.SweepPeriod);

        await SourceAssert.FailsAsync(CheckFailure.Overloaded, last);
        Assert.Equal(0, _server.CountOf(Name));
    }

    [Fact]
    public async Task Changed_resolv_conf_is_read_again()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "nameserver 192.0.2.1\n");
            var time = new FakeTimeProvider();
            using var transport = new DnsTransport(new DnsTransportSettings { ResolvConf = path }, time, _log);
            File.WriteAllText(path, "nameserver 192.0.2.2\n");
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
            time.Advance(TimeSpan.FromSeconds(6));

            using var cancellation = new CancellationTokenSource();
            var asked = transport.QueryAddressesAsync(Name, LongTimeout, cancellation.Token);

            Assert.Equal(
                ["Resolvers in use: 192.0.2.1:53", "Resolvers in use: 192.0.2.2:53"],
                _log.Lines.Where(l => l.Id == 3000).Select(l => l.Text));
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<Exception>(() => asked.Within("the end of the query"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Task<DnsAnswer> Ask(DnsTransport transport) => transport.QueryAddressesAsync(Name, LongTimeout, default);

    private static string NumberedName(int number) => $"{number & 255}.{number >> 8}.0.10.bl.example";

    private static byte[] Changed(byte[] message, int at)
    {
        message[at] ^= 1;
        return message;
    }

    private static IPEndPoint ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private DnsTransport Transport(params IPEndPoint[] resolvers) => Transport(TimeProvider.System, resolvers);

    private DnsTransport Transport(TimeProvider time, params IPEndPoint[] resolvers) =>
        Own(new DnsTransport(new DnsTransportSettings { Resolvers = resolvers }, time, _log));

    private DnsTransport Own(DnsTransport transport)
    {
        _owned.Add(transport);
        return transport;
    }
}
