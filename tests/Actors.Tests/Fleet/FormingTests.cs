using System.Net;
using Screening.Actors.Fleet;
using Xunit;

namespace Screening.Actors.Tests.Fleet;

public sealed class FormingTests
{
    [Fact]
    public async Task Three_that_start_at_once_found_one_cluster_and_know_each_other()
    {
        await using var lab = new FleetLab();
        var nodes = await Task.WhenAll(FleetLab.Fleet(3).Select(lab.StartAsync));
        foreach (var node in nodes)
        {
            await node.IsUpAsync(3);
        }

        Assert.Single(nodes.Select(node => node.Now.ClusterId).Distinct());
        foreach (var node in nodes)
        {
            await FleetLab.UntilAsync(() => node.Now.Members.All(member => member.Node.Length > 0), () => $"names: {node.Now}");
            Assert.Equal(nodes.Select(n => n.Setup.Settings.Node).Order(), node.Now.Members.Select(member => member.Node).Order());
            Assert.All(node.Now.Members, member => Assert.Equal("cache", Assert.Single(member.Roles)));
        }
    }

    [Fact]
    public async Task A_first_seed_that_hears_nobody_does_not_found()
    {
        await using var lab = new FleetLab();
        var node = await lab.StartAsync(FleetLab.Fleet(3)[0]);
        await FleetLab.UntilAsync(() => node.Now.Reason.Contains("1 of 3"), () => $"a reason: {node.Now}");
        await FleetLab.StaysAsync(() => node.Now.State == FleetState.Looking, () => $"{node.Now}", 4);
    }

    [Fact]
    public async Task One_seed_that_is_itself_and_expects_no_other_founds_alone()
    {
        await using var lab = new FleetLab();
        var node = await lab.StartAsync(FleetLab.Fleet(1)[0]);
        await node.IsUpAsync(1);
    }

    [Fact]
    public async Task Edges_do_not_found_but_join()
    {
        await using var lab = new FleetLab();
        var cache = FleetLab.Fleet(1)[0];
        var edges = new[] { FleetLab.FreePort(), FleetLab.FreePort() }
            .Select(port => FleetLab.Alone(port) with { Seeds = cache.Seeds.Add(new("127.0.0.1", port)), Expected = 1, IsCache = false });
        var nodes = await Task.WhenAll(edges.Select(lab.StartAsync));
        await Task.WhenAll(nodes.Select(node => node.IsAsync(FleetState.Looking)));
        await FleetLab.StaysAsync(() => nodes.All(node => node.Now.State == FleetState.Looking), () => $"{nodes[0].Now} {nodes[1].Now}", 3);
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
        await using var lab = new FleetLab();
        var port = FleetLab.FreePort();
        IPAddress[] hosts = [IPAddress.Parse("127.0.0.11"), IPAddress.Parse("127.0.0.12"), IPAddress.Parse("127.0.0.13")];
        var nodes = await Task.WhenAll(hosts.Select(host => lab.StartAsync(Named(host.ToString(), port, "fleet.example", _ => hosts))));
        foreach (var node in nodes)
        {
            await node.IsUpAsync(3);
        }
    }

    [Fact]
    public async Task A_name_by_which_the_node_is_known_is_used_as_it_is()
    {
        await using var lab = new FleetLab();
        var port = FleetLab.FreePort();
        var first = await lab.StartAsync(Named("localhost", port, "localhost", _ => [IPAddress.Loopback]));
        await first.IsUpAsync(1);
        var second = await lab.StartAsync(Named("127.0.0.1", FleetLab.FreePort(), "localhost", _ => [IPAddress.Loopback], port));
        await second.IsUpAsync(2);
    }

    [Theory]
    [InlineData("a cluster of one (cluster.seeds is empty)")]
    [InlineData("store.provider is sqlite, which keeps the whitelist on one node")]
    [InlineData("store.provider is sqlite here and memory there")]
    public async Task Who_may_not_join_is_told_why(string reason)
    {
        await using var lab = new FleetLab();
        var settings = FleetLab.Fleet(2);
        var isSqlite = reason.Contains("sqlite");
        var first = await lab.StartAsync(settings[0] with
        {
            Seeds = isSqlite ? [settings[0].Seeds[0]] : [],
            Expected = 1,
            Store = isSqlite ? new OtherStore("sqlite") : new MemoryStore(),
        });
        await first.IsUpAsync(1);
        var second = await lab.StartAsync(settings[1] with { Store = reason.Contains("which keeps") ? new OtherStore("sqlite") : new MemoryStore() });
        await second.IsAsync(FleetState.Refused);
        Assert.Contains(reason, second.Now.Reason);
        Assert.Contains(first.Setup.Settings.Node, second.Now.Reason);
        Assert.Single(first.Now.Members);
    }

    [Fact]
    public async Task Clocks_that_differ_are_told()
    {
        await using var lab = new FleetLab();
        var settings = FleetLab.Fleet(2);
        var late = lab.StartAsync(new FleetHostSetup(settings[1]) { Timings = FleetLab.Quick, Time = new SlowClock(TimeSpan.FromSeconds(-30)) });
        var first = await lab.StartAsync(settings[0]);
        await first.IsUpAsync(2);
        await FleetLab.UntilAsync(() => first.Now.Warnings.Length > 0, () => $"a warning: {first.Now}");
        Assert.Contains(settings[1].Node, first.Now.Warnings[0]);
        Assert.Contains("behind", first.Now.Warnings[0]);
        Assert.Contains("ahead of", (await late).Now.Warnings[0]);
    }

    private static FleetHostSetup Named(string host, int port, string seed, Func<string, IPAddress[]> resolve, int seedPort = 0) =>
        new(FleetLab.Alone(port) with
        {
            Node = $"{host}-{port}",
            ListenHost = host == "localhost" ? "127.0.0.1" : host,
            PublicHost = host,
            Seeds = [new(seed, seedPort == 0 ? port : seedPort)],
            Expected = resolve(seed).Length,
        })
        {
            Timings = FleetLab.Quick,
            Resolve = (name, _) => Task.FromResult(resolve(name)),
        };

    private sealed class OtherStore(string provider) : IFleetStore
    {
        public string Provider => provider;

        public StoreConnection? Connection => null;

        public IFleetLock? Lock => null;

        public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task<StoreMark> PingAsync(CancellationToken cancellation) => Task.FromResult(new StoreMark("", TimeProvider.System.GetTimestamp()));
    }

    private sealed class SlowClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
