using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;
using Screening.Testing;

namespace Screening.Actors.Tests.Cluster;

[Trait("Finding", "security-13")]
public sealed class PeerFaultsTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<PeerFaults> _log = new();
    private readonly PeerFaults _faults;

    public PeerFaultsTests() => _faults = new PeerFaults(_time, _log);

    public void Dispose() => _faults.Dispose();

    [Fact]
    public void Two_thousand_connections_are_two_lines()
    {
        for (var i = 0; i < 2000; i++)
            _faults.Refuse($"[::ffff:192.0.2.{i % 200}]:{1024 + i}", "the handshake failed\nand more");
        _time.Advance(Minute);
        _time.Advance(Minute);

        Assert.Equal(
            [
                "Refused a connection to the cluster port from 192.0.2.0: the handshake failed?and more",
                "Refused 1999 more connections to the cluster port in the last minute,"
                + " the latest from 192.0.2.199: the handshake failed?and more",
            ],
            _log.Lines.Select(line => line.Text));
        Assert.Equal(2000, _faults.RefusedCount);

        // After a quiet minute the next one is told at once.
        _faults.Refuse("[2001:db8::1]:1024", "no");
        Assert.Equal("Refused a connection to the cluster port from 2001:db8::1: no", _log.Lines[^1].Text);
    }

    [Fact]
    public void Why_a_certificate_was_not_accepted_is_told_with_its_connection()
    {
        _faults.RememberCertificate("[::ffff:192.0.2.1]:1024", "its certificate has expired");
        _faults.Refuse("[::ffff:192.0.2.1]:1024", "the remote certificate was rejected");
        Assert.EndsWith("192.0.2.1: its certificate has expired", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Finding", "security-8")]
    public void Each_node_whose_messages_are_dropped_has_lines_of_its_own_up_to_a_bound()
    {
        for (var i = 0; i < 1000; i++)
            _faults.Drop($"192.0.2.{i % 250}:{i}", "a time is out of range");
        Assert.InRange(_log.Lines.Count, 2, 100);
        Assert.Equal(1000, _faults.DroppedCount);
    }
}
