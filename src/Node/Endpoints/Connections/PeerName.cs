using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Screening.Node.Endpoints.Connections;

/// <summary>How the log names the other side of a connection.</summary>
internal static class PeerName
{
    /// <param name="address">Null: the peer is on a unix socket.</param>
    public static string Of(IPAddress? address) => address?.ToString() ?? "a unix socket";

    public static string Of(ConnectionContext connection) => Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
}
