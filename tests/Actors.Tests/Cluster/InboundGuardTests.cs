using System.Net.Sockets;
using Screening.Actors.Cluster;
using Screening.Testing;

namespace Screening.Actors.Tests.Cluster;

public class InboundGuardTests
{
    private const int Strangers = 3 * InboundGuard.MaxSilent;

    [Fact]
    [Trait("Finding", "security-13")]
    public async Task Connections_that_never_complete_a_message_are_few_and_nodes_still_get_in()
    {
        await using var lab = new ClusterLab();
        var (settings, log) = (ClusterLab.Fleet(2), new RecordingLogger<PeerFaults>());
        using var faults = new PeerFaults(TimeProvider.System, log);
        var first = await lab.StartAsync(
            new ClusterSystemSetup(settings[0] with { Seeds = [settings[0].Seeds[0]], Expected = 1 })
            {
                Timings = ClusterLab.Quick,
                Faults = faults
            });
        await first.IsUpAsync(1);

        // Each announces a frame of 1 MiB and sends half of it.
        var frame = new byte[1 << 19];
        (frame[2], frame[3]) = (0x0F, 0);
        var strangers = new List<TcpClient>();
        for (var i = 0; i < Strangers; i++)
        {
            var stranger = new TcpClient();
            strangers.Add(stranger);
            await stranger.ConnectAsync("127.0.0.1", settings[0].ListenPort);
            await TrySendAsync(stranger, frame);
        }

        await ClusterLab.UntilAsync(
            () => strangers.Count(IsOpen) <= InboundGuard.MaxSilent, () => $"{strangers.Count(IsOpen)} of {Strangers} are open");
        Assert.InRange(faults.RefusedCount, Strangers - InboundGuard.MaxSilent, Strangers);
        Assert.StartsWith(
            "Refused a connection to the cluster port from 127.0.0.1: ", Assert.Single(log.Lines).Text, StringComparison.Ordinal);

        var second = await lab.StartAsync(settings[1]);
        await second.IsUpAsync(2);
        strangers.ForEach(stranger => stranger.Dispose());
    }

    private static bool IsOpen(TcpClient client)
    {
        try
        {
            return !(client.Client.Poll(0, SelectMode.SelectRead) && client.Client.Available == 0);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task TrySendAsync(TcpClient client, byte[] bytes)
    {
        try
        {
            await client.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
            // Closed while it sent.
        }
    }
}
