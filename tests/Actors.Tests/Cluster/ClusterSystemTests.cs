using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Screening.Actors.Cluster;
using Xunit;

namespace Screening.Actors.Tests.Cluster;

public sealed class ClusterSystemTests
{
    [Fact]
    public async Task A_cluster_of_one_is_up_and_leaves_and_starts_again_on_its_port()
    {
        await using var lab = new ClusterLab();
        var port = ClusterLab.FreePort();
        for (var life = 0; life < 2; life++)
        {
            var node = await lab.StartAsync(ClusterLab.Alone(port));
            await node.IsUpAsync(1);
            Assert.NotEmpty(node.Now.ClusterId);
            Assert.True(node.Now.HasMajority);
            var watch = Stopwatch.StartNew();
            await node.Host.LeaveAsync(TimeSpan.FromSeconds(8));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"left after {watch.Elapsed}");
            Assert.True(node.Host.Ended.IsCompletedSuccessfully);
            Assert.Equal(JoinState.Down, node.Now.State);
        }
    }

    [Fact]
    public async Task Its_end_is_not_the_end_of_the_process()
    {
        await using var lab = new ClusterLab();
        Environment.ExitCode = 0;
        var node = await lab.StartAsync(ClusterLab.Alone(ClusterLab.FreePort()));
        await node.IsUpAsync(1);
        var cluster = Akka.Cluster.Cluster.Get(node.Host.System);
        cluster.Down(cluster.SelfAddress);
        await node.Host.Ended.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Equal(0, Environment.ExitCode);
    }

    [Fact]
    public async Task A_port_in_use_is_told_and_the_next_start_succeeds()
    {
        await using var lab = new ClusterLab();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var fault = await Assert.ThrowsAsync<ClusterStartException>(() => lab.StartAsync(ClusterLab.Alone(port)));
        Assert.Contains($"127.0.0.1:{port}", fault.Message);
        other.Stop();
        var node = await lab.StartAsync(ClusterLab.Alone(port));
        await node.IsUpAsync(1);
    }
}
