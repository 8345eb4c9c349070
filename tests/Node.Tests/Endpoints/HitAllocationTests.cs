using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Hosting;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Endpoints.Dnsbl;
using Screening.Node.Tests.Endpoints.Connections;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Dns;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Endpoints;

/// <summary>
/// A client that is known costs no memory at any door, decision log and metrics included. All of a hit happens in the thread that counts.
/// </summary>
public sealed class HitAllocationTests : IAsyncLifetime
{
    // Until the tables that remember mails and questions are as large as they get.
    private const int WarmUp = 12_000;

    private const int HitsPerRound = 4000;
    private const int MaxRounds = 500;

    // For a pool or a table that grows.
    private const double MaxBytesPerHit = 8;

    private readonly FakeDnsServer _lists = new();
    private RunningNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await RunningNode.StartAsync(
            "dnsbl_zone.name=z.test", "dnsbl.sites=bl.test*4", $"dnsbl.resolver=[\"{_lists.EndPoint}\"]", "dnsbl.skip=[]",
            "profile.mild.verdict.drop_at=9", "access.permit=[\"192.0.2.40\"]");
        var screener = _node.Service<ScreeningHandle>().Screener;
        foreach (var profile in screener.Profiles.All)
        {
            var query = screener.QueryFor(Door.Plugin, ClientAddress.Parse("192.0.2.1"), null, profile);
            await screener.ScreenAsync(query).Within("a first verdict");
            await Poll.UntilAsync(() => screener.TryPeek(query, out _), Waiting.Limit, "the client is in the near cache");
        }
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _lists.Dispose();
    }

    // {0}: another text in each request.
    [Theory]
    [InlineData(Door.Plugin, "query_id={0}\nremote_address=192.0.2.1\nlocal_address=198.51.100.1\n\n", "action=pass\n")]
    [InlineData(Door.Plugin, "client_address=192.0.2.40\nserver_address=198.51.100.1\n\n", "action=pass\n")]
    [InlineData(Door.Policy, "protocol_state=RCPT\nclient_address=192.0.2.1\nhelo_name=a.test\nsender=a@b.test\n\n", "action=DUNNO\n\n")]
    [InlineData(
        Door.Policy, "protocol_state=RCPT\nclient_address=192.0.2.1\nhelo_name=a.test\nsender=a@b.test\ninstance=4bef.6b048aaa.{0}.0\n\n",
        "action=DUNNO\n\n")]
    [InlineData(
        Door.Policy, "protocol_state=DATA\nclient_address=192.0.2.1\nhelo_name=a.test\nsender=a@b.test\ninstance=4bef.6b048aaa.a1922.0\n\n",
        "action=DUNNO\n\n")]
    [InlineData(Door.Memcache, "get postscreen:192.0.2.40\r\n", "END\r\n")]
    public void A_known_client_costs_no_memory(Door door, string request, string answer) => AssertCostsNothing(
        door, i => Encoding.ASCII.GetBytes(string.Format(CultureInfo.InvariantCulture, request, i)), Encoding.ASCII.GetBytes(answer));

    [Theory]
    [InlineData("1.2.0.192.z.test")]
    [InlineData("1.2.0.192.allow.z.test")]
    [InlineData("1.2.0.192.Allow.MILD.z.test")]
    [InlineData("40.2.0.192.allow.z.test")]
    public void A_known_client_costs_no_memory_in_the_zone_over_tcp(string name)
    {
        var query = Query(name);
        AssertCostsNothing(Door.Dnsbl, _ => [(byte)(query.Length >> 8), (byte)query.Length, .. query], "\u0007"u8.ToArray());
    }

    [Theory]
    [InlineData("1.2.0.192.z.test")]
    [InlineData("40.2.0.192.allow.z.test")]
    public void A_known_client_costs_no_memory_in_the_zone_over_udp(string name)
    {
        using var socket = Open();
        using var asker = Open();
        asker.Connect(socket.LocalEndPoint!);
        var receiver = new DnsblReceiver(
            socket, null, _node.Service<ConnectionGates>().Of(Door.Dnsbl), _node.Service<DnsblZone>(),
            new ResponseRateLimit(TimeProvider.System), NullLogger.Instance);
        var query = Query(name);
        var answer = new byte[DnsAnswerWriter.MaxBytes];
        Assert.InRange(BytesPerHit(Exchange), 0, MaxBytesPerHit);

        void Exchange(int i)
        {
            asker.Send(query);
            receiver.ReceiveOne();
            if (asker.Receive(answer) <= query.Length)
                Assert.Fail($"question {i} has no answer");
        }
    }

    private static Socket Open()
    {
        var limit = (int)Waiting.Limit.TotalMilliseconds;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = limit };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private void AssertCostsNothing(Door door, Func<int, byte[]> requestOf, byte[] answer)
    {
        var requests = Enumerable.Range(0, WarmUp).Select(requestOf).ToArray();
        var connection = new MemoryConnection();
        _ = _node.Service<Doors>().ServeAsync(door, connection.Context);
        Assert.InRange(BytesPerHit(Exchange), 0, MaxBytesPerHit);

        void Exchange(int i)
        {
            if (!connection.SendAsync(requests[i % WarmUp]).IsCompletedSuccessfully || !connection.ReadAll(answer))
                Assert.Fail($"request {i} has no answer with {Encoding.ASCII.GetString(answer)}");
        }
    }

    // Code is compiled to the end in the background. Until then some of the runtime's own methods allocate, so there may be more rounds.
    private static double BytesPerHit(Action<int> exchange)
    {
        var next = 0;
        while (next < WarmUp)
            exchange(next++);
        var bytes = double.MaxValue;
        for (var round = 0; bytes > MaxBytesPerHit && round < MaxRounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < HitsPerRound; i++)
                exchange(next++);
            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)HitsPerRound;
        }

        return bytes;
    }

    private static byte[] Query(string name)
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 7, name, DnsType.A, out var length));
        return query[..length];
    }
}
