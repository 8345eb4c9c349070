using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Endpoints;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Endpoints;

/// <summary>postscreen asks for NAME and allow.NAME, a resolver for more: one connection is one decision.</summary>
public sealed class ZoneDecisionTests
{
    private static readonly Profile Profile = new("default", "f", new VerdictSettings(), []);
    private readonly FakeTimeProvider _time = new();
    private readonly ZoneDecisions _decisions;

    public ZoneDecisionTests() => _decisions = new ZoneDecisions(_time);

    // N: NAME, a: allow.NAME, T: NAME's TXT, 6: NAME's AAAA, -: a second, *: more than the life of a decision.
    [Theory]
    [InlineData("Na", 1)]
    [InlineData("aN", 1)]
    [InlineData("N6TaaN*", 2)]
    [InlineData("NaNa", 2)]
    [InlineData("NNaa", 2)]
    [InlineData("aNNaNa", 3)]
    [InlineData("NNN", 3)]
    [InlineData("Na*Na*Na", 3)]
    [InlineData("N-a-N-a-N-a", 3)]
    [InlineData("N*a", 2)]
    public void There_is_one_decision_for_each_connection(string questions, int wanted)
    {
        var count = 0;
        foreach (var question in questions)
        {
            if (question is '*' or '-')
                _time.Advance(question == '*' ? ZoneDecisions.Life : TimeSpan.FromSeconds(1));
            else if (IsFirst(1, question == 'a', question == 'T' ? DnsType.Txt : question == '6' ? (DnsType)28 : DnsType.A))
                count++;
        }

        Assert.Equal(wanted, count);
    }

    [Fact]
    public void Clients_doors_and_profiles_are_told_apart_and_the_oldest_leaves()
    {
        Assert.True(IsFirst(1, allow: false));
        Assert.True(IsFirst(2, allow: true));
        Assert.True(_decisions.IsFirst(Query(1, Door.Dnsblog), true, DnsType.A));
        for (var client = 10u; client < 10 + ZoneDecisions.Capacity; client++)
            IsFirst(client, allow: false);
        Assert.True(IsFirst(1, allow: true));
        Assert.False(IsFirst(9 + ZoneDecisions.Capacity, allow: true));
    }

    [Theory]
    [InlineData("dnsblog")]
    [InlineData("dnsbl")]
    [Trait("Finding", "use-decision-per-client")]
    public async Task Metrics_and_log_count_connections(string door)
    {
        using var lists = new FakeDnsServer();
        lists.List("192.0.2.4", "bl.test", 60, "127.0.0.2");
        await using var node = await RunningNode.StartWithAsync(
            services => services.AddSingleton(_decisions), // Whose time stands still, however busy the machine is.
            null, "endpoints.dnsblog=[\"unix://{folder}/dnsblog\"]", "endpoints.dnsbl=[\"tcp://127.0.0.1:0\"]", "dnsbl_zone.name=z.test",
            "dnsbl.sites=bl.test*4", $"dnsbl.resolver=[\"{lists.EndPoint}\"]", "dnsbl.skip=[]");
        for (var connection = 0; connection < 3; connection++)
        {
            var codes = await Task.WhenAll(new[] { "z.test", "allow.z.test" }.Select(zone => AskAsync(node, door, zone, "192.0.2.4")));
            Assert.Equal(["127.0.0.4", ""], codes);
            await Task.WhenAll(AskAsync(node, door, "allow.z.test", "192.0.2.7"), AskAsync(node, door, "z.test", "192.0.2.7"));
        }

        using var http = node.Http();
        var counts = (await http.GetStringAsync("metrics")).Split('\n')
            .Where(line => line.StartsWith("screening_verdicts_total{", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                $"screening_verdicts_total{{endpoint=\"{door}\",action=\"enforce\",source=\"screened\"}} 3",
                $"screening_verdicts_total{{endpoint=\"{door}\",action=\"pass\",source=\"near\"}} 2",
                $"screening_verdicts_total{{endpoint=\"{door}\",action=\"pass\",source=\"screened\"}} 1",
            ],
            counts);
        await node.StopAsync();
        var lines = node.Decisions();
        Assert.Equal(3, lines.Count(line => line.GetProperty("action").GetString() == "enforce"));
        Assert.Equal(2, lines.Sum(line => line.TryGetProperty("hits", out var hits) ? hits.GetInt32() : 0));
    }

    [Fact]
    public void Questions_of_one_connection_share_a_screening_whichever_of_them_needs_it_first()
    {
        Assert.True(_decisions.IsFirst(Query(1, Door.Dnsbl), false, DnsType.A));
        var shared = _decisions.Of(Query(1, Door.Dnsbl), true, DnsType.A);
        Assert.Same(shared, _decisions.Of(Query(1, Door.Dnsbl), false, DnsType.Txt));
        Assert.NotSame(shared, _decisions.Of(Query(1, Door.Dnsbl), false, DnsType.A));
        Assert.NotSame(shared, _decisions.Of(Query(2, Door.Dnsbl), false, DnsType.A));
    }

    private bool IsFirst(uint client, bool allow, DnsType type = DnsType.A) =>
        _decisions.IsFirst(Query(client, Door.Dnsbl), allow, type);

    private static ScreeningQuery Query(uint client, Door door) => new(ClientAddress.FromIPv4(client), Profile, door, 0, default);

    private static async Task<string> AskAsync(RunningNode node, string door, string zone, string client)
    {
        using var limit = new CancellationTokenSource(Waiting.Limit);
        if (door == "dnsblog")
        {
            using var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await unix.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(node.Folder, "dnsblog")), limit.Token);
            await using var connection = new NetworkStream(unix);
            return (await DnsblogAsker.AskAsync(connection, zone, client, 0, limit.Token))!.RblAddress;
        }

        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 7, DnsblName.QueryName(ClientAddress.Parse(client), zone), DnsType.A, out var length));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, node.PortOf("dnsbl"), limit.Token);
        await tcp.GetStream().WriteAsync((byte[])[0, (byte)length, .. query[..length]], limit.Token);
        var answer = new byte[2];
        await tcp.GetStream().ReadExactlyAsync(answer, limit.Token);
        answer = new byte[(answer[0] << 8) + answer[1]];
        await tcp.GetStream().ReadExactlyAsync(answer, limit.Token);
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(answer, out var reply));
        return string.Join(' ', reply.Codes);
    }
}
