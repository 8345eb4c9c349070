using System.Net;
using Screening.Actors.Fleet;
using Xunit;

namespace Screening.Actors.Tests.Fleet;

/// <summary>Nodes that are lost, and clusters that are two. Slow: each waits for failure detectors.</summary>
public sealed class SplitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Of_two_with_a_lease_either_one_may_be_lost(int lost)
    {
        await using var lab = new FleetLab();
        var store = new FakeLock();
        var nodes = await Task.WhenAll(FleetLab.Fleet(2).OrderBy(settings => settings.ListenPort).Select(settings =>
            lab.StartAsync(settings with { SplitBrain = SplitBrainStrategy.Lease, Store = store })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
        var (gone, stays) = (nodes[lost], nodes[1 - lost]);
        await gone.Host.StopAsync();
        await FleetLab.UntilAsync(() => !stays.Now.HasMajority, () => $"the loss is seen: {stays.Now}");
        await FleetLab.UntilAsync(() => stays.Now.Members.Length == 1, () => $"the other is downed: {stays.Now}");
        Assert.True(stays.Now.HasMajority);
        Assert.NotNull(store.OwnerOf("split"));
        Assert.False(stays.Host.Ended.IsCompleted);

        var again = await lab.StartAsync(gone.Setup.Settings);
        await again.IsUpAsync(2);
        Assert.Equal(stays.Now.ClusterId, again.Now.ClusterId);
    }

    [Fact]
    public async Task Two_clusters_that_find_each_other_become_one()
    {
        await using var lab = new FleetLab();
        var port = FleetLab.FreePort();
        string[] hosts = ["127.0.0.21", "127.0.0.22", "127.0.0.23"];
        var isHealed = false;
        FleetHostSetup Setup(int node) => new(FleetLab.Alone(port) with
        {
            Node = $"n{node}",
            ListenHost = hosts[node],
            PublicHost = hosts[node],
            Seeds = [new("fleet.example", port)],
        })
        {
            Timings = FleetLab.Quick,
            Resolve = (_, _) => Task.FromResult(
                hosts.Where((_, other) => Volatile.Read(ref isHealed) || (other < 2) == (node < 2)).Select(IPAddress.Parse).ToArray()),
        };

        var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(node => lab.StartAsync(Setup(node))));
        await Task.WhenAll(nodes[0].IsUpAsync(2), nodes[1].IsUpAsync(2), nodes[2].IsUpAsync(1));
        var kept = nodes[0].Now.ClusterId;
        Assert.NotEqual(kept, nodes[2].Now.ClusterId);

        Volatile.Write(ref isHealed, true);
        await nodes[2].Host.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("another cluster", nodes[2].Now.Reason);
        var again = await lab.StartAsync(Setup(2));
        await again.IsUpAsync(3);
        Assert.Equal(kept, again.Now.ClusterId);
        Assert.All(nodes[..2], node => Assert.False(node.Host.Ended.IsCompleted));
    }

    [Fact]
    public async Task While_a_cluster_holds_the_lock_who_can_not_reach_it_does_not_found()
    {
        await using var lab = new FleetLab();
        var store = new FakeLock();
        var settings = FleetLab.Fleet(3).Select(node => node with { Store = store, Seeds = [new("127.0.0.1", node.ListenPort)] }).ToArray();
        var first = await lab.StartAsync(settings[0]);
        await first.IsUpAsync(1);
        Assert.Equal(first.Now.ClusterId, store.OwnerOf("cluster"));

        var second = await lab.StartAsync(settings[1]);
        var longerThanTheLock = FleetLab.Quick.Lock.TotalSeconds + 2;
        await second.IsAsync(FleetState.Looking);
        await FleetLab.StaysAsync(() => second.Now.State == FleetState.Looking, () => $"{second.Now}", longerThanTheLock);
        Assert.Contains("the database says", second.Now.Reason);

        // Without the database votes decide, and it has but its own.
        store.IsDown = true;
        await FleetLab.StaysAsync(() => second.Now.State == FleetState.Looking, () => $"{second.Now}", longerThanTheLock);
        store.IsDown = false;
        await first.Host.LeaveAsync(TimeSpan.FromSeconds(10));
        await second.IsUpAsync(1);
    }

    [Fact]
    public async Task Without_the_database_votes_found()
    {
        await using var lab = new FleetLab();
        var store = new FakeLock { IsDown = true };
        var nodes = await Task.WhenAll(FleetLab.Fleet(3)[..2].Select(settings => lab.StartAsync(settings with { Store = store })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
        Assert.Single(nodes.Select(node => node.Now.ClusterId).Distinct());
    }
}
