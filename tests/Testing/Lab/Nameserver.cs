using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Lab;

/// <summary>Whether a name server is there.</summary>
internal static class Nameserver
{
    public static async Task<bool> AnswersAsync(NetworkNamespace? inside, IPEndPoint endPoint, string zone)
    {
        using var socket = inside?.CreateSocket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            ?? new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await socket.ConnectAsync(endPoint, timeout.Token);
            await socket.SendAsync(SoaQuery(zone), timeout.Token);
            return await socket.ReceiveAsync(new byte[512], timeout.Token) > 0;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A question for the zone's SOA record. RFC 1035 section 4.1.</summary>
    private static byte[] SoaQuery(string zone) =>
    [
        0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. zone.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
        0, 0, 6, 0, 1,
    ];
}
