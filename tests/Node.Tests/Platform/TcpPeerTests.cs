using System.Net;
using System.Net.Sockets;
using Screening.Node.Platform;

namespace Screening.Node.Tests.Platform;

[Trait("Finding", "security-11")]
public sealed class TcpPeerTests
{
    private const string Header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("127.0.0.1:40000");
    private static readonly IPEndPoint Own = IPEndPoint.Parse("127.0.0.1:10080");

    [Theory]
    [InlineData("   0: 0100007F:9C40 0100007F:2760 01 00000000:00000000 00:00000000 00000000  1000        0 43122 1 0000", 1000u)]
    [InlineData("   0: 0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:2760 01 0:0 00:0 0 1000 0 43122 1", 1000u)]
    [InlineData("   0: 0100007F:2760 0100007F:9C40 01 0:0 00:0 0 1000 0 43122 1", null)] // This end of the connection.
    [InlineData("   0: 0100007F:9C40 0100007F:2761 01 0:0 00:0 0 1000 0 43122 1", null)]
    [InlineData("   0: 0200007F:9C40 0100007F:2760 01 0:0 00:0 0 1000 0 43122 1", null)]
    [InlineData("   0: 0100007F:9C40 0100007F:2760 06 0:0 00:0 0 0 0 0 3", null)] // TIME_WAIT: the kernel shows user 0.
    [InlineData("   0: 0100007F:9C40 0100007F:2760 01 0:0 00:0 0 0 0 0 3", null)] // No process has it any more.
    [InlineData("   0: 0100007F:9C40", null)]
    public void The_owner_is_that_of_the_peers_open_socket(string line, uint? expected)
    {
        if (BitConverter.IsLittleEndian)
            Assert.Equal(expected, TcpPeer.FindOwner([Header, line], Peer, Own));
    }

    [Fact]
    public async Task A_connection_of_the_own_user_is_known_as_such()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        foreach (var family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            using var client = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
            if (family == AddressFamily.InterNetworkV6)
                client.DualMode = true;
            await client.ConnectAsync(listener.LocalEndpoint);
            using var accepted = await listener.AcceptSocketAsync();
            Assert.True(TcpPeer.IsOwnUserOrRoot((IPEndPoint)accepted.RemoteEndPoint!, (IPEndPoint)accepted.LocalEndPoint!));
            Assert.False(TcpPeer.IsOwnUserOrRoot(new IPEndPoint(IPAddress.Loopback, 1), (IPEndPoint)accepted.LocalEndPoint!));
        }
    }
}
