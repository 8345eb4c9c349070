using System.Net;
using Screening.Actors.Cluster;
using Xunit;

namespace Screening.Actors.Tests.Cluster;

/// <summary>Nodes that are lost, and clusters that are two. Slow: each waits for failure detectors.</summary>
public sealed class SplitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Of_two_with_a_lease_either_one_may_be_lost(int lost)
    {
        await using var lab = new ClusterLab();
        var store = new FakeLock();
        var nodes = await Task.WhenAll(ClusterLab.Fleet(2).OrderBy(settings => settings.ListenPort).Select(settings =>
            lab.StartAsync(settings with { SplitBrain = SplitBrainStrategy.Lease, Store = store })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
        var (gone, stays) = (nodes[lost], nodes[1 - lost]);
        await gone.Host.StopAsync();
        await ClusterLab.UntilAsync(() => !stays.Now.HasMajority || stays.Now.Members.Length == 1, () => $"the loss is seen: {stays.Now}");
        await ClusterLab.UntilAsync(() => stays.Now.Members.Length == 1, () => $"the other is downed: {stays.Now}");
        Assert.True(stays.Now.HasMajority);
        await ClusterLab.UntilAsync(() => store.OwnerOf("split") is not null, () => "the lease is held");
        Assert.False(stays.Host.Ended.IsCompleted);

        var again = await lab.StartAsync(gone.Setup.Settings);
        await again.IsUpAsync(2);
        Assert.Equal(stays.Now.ClusterId, again.Now.ClusterId);
    }

    [Fact]
    public async Task Two_clusters_that_find_each_other_become_one()
    {
        await using var lab = new ClusterLab();
        var port = ClusterLab.FreePort();
        string[] hosts = ["127.0.0.21", "127.0.0.22", "127.0.0.23"];
        var isHealed = false;
        ClusterSystemSetup Setup(int node) => new(ClusterLab.Alone(port) with
        {
            Node = $"n{node}",
            ListenHost = hosts[node],
            PublicHost = hosts[node],
            Seeds = [new("fleet.example", port)],
        })
        {
            Timings = ClusterLab.Quick,
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
    [Trait("Finding", "B4")]
    public async Task While_a_cluster_holds_the_lock_even_a_majority_that_cannot_reach_it_founds_nothing()
    {
        await using var lab = new ClusterLab();
        var store = new FakeLock();
        var settings = ClusterLab.Fleet(3).Select(node => node with { Store = store }).ToArray();
        var first = await lab.StartAsync(settings[0] with { Seeds = [settings[0].Seeds[0]] });
        await first.IsUpAsync(1);
        Assert.Equal(first.Now.ClusterId, store.OwnerOf("cluster"));

        var others = await Task.WhenAll(settings[1..].Select(node => lab.StartAsync(node with { Seeds = [.. node.Seeds.Skip(1)] })));
        bool AllLook() => others.All(node => node.Now.State == JoinState.Looking);
        await Task.WhenAll(others.Select(node => ClusterLab.UntilAsync(
            () => node.Now.Reason.Contains("the database says", StringComparison.Ordinal), () => $"a reason: {node.Now}")));
        await ClusterLab.StaysAsync(AllLook, () => $"{others[0].Now} {others[1].Now}", ClusterLab.Quick.Lock.TotalSeconds + 1);

        // A database that cannot be asked changes nothing, nor does its return: the lock ran out, and its cluster gets it back.
        store.IsDown = true;
        await Task.WhenAll(others.Select(node => ClusterLab.UntilAsync(
            () => node.Now.Reason.Contains("cannot be asked", StringComparison.Ordinal), () => $"a reason: {node.Now}")));
        await ClusterLab.StaysAsync(AllLook, () => $"{others[0].Now} {others[1].Now}", ClusterLab.Quick.Lock.TotalSeconds + 1);
        store.IsDown = false;
        await ClusterLab.UntilAsync(() => store.OwnerOf("cluster") is not null, () => "the lock is held again");
        Assert.Equal(first.Now.ClusterId, store.OwnerOf("cluster"));
        await Task.WhenAll(others.Select(node => ClusterLab.UntilAsync(
            () => node.Now.Reason.Contains("the database says", StringComparison.Ordinal), () => $"a reason: {node.Now}")));

        // The last one out gives it back.
        await first.Host.LeaveAsync(TimeSpan.FromSeconds(30));
        await Task.WhenAll(others.Select(node => node.IsUpAsync(2)));
        Assert.Single(others.Select(node => node.Now.ClusterId).Distinct());
    }

    [Fact]
    public async Task A_fleet_that_was_killed_as_a_whole_forms_again_when_its_lock_has_run_out()
    {
        await using var lab = new ClusterLab();
        var store = new FakeLock();
        var settings = ClusterLab.Fleet(2).Select(node => node with { Store = store, SplitBrain = SplitBrainStrategy.Lease }).ToArray();
        var nodes = await Task.WhenAll(settings.Select(lab.StartAsync));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
        var last = nodes[0].Now.ClusterId;

        // Each believes that the other lives on, so that nobody gives the lock back.
        await Task.WhenAll(nodes.Select(node => node.Host.StopAsync()));
        await store.TryAcquireAsync("cluster", last, ClusterLab.Quick.Lock, CancellationToken.None);
        var again = await Task.WhenAll(settings.Select(lab.StartAsync));
        await Task.WhenAll(again.Select(node => node.IsUpAsync(2)));
        Assert.NotEqual(last, again[0].Now.ClusterId);
        Assert.Equal(again[0].Now.ClusterId, again[1].Now.ClusterId);
    }

    [Fact]
    [Trait("Finding", "B5")]
    public async Task An_edge_that_would_decide_a_split_in_another_way_is_refused()
    {
        await using var lab = new ClusterLab();
        var store = new FakeLock();
        var nodes = await Task.WhenAll(ClusterLab.Fleet(2).Select(settings =>
            lab.StartAsync(settings with { SplitBrain = SplitBrainStrategy.Lease, Store = store })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
        var edge = await lab.StartAsync(ClusterLab.Alone(ClusterLab.FreePort()) with
        {
            IsCache = false,
            SplitBrain = SplitBrainStrategy.KeepOldest,
            Seeds = nodes[0].Setup.Settings.Seeds,
        });
        await edge.IsAsync(JoinState.Refused);
        Assert.Contains("edges included", edge.Now.Reason, StringComparison.Ordinal);
        Assert.All(nodes, node => Assert.Equal(2, node.Now.Members.Length));
    }

    [Fact]
    [Trait("Finding", "B5")]
    public async Task Beside_an_edge_with_the_lowest_address_either_of_two_cache_nodes_may_be_lost()
    {
        await using var lab = new ClusterLab();
        var store = new FakeLock();
        var ports = Enumerable.Range(0, 3).Select(_ => ClusterLab.FreePort()).Order().ToArray();
        ClusterSystemSetup Setup(int port, bool isCache) => new(ClusterLab.Alone(port) with
        {
            IsCache = isCache,
            Seeds = [.. ports[1..].Select(seed => new Seed("127.0.0.1", seed))],
            SplitBrain = SplitBrainStrategy.Lease,
            Store = store,
        })
        {
            // A busy machine must not make the two that are left lose each other. They see the loss at different times, and must both wait
            // for the lease, which the smaller half asks for later.
            Timings = ClusterTimings.Default with
            {
                HeartbeatPause = TimeSpan.FromSeconds(8),
                StableAfter = TimeSpan.FromSeconds(2),
                MinorityDelay = TimeSpan.FromSeconds(6),
            },
        };
        var older = await lab.StartAsync(Setup(ports[1], true));
        await older.IsUpAsync(1);
        var (younger, edge) = (await lab.StartAsync(Setup(ports[2], true)), await lab.StartAsync(Setup(ports[0], false)));
        await Task.WhenAll(new[] { older, younger, edge }.Select(node => node.IsUpAsync(3)));
        await older.Host.StopAsync();
        await ClusterLab.UntilAsync(
            () => younger.Now.Members.Length == 2 && edge.Now.Members.Length == 2, () => $"the loss is decided: {younger.Now} {edge.Now}");
        await Task.WhenAll(younger.IsUpAsync(2), edge.IsUpAsync(2));
        Assert.False(younger.Host.Ended.IsCompleted || edge.Host.Ended.IsCompleted);
        await ClusterLab.UntilAsync(() => store.OwnerOf("split") is not null, () => $"the lease is held: {store.Calls}");
    }
}
