using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Platform;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Http;

/// <summary>Who makes a change, as far as this node can tell.</summary>
/// <param name="Author">On a unix socket the user whom the kernel names; else what the caller says of itself.</param>
internal sealed record Caller(string Author, AuditVia Via)
{
    /// <summary>The header in which a caller says who it is.</summary>
    public const string AuthorHeader = "Screening-Author";

    // socket(7): SOL_SOCKET, SO_PEERCRED; struct ucred is pid, uid, gid of 32 bits each.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    /// <summary>The caller of a request.</summary>
    /// <returns>
    /// Null on a unix socket whose caller hung up: the kernel no longer knows who it was, and on a unix socket what the caller claims does
    /// not count.
    /// </returns>
    public static Caller? Of(HttpContext context)
    {
        if (UnixSocketOf(context) is { } socket)
            return UserOf(socket) is { } user ? new Caller(user, AuditVia.Unix) : null;
        var claimed = context.Request.Headers[AuthorHeader] is [{ Length: > 0 } header] ? PeerText.Clean(header) : "http";
        return new Caller(claimed, AuditVia.Http);
    }

    /// <summary>True if the caller is on a unix socket, whose mode says who may connect.</summary>
    public static bool IsOnUnixSocket(HttpContext context) => UnixSocketOf(context) is not null;

    /// <summary>True if the caller is a process of root or of the node's own user, on this host over loopback.</summary>
    public static bool IsOwnUserOrRoot(HttpContext context) =>
        context.Connection is { RemoteIpAddress: { } peer, LocalIpAddress: { } own } connection
        && TcpPeer.IsOwnUserOrRoot(new IPEndPoint(peer, connection.RemotePort), new IPEndPoint(own, connection.LocalPort));

    // A connection that is not known to be a unix socket is treated as TCP.
    private static Socket? UnixSocketOf(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket is { AddressFamily: AddressFamily.Unix } socket ? socket : null;

    private static string? UserOf(Socket socket)
    {
        try
        {
            Span<byte> credentials = stackalloc byte[12];
            return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
                ? AccountNames.OfUser(MemoryMarshal.Read<uint>(credentials[4..]))
                : null;
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            return null; // The server disposes of a socket as soon as its peer is gone.
        }
    }
}
