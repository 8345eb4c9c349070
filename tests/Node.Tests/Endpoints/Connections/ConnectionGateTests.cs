using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Time.Testing;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Node.Tests.Endpoints.Connections;

public sealed class ConnectionGateTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<ConnectionGate> _log = new();
    private readonly NodeMetrics _metrics = new(TimeProvider.System);

    [Fact]
    [Trait("Finding", "security-11")]
    public void From_three_quarters_on_the_connection_that_was_idle_longest_leaves_for_a_new_one()
    {
        var gate = GateOf(connections: 4, perAddress: 100);
        var peers = Enumerable.Range(1, 3).Select(i => Connect(gate, $"192.168.0.{i}")).ToList();
        _time.Advance(TimeSpan.FromSeconds(5));
        peers[0].Use();
        _time.Advance(TimeSpan.FromSeconds(2));

        var fourth = Connect(gate, "192.168.0.4");
        Assert.Equal([false, true, false], peers.Select(p => p.IsClosed));
        peers[2].Watch.IsAnswering = true;
        var fifth = Connect(gate, "192.168.0.5");
        Assert.Equal([true, true, false], peers.Select(p => p.IsClosed)); // The third is owed an answer, the fourth is new.
        Assert.All([fourth, fifth], peer => Assert.True(peer.IsOpen));
        Assert.Equal(3, gate.Count);
    }

    [Fact]
    [Trait("Finding", "security-11")]
    public void Connections_that_are_in_use_stay_and_new_ones_are_let_in_up_to_the_bound()
    {
        var gate = GateOf(connections: 4, perAddress: 100);
        var peers = Enumerable.Range(1, 5).Select(i => Connect(gate, $"192.168.0.{i}")).ToList();
        Assert.Equal([true, true, true, true, false], peers.Select(p => p.IsOpen));
        Assert.Contains("limits.connections is reached", Assert.Single(_log.Lines).Text);
    }

    [Fact]
    public async Task A_place_is_free_once_the_socket_is_closed()
    {
        var gate = GateOf(connections: 100, perAddress: 2);
        var first = Connect(gate, "192.168.0.1");
        Assert.True(Connect(gate, "192.168.0.1").IsOpen);
        Assert.False(Connect(gate, "192.168.0.1").IsOpen);
        first.EndServing();
        Assert.False(Connect(gate, "192.168.0.1").IsOpen); // What is not sent yet still has its socket.
        first.EndSocket();
        await Waiting.UntilAsync(() => gate.Count == 1, "the place is free");
        Assert.True(Connect(gate, "192.168.0.1").IsOpen);
        Assert.True(Connect(gate, null).IsOpen); // A unix socket has no address.
    }

    [Fact]
    [Trait("Finding", "security-3")]
    public async Task A_peer_that_lets_an_answer_wait_for_half_a_minute_is_cut_off()
    {
        var gate = GateOf(connections: 4, perAddress: 4);
        var peer = Connect(gate, "192.168.0.1");
        var writing = peer.Watch.Output.WriteAsync(new byte[64 * 1024]);
        _time.Advance(TimeSpan.FromSeconds(29));
        peer.Beat();
        Assert.False(peer.IsClosed);
        _time.Advance(TimeSpan.FromSeconds(1));
        peer.Beat();
        Assert.True(peer.IsClosed);
        Assert.Contains("answers were not read within 30 s", Assert.Single(_log.Lines).Text);
        Assert.False(writing.IsCompleted);
        peer.EndSocket();
        await writing;
    }

    [Theory]
    [InlineData(null, "127.8.9.10", true)]
    [InlineData(null, "10.1.2.3", true)]
    [InlineData(null, "100.64.0.1", true)]
    [InlineData(null, "::ffff:192.168.7.7", true)]
    [InlineData(null, "fe80::1", true)]
    [InlineData(null, "fd12::1", true)]
    [InlineData(null, "203.0.113.77", true)] // The network of an interface.
    [InlineData(null, "203.0.114.1", false)]
    [InlineData(null, "2001:db8::1", false)]
    [InlineData("any", "2001:db8::1", true)]
    [InlineData("198.51.100.0/24,[2001:db8::]/32", "2001:db8::1", true)]
    [InlineData("198.51.100.0/24,2001:db8::/32", "198.51.100.9", true)]
    [InlineData("198.51.100.0/24", "127.0.0.1", false)]
    [Trait("Finding", "security-11")]
    public void Peers_connect_from_the_networks_that_may(string? allow, string peer, bool isAllowed)
    {
        var list = allow is null ? null : EndpointAddress.Parse($"tcp://0.0.0.0:25?allow={allow}").Allow;
        Assert.Equal(isAllowed, GateOf(4, 4).Admits(ClientAddress.Parse(peer), list));
    }

    [Fact]
    [Trait("Finding", "security-11")]
    public void Interfaces_are_read_again_for_strangers_but_not_for_each()
    {
        var readings = 0;
        IReadOnlyList<Network> networks = [];
        var nearby = new NearbyNetworks(
            () =>
            {
                readings++;
                return networks;
            },
            _time);
        var peer = ClientAddress.Parse("198.51.100.1");
        for (var i = 0; i < 1000; i++)
            Assert.False(nearby.Contains(peer));
        Assert.Equal(1, readings);
        networks = [Network.Of(peer, 24)];
        _time.Advance(NearbyNetworks.ReadAgainAfter);
        Assert.True(nearby.Contains(peer));
        Assert.Equal(2, readings);
    }

    [Fact]
    [Trait("Finding", "security-11")]
    public void Refusals_are_one_line_a_minute_with_their_number()
    {
        var gate = GateOf(4, 4);
        for (var i = 0; i < 1000; i++)
            gate.Admits(ClientAddress.Parse("2001:db8::1"), null);
        Assert.EndsWith("1, the latest from 2001:db8::1: it is in no network that may connect (?allow=)", Assert.Single(_log.Lines).Text);
        _time.Advance(PacedLine.Pace);
        Assert.Contains(": 999, the latest", _log.Lines[1].Text);
        _time.Advance(PacedLine.Pace);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Theory]
    [InlineData(10_000, false, 5, 65_536, 10_000, false)]
    [InlineData(10_000, false, 5, 20_000, 3_900, false)]
    [InlineData(10_000, true, 5, 20_000, 3_900, true)] // Asked for.
    [InlineData(10_000, false, 6, 1024, 87, true)] // (1024 - 500) / 6
    [InlineData(10_000, false, 6, 256, 21, true)] // Half of few files is for the peers.
    [InlineData(10_000, false, 6, 4, 1, true)]
    [InlineData(10, true, 6, 1024, 10, false)]
    [InlineData(10_000, true, 1, long.MaxValue, 10_000, false)]
    [Trait("Finding", "security-11")]
    public void Doors_share_the_files_that_may_be_open(int wanted, bool isAsked, int doors, long files, int each, bool isTooSmall)
    {
        var limit = new OpenFileLimit(files, doors, wanted, isAsked);
        Assert.Equal((each, isTooSmall), (limit.Each, limit.IsTooSmall));
    }

    [Fact]
    public void The_limit_of_open_files_is_known() => Assert.InRange(OpenFileLimit.Read(), 1, long.MaxValue);

    private ConnectionGate GateOf(int connections, int perAddress) => new(
        "plugin", new GateSettings(connections, perAddress), new NearbyNetworks(
            () => [Network.Of(ClientAddress.Parse("203.0.113.0"), 24)], _time),
        _metrics, _time, _log);

    private Peer Connect(ConnectionGate gate, string? address) =>
        new(gate, address is null ? null : new IPEndPoint(IPAddress.Parse(address), 25), _time);

    private sealed class Peer : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _serving = new();
        private readonly TaskCompletionSource _socket = new();
        private readonly MemoryConnection _connection;

        public Peer(ConnectionGate gate, EndPoint? remote, TimeProvider time)
        {
            _connection = new MemoryConnection(time);
            Transport = _connection;
            RemoteEndPoint = remote;
            Features.Set<IConnectionHeartbeatFeature>(_connection);
            _ = gate.PassAsync(this, null, _ =>
            {
                IsOpen = true;
                return _serving.Task;
            });
        }

        public bool IsOpen { get; private set; }

        public bool IsClosed { get; private set; }

        public ConnectionWatch Watch => ConnectionWatch.Of(Features);

        public override void Abort(ConnectionAbortedException abortReason) => IsClosed = true;

        public override ValueTask DisposeAsync() => new(_socket.Task);

        public void Use() => _ = Watch.Output.FlushAsync().AsTask();

        public void Beat() => _connection.Beat();

        public void EndServing() => _serving.SetResult();

        public void EndSocket()
        {
            _serving.TrySetResult();
            _connection.Output.CancelPendingFlush();
            _socket.SetResult();
        }
    }
}
