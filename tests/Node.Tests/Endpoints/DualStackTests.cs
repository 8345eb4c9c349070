using System.Net;
using System.Net.Sockets;
using Screening.Protocol.Dns;
using Screening.Testing;

namespace Screening.Node.Tests.Endpoints;

/// <summary>A pod listens on [::], which is IPv4 as well.</summary>
public sealed class DualStackTests
{
    [SkippableFact]
    public async Task All_addresses_are_those_of_both_families_over_TCP_and_UDP()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "needs IPv6");
        await using var node = await RunningNode.StartAsync(
            "endpoints.plugin=[\"tcp://[::]:0\"]", "endpoints.dnsbl=[\"udp://[::]:0\"]", "dnsbl_zone.name=z.test");
        foreach (var own in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using var stream = new Socket(own.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await stream.ConnectAsync(own, node.PortOf("plugin"));
            using var peer = new PluginPeer(stream);
            await peer.SendAsync("remote_address=192.0.2.1\n\n");
            Assert.StartsWith("action=pass", Assert.Single(await peer.ReadAsync(1)));

            using var datagrams = new UdpClient(own.AddressFamily);
            datagrams.Connect(own, node.UdpPort);
            await datagrams.SendAsync(Question("2.0.0.127.z.test"));
            var answer = await datagrams.ReceiveAsync().Within($"an answer at {own}");
            Assert.Equal(7, answer.Buffer[0]);
        }
    }

    private static byte[] Question(string name) =>
    [
        7, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. label.Select(c => (byte)c)]),
        0, 0, (byte)DnsType.A, 0, 1,
    ];
}
