using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class SeedFinderTests : IDisposable
{
    private readonly TcpListener _open = new(IPAddress.IPv6Any, 0);
    private readonly int _port;

    public SeedFinderTests()
    {
        _open.Server.DualMode = true;
        _open.Start();
        _port = ((IPEndPoint)_open.LocalEndpoint).Port;
    }

    public void Dispose() => _open.Dispose();

    /// <summary>
    /// How this node is known; seeds; what each name resolves to; the addresses asked; how many nodes there seem to be, this one included.
    /// </summary>
    [Theory]
    [Trait("Finding", "B1")]
    [InlineData("127.0.0.9", "127.0.0.1", "", "127.0.0.1", 2)]
    [InlineData("127.0.0.9", "mx1", "127.0.0.1", "127.0.0.1", 2)]
    [InlineData("127.0.0.9", "fleet", "127.0.0.1 127.0.0.2 127.0.0.9", "127.0.0.1 127.0.0.2", 3)]
    [InlineData("127.0.0.9", "127.0.0.9", "", "", 1)]
    [InlineData("localhost", "localhost", "", "", 1)]
    [InlineData("mx9", "mx1 mx2", "127.0.0.1 ::1", "mx1 mx2", 3)]
    [InlineData("[::1]", "[0:0::1]", "", "", 1)]
    public async Task A_node_is_asked_at_one_address_of_the_kind_that_this_one_has_itself(
        string self, string seeds, string resolved, string asked, int places)
    {
        var found = await FindAsync(self, seeds, resolved);
        Assert.Empty(found.Faults);
        Assert.Equal(asked, string.Join(' ', found.Reachable.Select(address => address.Host)));
        Assert.Equal(places, found.Places);
    }

    [Theory]
    [Trait("Finding", "B2")]
    [InlineData("127.0.0.9", "127.0.0.1")]
    [InlineData("[::2]", "[::1]")]
    public async Task A_name_with_an_A_and_an_AAAA_record_is_one_node(string self, string asked)
    {
        var found = await FindAsync(self, "mx1", "127.0.0.1 ::1 ::ffff:127.0.0.1");
        Assert.Equal([asked], found.Reachable.Select(address => address.Host));
        Assert.Equal(2, found.Places);
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task A_seed_that_is_written_twice_is_one_node()
    {
        var found = await FindAsync("127.0.0.9", "127.0.0.1 127.0.0.1 mx1", "127.0.0.1");
        Assert.Single(found.Reachable);
        Assert.Equal(2, found.Places);
    }

    [Fact]
    public async Task A_name_without_an_address_of_the_own_family_is_a_fault_and_counts_as_one()
    {
        var found = await FindAsync("127.0.0.9", "mx1", "::1");
        Assert.Equal("the name has no address of the family of this node's own, 127.0.0.9", found.Faults["mx1"]);
        Assert.Empty(found.Reachable);
        Assert.Equal(2, found.Places);
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task Whatever_a_resolver_throws_is_that_seeds_fault_alone()
    {
        var setup = Setup("127.0.0.9", "mx1 mx2 127.0.0.1") with
        {
            Resolve = (name, _) => name == "mx1"
                ? throw new CryptographicException("odd") : Task.FromException<IPAddress[]>(new InvalidOperationException("odder")),
        };
        var found = await new SeedFinder(setup, AddressOf("127.0.0.9", 1)).FindAsync(_ => false);
        Assert.Equal(("odd", "odder"), (found.Faults["mx1"], found.Faults["mx2"]));
        Assert.Equal(["127.0.0.1"], found.Reachable.Select(address => address.Host));
        Assert.Equal(4, found.Places);
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task A_name_that_is_never_resolved_is_given_up()
    {
        var time = new FakeTimeProvider();
        var setup = Setup("127.0.0.9", "mx1") with { Time = time, Resolve = (_, _) => new TaskCompletionSource<IPAddress[]>().Task };
        var finding = new SeedFinder(setup, AddressOf("127.0.0.9", 1)).FindAsync(_ => false);
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(finding.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal("the name could not be resolved in time", (await finding).Faults["mx1"]);
    }

    [Fact]
    public async Task An_address_that_refuses_connections_is_a_fault_unless_it_answered_a_moment_ago()
    {
        var closed = ClusterLab.FreePort();
        var setup = Setup("127.0.0.9",
            "") with
        { Settings = ClusterLab.Alone(1) with { PublicHost = "127.0.0.9", Seeds = [new("127.0.0.1", closed)] } };
        var finder = new SeedFinder(setup, AddressOf("127.0.0.9", 1));
        var found = await finder.FindAsync(_ => false);
        Assert.Empty(found.Reachable);
        Assert.NotEmpty(found.Faults[$"127.0.0.1:{closed}"]);
        Assert.Equal(2, found.Places);
        found = await finder.FindAsync(address => address.Port == closed);
        Assert.Single(found.Reachable);
        Assert.Empty(found.Faults);
    }

    /// <summary>As remoting does, a name is used by its last address of the family that this node listens on.</summary>
    [Theory]
    [InlineData("127.0.0.1", "::1 127.0.0.1", "")]
    [InlineData("::1", "127.0.0.1 ::1", "")]
    [InlineData("::", "::1 127.0.0.1", "")]
    [InlineData("::", "::1", "the name has no IPv4 address, which cluster.listen asks for")]
    [InlineData("127.0.0.1", "::1", "the name has no IPv4 address, which cluster.listen asks for")]
    [InlineData("::1", "127.0.0.1", "the name has no IPv6 address, which cluster.listen asks for")]
    public async Task A_name_is_probed_by_the_family_that_remoting_uses(string listen, string resolved, string fault)
    {
        var setup = Setup("mx9", "mx1", resolved);
        var found = await new SeedFinder(setup with { Settings = setup.Settings with { ListenHost = listen } }, AddressOf("mx9", 1))
            .FindAsync(_ => false);
        Assert.Equal(fault, found.Faults.GetValueOrDefault($"mx1:{_port}", ""));
        Assert.Equal(fault.Length == 0 ? 1 : 0, found.Reachable.Length);
    }

    private Task<SeedsFound> FindAsync(string self, string seeds, string resolved) =>
        new SeedFinder(Setup(self, seeds, resolved), AddressOf(self, _port)).FindAsync(_ => false);

    private ClusterSystemSetup Setup(string self, string seeds, string resolved = "") =>
        new(ClusterLab.Alone(_port) with
        {
            PublicHost = self.Trim('[', ']'),
            Seeds = [.. Split(seeds).Select(host => new Seed(host.Trim('[', ']'), _port))],
        })
        {
            Resolve = (_, _) => Task.FromResult(Split(resolved).Select(IPAddress.Parse).ToArray()),
        };

    private static string[] Split(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Address AddressOf(string host, int port) => new("akka.tcp", "fleet", host, port);
}
