using Akka.Actor.Setup;
using Microsoft.Extensions.Logging;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Cluster;

/// <summary>
/// Faults of other nodes and of strangers at the cluster port: the first is logged at once, further ones in one line a minute with their
/// number, so that nobody can fill the log. Safe for many threads.
/// </summary>
internal sealed partial class PeerFaults(TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>Peers that have lines of their own; all others share one.</summary>
    private const int MaxPeers = 64;

    private const int MaxReason = 600;

    // The transport names the other end of a connection that this node makes in different ways.
    private const string Outbound = "";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Kind Kind, string Peer), Tally> _tallies = [];
    private readonly Dictionary<string, string> _certificates = [];
    private long _refused;
    private long _dropped;

    private enum Kind
    {
        Connection,
        Message,
    }

    /// <summary>Connections that were refused, since the start.</summary>
    public long RefusedCount => Interlocked.Read(ref _refused);

    /// <summary>Messages of other nodes that were dropped, since the start.</summary>
    public long DroppedCount => Interlocked.Read(ref _dropped);

    /// <summary>Remembers why a certificate was not accepted, until the connection that showed it is refused.</summary>
    /// <param name="peer">The other end, as the transport writes it: address and port, or a node's address if this node connects.</param>
    public void RememberCertificate(string peer, string reason)
    {
        lock (_gate)
        {
            if (_certificates.Count >= MaxPeers)
                _certificates.Clear();
            _certificates[peer.Contains("://", StringComparison.Ordinal) ? Outbound : peer] = reason;
        }
    }

    /// <summary>A connection to the cluster port was refused.</summary>
    public void Refuse(string peer, string reason)
    {
        Interlocked.Increment(ref _refused);
        Count(Kind.Connection, "", HostOf(peer), ForgetCertificate(peer) ?? reason);
    }

    /// <summary>A message of another node was dropped.</summary>
    /// <param name="node">The node's HOST:PORT.</param>
    public void Drop(string node, string reason)
    {
        Interlocked.Increment(ref _dropped);
        Count(Kind.Message, node, node, reason);
    }

    /// <summary>This node could not connect to another one that accepted its connection before.</summary>
    public void FailToConnect(string peer, string reason) =>
        ConnectFailed(log, HostOf(peer), PeerText.Clean(ForgetCertificate(Outbound) ?? reason, MaxReason));

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var tally in _tallies.Values)
                tally.Timer?.Dispose();
            _tallies.Clear();
        }
    }

    private void Count(Kind kind, string key, string peer, string reason)
    {
        lock (_gate)
        {
            var place = (kind, _tallies.Count < MaxPeers || _tallies.ContainsKey((kind, key)) ? key : "");
            if (_tallies.TryGetValue(place, out var tally))
            {
                (tally.Count, tally.Peer, tally.Reason) = (tally.Count + 1, peer, reason);
                return;
            }

            Write(kind, 1, peer, reason);
            tally = new Tally();
            _tallies[place] = tally;
            tally.Timer = time.CreateTimer(_ => Flush(place), null, Window, Window);
        }
    }

    // After a minute without any, the next one is logged at once again.
    private void Flush((Kind Kind, string Peer) place)
    {
        lock (_gate)
        {
            if (!_tallies.TryGetValue(place, out var tally))
                return;
            if (tally.Count > 0)
            {
                Write(place.Kind, tally.Count, tally.Peer, tally.Reason);
                tally.Count = 0;
                return;
            }

            tally.Timer?.Dispose();
            _tallies.Remove(place);
        }
    }

    private void Write(Kind kind, long count, string peer, string reason)
    {
        (peer, reason) = (PeerText.Clean(peer), PeerText.Clean(reason, MaxReason));
        if (kind == Kind.Connection && count == 1)
            Refused(log, peer, reason);
        else if (kind == Kind.Connection)
            RefusedMany(log, count, peer, reason);
        else if (count == 1)
            Dropped(log, peer, reason);
        else
            DroppedMany(log, count, peer, reason);
    }

    private string? ForgetCertificate(string peer)
    {
        lock (_gate)
            return _certificates.Remove(peer, out var reason) ? reason : null;
    }

    // As [::ffff:192.0.2.1]:49152. The port of a client says nothing.
    private static string HostOf(string peer)
    {
        var host = System.Net.IPEndPoint.TryParse(peer, out var end) ? end.Address : null;
        return host is null ? peer : (host.IsIPv4MappedToIPv6 ? host.MapToIPv4() : host).ToString();
    }

    [LoggerMessage(ClusterEventIds.ConnectionRefused, LogLevel.Warning, "Refused a connection to the cluster port from {Peer}: {Reason}")]
    private static partial void Refused(ILogger log, string peer, string reason);

    [LoggerMessage(ClusterEventIds.ConnectionRefused, LogLevel.Warning,
        "Refused {Count} more connections to the cluster port in the last minute, the latest from {Peer}: {Reason}",
        EventName = "RefusedMany")]
    private static partial void RefusedMany(ILogger log, long count, string peer, string reason);

    [LoggerMessage(ClusterEventIds.MessageDropped, LogLevel.Warning, "Dropped a message of node {Peer}: {Reason}")]
    private static partial void Dropped(ILogger log, string peer, string reason);

    [LoggerMessage(ClusterEventIds.MessageDropped, LogLevel.Warning,
        "Dropped {Count} more messages of node {Peer} in the last minute, the latest because: {Reason}", EventName = "DroppedMany")]
    private static partial void DroppedMany(ILogger log, long count, string peer, string reason);

    [LoggerMessage(ClusterEventIds.ConnectionFailed, LogLevel.Warning,
        "The connection to node {Peer} failed, and the cluster system starts again: {Reason}")]
    private static partial void ConnectFailed(ILogger log, string peer, string reason);

    private sealed class Tally
    {
        public long Count { get; set; }

        public string Peer { get; set; } = "";

        public string Reason { get; set; } = "";

        public ITimer? Timer { get; set; }
    }
}

/// <summary>Hands the counter to the transport of a cluster system.</summary>
internal sealed class PeerFaultsSetup(PeerFaults faults) : Setup
{
    public PeerFaults Faults { get; } = faults;
}
