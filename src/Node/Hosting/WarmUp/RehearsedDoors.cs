using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Screening.Node.Api;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting.WarmUp;

/// <summary>The clients of a rehearsal: one for each door.</summary>
internal sealed class RehearsedDoors(IReadOnlyList<OpenEndpoint> endpoints) : IDisposable
{
    private const string Zone = "screening.internal";

    private readonly Dictionary<string, Uri> _doors = endpoints.ToDictionary(e => e.Kind, e => new Uri(e.Uri));
    private readonly ConcurrentDictionary<Door, Socket> _connections = [];

    /// <summary>Asks all doors at once about a client that they do not know, each twice.</summary>
    /// <returns>How long the slowest answer took.</returns>
    public async Task<TimeSpan> AskAllAsync(ClientAddress client, CancellationToken cancellation)
    {
        var took = await Task.WhenAll(
            AskTwiceAsync(Door.Plugin, $"query_id=1\nremote_address={client}\n\n", cancellation),
            AskTwiceAsync(Door.Policy, Policy(client), cancellation),
            AskTwiceAsync(Door.Memcache, $"get postscreen:{client}\r\n", cancellation),
            AskTwiceAsync(Door.Dnsbl, Dns(client), cancellation),
            AskTwiceAsync(Door.Dnsblog, Dnsblog(client), cancellation),
            AskTwiceAsync(Door.Http, $"GET /api/v1/check/{client} HTTP/1.1\r\nHost: localhost\r\n\r\n", cancellation))
            .ConfigureAwait(false);
        return took.Max();
    }

    public void Dispose()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
    }

    private Task<TimeSpan> AskTwiceAsync(Door door, string query, CancellationToken cancellation) =>
        AskTwiceAsync(door, Encoding.ASCII.GetBytes(query), cancellation);

    private async Task<TimeSpan> AskTwiceAsync(Door door, byte[] query, CancellationToken cancellation)
    {
        var first = await AskAsync(door, query, cancellation).ConfigureAwait(false);
        var second = await AskAsync(door, query, cancellation).ConfigureAwait(false);
        return first > second ? first : second;
    }

    private async Task<TimeSpan> AskAsync(Door door, byte[] query, CancellationToken cancellation)
    {
        var connection = await ConnectedAsync(door, cancellation).ConfigureAwait(false);
        var since = Stopwatch.GetTimestamp();
        await connection.SendAsync(query, cancellation).ConfigureAwait(false);
        await connection.ReceiveAsync(new byte[4096], cancellation).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(since);
    }

    // The dnsblog door takes one query a connection.
    private async Task<Socket> ConnectedAsync(Door door, CancellationToken cancellation)
    {
        if (_connections.TryGetValue(door, out var known) && door != Door.Dnsblog)
            return known;
        known?.Dispose();
        var place = _doors[door.Word()];
        var (kind, protocol) = place.Scheme == "udp" ? (SocketType.Dgram, ProtocolType.Udp) : (SocketType.Stream, ProtocolType.Tcp);
        var connection = _connections[door] = new Socket(AddressFamily.InterNetwork, kind, protocol);
        await connection.ConnectAsync(IPAddress.Loopback, place.Port, cancellation).ConfigureAwait(false);
        return connection;
    }

    private static string Policy(ClientAddress client) =>
        $"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={client}\n"
        + $"helo_name=a.invalid\nsender=a@a.invalid\ninstance={client}\n\n";

    private static string Dnsblog(ClientAddress client) =>
        $"rbl_domain\0{Zone}\0client_address\0{client}\0label\01\0\0";

    private static byte[] Dns(ClientAddress client)
    {
        Span<byte> query = stackalloc byte[DnsQueryWriter.MaxBytes];
        DnsQueryWriter.TryWrite(query, 1, DnsblName.QueryName(client, Zone), DnsType.A, out var length);
        return query[..length].ToArray();
    }
}
