using System.Net;
using System.Security.Cryptography;
using Screening.Actors.Cluster;
using Screening.Actors.Whitelist;
using Xunit;

namespace Screening.Actors.Tests.Cluster;

public sealed class FormingTests
{
    [Fact]
    public async Task Three_that_start_at_once_found_one_cluster_and_know_each_other()
    {
        await using var lab = new ClusterLab();
        var nodes = await Task.WhenAll(ClusterLab.Fleet(3).Select(lab.StartAsync));
        foreach (var node in nodes)
            await node.IsUpAsync(3);

        Assert.Single(nodes.Select(node => node.Now.ClusterId).Distinct());
        foreach (var node in nodes)
        {
            await ClusterLab.UntilAsync(() => node.Now.Members.All(member => member.Node.Length > 0), () => $"names: {node.Now}");
            Assert.Equal(nodes.Select(n => n.Setup.Settings.Node).Order(), node.Now.Members.Select(member => member.Node).Order());
            Assert.All(node.Now.Members, member => Assert.Equal("cache", Assert.Single(member.Roles)));
        }
    }

    [Fact]
    public async Task A_first_seed_that_hears_nobody_does_not_found()
    {
        await using var lab = new ClusterLab();
        var node = await lab.StartAsync(ClusterLab.Fleet(3)[0]);
        await ClusterLab.UntilAsync(() => node.Now.Reason.Contains("1 of 3"), () => $"a reason: {node.Now}");
        await ClusterLab.StaysAsync(() => node.Now.State == JoinState.Looking, () => $"{node.Now}", 4);
    }

    [Fact]
    public async Task One_seed_that_is_itself_and_expects_no_other_founds_alone()
    {
        await using var lab = new ClusterLab();
        var node = await lab.StartAsync(ClusterLab.Fleet(1)[0]);
        await node.IsUpAsync(1);
    }

    [Fact]
    public async Task Edges_do_not_found_but_join()
    {
        await using var lab = new ClusterLab();
        var cache = ClusterLab.Fleet(1)[0];
        var edges = new[] { ClusterLab.FreePort(), ClusterLab.FreePort() }
            .Select(port => ClusterLab.Alone(port) with { Seeds = cache.Seeds.Add(new("127.0.0.1", port)), Expected = 1, IsCache = false });
        var nodes = await Task.WhenAll(edges.Select(lab.StartAsync));
        await Task.WhenAll(nodes.Select(node => node.IsAsync(JoinState.Looking)));
        await ClusterLab.StaysAsync(
            () => nodes.All(node => node.Now.State == JoinState.Looking), () => $"{nodes[0].Now} {nodes[1].Now}", 3);
        var first = await lab.StartAsync(cache);
        await first.IsUpAsync(3);
        foreach (var node in nodes)
        {
            await node.IsUpAsync(3);
            Assert.Equal(first.Now.ClusterId, node.Now.ClusterId);
            Assert.True(node.Now.HasMajority);
        }
    }

    [Fact]
    public async Task A_name_of_several_addresses_stands_for_several_nodes()
    {
        await using var lab = new ClusterLab();
        var port = ClusterLab.FreePort();
        IPAddress[] hosts = [IPAddress.Parse("127.0.0.11"), IPAddress.Parse("127.0.0.12"), IPAddress.Parse("127.0.0.13")];
        var nodes = await Task.WhenAll(hosts.Select(host => lab.StartAsync(
            new ClusterSystemSetup(ClusterLab.Alone(port) with
            {
                Node = $"{host}-{port}",
                ListenHost = host.ToString(),
                PublicHost = host.ToString(),
                Seeds = [new("fleet.example", port)],
            })
            {
                Timings = ClusterLab.Quick,
                Resolve = (_, _) => Task.FromResult(hosts),
            })));
        foreach (var node in nodes)
            await node.IsUpAsync(3);
    }

    [Fact]
    public async Task Nodes_that_are_known_by_a_name_are_asked_by_it()
    {
        await using var lab = new ClusterLab();
        int[] ports = [ClusterLab.FreePort(), ClusterLab.FreePort(), ClusterLab.FreePort()];
        var nodes = await Task.WhenAll(ports.Select(port => lab.StartAsync(Named(port, ports, _ => [IPAddress.Loopback], "localhost"))));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(3)));
        Assert.Single(nodes.Select(node => node.Now.ClusterId).Distinct());
    }

    /// <summary>The most usual way to write it: names as seeds, and nothing to advertise but the address that is listened on.</summary>
    [Theory]
    [Trait("Finding", "B1")]
    [Trait("Finding", "B2")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1 ::1")]
    [InlineData("::1 127.0.0.1")]
    public async Task Nodes_that_are_known_by_an_address_are_found_by_names(string resolved)
    {
        await using var lab = new ClusterLab();
        int[] ports = [ClusterLab.FreePort(), ClusterLab.FreePort(), ClusterLab.FreePort()];
        IPAddress[] addresses = [.. resolved.Split(' ').Select(IPAddress.Parse)];
        var nodes = await Task.WhenAll(ports.Select(port => lab.StartAsync(Named(port, ports, _ => addresses, "127.0.0.1"))));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(3)));
        Assert.Single(nodes.Select(node => node.Now.ClusterId).Distinct());
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task A_seed_that_is_written_twice_keeps_nobody_out()
    {
        await using var lab = new ClusterLab();
        var nodes = await Task.WhenAll(
            ClusterLab.Fleet(2).Select(settings => lab.StartAsync(settings with { Seeds = [.. settings.Seeds, .. settings.Seeds] })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task A_round_that_fails_is_followed_by_another_one()
    {
        await using var lab = new ClusterLab();
        int[] ports = [ClusterLab.FreePort(), ClusterLab.FreePort()];
        var failures = 0;
        IPAddress[] Resolve(string name) => Interlocked.Increment(ref failures) <= 6
            ? throw new CryptographicException("odd") : [IPAddress.Loopback];
        var nodes = await Task.WhenAll(ports.Select(port => lab.StartAsync(Named(port, ports, Resolve, "127.0.0.1"))));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(2)));
    }

    [Fact]
    [Trait("Finding", "B1")]
    public async Task A_node_that_is_asked_by_another_address_than_its_own_is_told_of()
    {
        await using var lab = new ClusterLab();
        int[] ports = [ClusterLab.FreePort(), ClusterLab.FreePort()];
        await lab.StartAsync(Named(ports[0], ports, _ => [IPAddress.Loopback], "localhost"));
        var second = await lab.StartAsync(Named(ports[1], ports, _ => [IPAddress.Loopback], "127.0.0.1"));
        await ClusterLab.UntilAsync(
            () => second.Now.Reason.Contains(
                $"127.0.0.1:{ports[0]} can be reached but does not answer by this address", StringComparison.Ordinal),
            () => $"a reason: {second.Now}");
    }

    [Theory]
    [InlineData("store.provider is sqlite, which keeps the whitelist on one node")]
    [InlineData("store.provider is sqlite here and memory there")]
    [InlineData("a split is decided by keep-majority here and by keep-oldest there")]
    public async Task Nodes_that_may_not_join_are_told_why(string reason)
    {
        await using var lab = new ClusterLab();
        var settings = ClusterLab.Fleet(2);
        var isSqlite = reason.Contains("sqlite", StringComparison.Ordinal);
        var first = await lab.StartAsync(settings[0] with
        {
            Seeds = [settings[0].Seeds[0]],
            Expected = 1,
            Store = isSqlite ? new OtherStore("sqlite") : new MemoryStore(),
        });
        await first.IsUpAsync(1);
        var second = await lab.StartAsync(settings[1] with
        {
            Store = reason.Contains("which keeps", StringComparison.Ordinal) ? new OtherStore("sqlite") : new MemoryStore(),
            SplitBrain = isSqlite ? SplitBrainStrategy.KeepMajority : SplitBrainStrategy.KeepOldest,
        });
        await second.IsAsync(JoinState.Refused);
        Assert.Contains(reason, second.Now.Reason, StringComparison.Ordinal);
        Assert.Contains(first.Setup.Settings.Node, second.Now.Reason, StringComparison.Ordinal);
        Assert.Single(first.Now.Members);
    }

    [Fact]
    public async Task Clocks_that_differ_are_told()
    {
        await using var lab = new ClusterLab();
        var settings = ClusterLab.Fleet(2);
        var late = lab.StartAsync(
            new ClusterSystemSetup(settings[1]) { Timings = ClusterLab.Quick, Time = new SlowClock(TimeSpan.FromSeconds(-30)) });
        var first = await lab.StartAsync(settings[0]);
        await first.IsUpAsync(2);
        await ClusterLab.UntilAsync(() => first.Now.Warnings.Length > 0, () => $"a warning: {first.Now}");
        Assert.Contains(settings[1].Node, first.Now.Warnings[0]);
        Assert.Contains("behind", first.Now.Warnings[0]);
        Assert.Contains("ahead of", (await late).Now.Warnings[0]);
    }

    /// <summary>Who finds the lock free meanwhile, and cannot reach the others, founds a second cluster on the same database.</summary>
    [Fact]
    [Trait("Finding", "lab-1")]
    public async Task A_node_that_leaves_does_not_give_back_the_lock_of_those_that_stay()
    {
        await using var lab = new ClusterLab();
        var held = new FakeLock();
        var nodes = await Task.WhenAll(ClusterLab.Fleet(3).Select(settings => lab.StartAsync(settings with { Store = held })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(3)));
        await nodes[0].Host.LeaveAsync(TimeSpan.FromSeconds(20));
        await nodes[1].Host.LeaveAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, held.Released);

        // The last one does.
        await nodes[2].Host.LeaveAsync(TimeSpan.FromSeconds(20));
        await ClusterLab.UntilAsync(() => held.Released == 1, () => $"the lock given back: {held.Released}");
    }

    /// <summary>The cluster of the last one still lists the others, and would for some seconds more.</summary>
    [Fact]
    public async Task The_last_of_nodes_that_end_one_right_after_the_other_gives_the_lock_back()
    {
        await using var lab = new ClusterLab();
        var held = new FakeLock();
        var nodes = await Task.WhenAll(ClusterLab.Fleet(3).Select(settings => lab.StartAsync(settings with { Store = held })));
        await Task.WhenAll(nodes.Select(node => node.IsUpAsync(3)));
        await nodes[0].Host.StopAsync();
        await nodes[1].Host.StopAsync();
        Assert.Equal(0, held.Released);
        await nodes[2].Host.StopAsync();
        await ClusterLab.UntilAsync(() => held.Released == 1, () => $"the lock given back: {held.Released}");
    }

    // A node with names as seeds, one for each port.
    private static ClusterSystemSetup Named(int port, int[] ports, Func<string, IPAddress[]> resolve, string knownAs) =>
        new(ClusterLab.Alone(port) with
        {
            ListenHost = "127.0.0.1",
            PublicHost = knownAs,
            Seeds = [.. ports.Select(seed => new Seed("localhost", seed))],
        })
        {
            Timings = ClusterLab.Quick,
            Resolve = (name, _) => Task.FromResult(resolve(name)),
        };

    private sealed class OtherStore(string provider) : IWhitelistStore
    {
        public string Provider => provider;

        public StoreConnection? Connection => null;

        public IStoreLock? Lock => null;

        public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task<StoreMark> PingAsync(CancellationToken cancellation) =>
            Task.FromResult(new StoreMark("", TimeProvider.System.GetTimestamp()));
    }

    private sealed class SlowClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
