using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Screening.Node.Endpoints;

/// <summary>
/// Counts connections per peer address (limits.connections_per_address). Peers on unix sockets have no address: they are Postfix, which
/// opens a connection for each list and client, and are bounded together (limits.in_flight).
/// </summary>
internal sealed class ConnectionLimits(int perAddress, int onUnixSockets)
{
    private static readonly IPAddress UnixPeer = IPAddress.None;

    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Takes a place for a connection; each place that was given must be returned by <see cref="Leave"/>.</summary>
    public bool TryEnter(ConnectionContext connection)
    {
        var peer = PeerOf(connection);
        var limit = ReferenceEquals(peer, UnixPeer) ? onUnixSockets : perAddress;
        if (_open.AddOrUpdate(peer, 1, static (_, count) => count + 1) <= limit)
            return true;
        Leave(connection);
        return false;
    }

    /// <summary>Returns a place.</summary>
    public void Leave(ConnectionContext connection)
    {
        var peer = PeerOf(connection);
        if (_open.AddOrUpdate(peer, 0, static (_, count) => count - 1) <= 0)
            _open.TryRemove(KeyValuePair.Create(peer, 0));
    }

    private static IPAddress PeerOf(ConnectionContext connection) =>
        connection.RemoteEndPoint is IPEndPoint { Address: var address } ? address : UnixPeer;
}
