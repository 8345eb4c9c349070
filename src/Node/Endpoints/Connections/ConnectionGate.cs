using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Configuration;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Connections;

/// <summary>Bounds on the connections of one door.</summary>
/// <param name="Connections">Open at once, all together; at least 1 (limits.connections).</param>
/// <param name="PerAddress">Open at once from one address; unix sockets have none (limits.connections_per_address).</param>
internal sealed record GateSettings(int Connections, int PerAddress)
{
    /// <summary>A peer that lets an answer wait for so long is cut off.</summary>
    public TimeSpan UnreadTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// The gate of one door: decides which peers may connect and how many connections may be open, closes idle ones for new ones, and cuts off
/// peers that do not read. What is said on a connection is not its business.
/// </summary>
/// <remarks>
/// A connection has its place from when it is let in until its socket is closed, so that no peer holds more descriptors than the bounds
/// say. From three quarters of <see cref="GateSettings.Connections"/> on, the one that has been idle longest, and at least
/// <see cref="LeastIdle"/>, is closed for a new one; where there is none, new ones are let in up to the bound.
/// </remarks>
internal sealed class ConnectionGate
{
    /// <summary>A connection that was used within this time is never closed for another.</summary>
    public static readonly TimeSpan LeastIdle = TimeSpan.FromSeconds(1);

    private readonly string _door;
    private readonly GateSettings _settings;
    private readonly NearbyNetworks _nearby;
    private readonly NodeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Dictionary<Refusal, PacedLine> _refusals;
    private readonly PacedLine _cutOff;
    private readonly PacedLine _givenUp;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private readonly SortedSet<Place> _places = new(Comparer<Place>.Create(Place.Compare));
    private long _lastId;

    public ConnectionGate(string door, GateSettings settings, NearbyNetworks nearby, NodeMetrics metrics, TimeProvider time, ILogger log)
    {
        (_door, _settings, _nearby, _metrics, _time) = (door, settings, nearby, metrics, time);
        _refusals = Enum.GetValues<Refusal>().ToDictionary(
            reason => reason, _ => new PacedLine(time, (count, peer, why) => log.ConnectionsRefused(count, door, peer, why)));
        _cutOff = new PacedLine(time, (count, peer, why) => log.ConnectionsClosed(count, door, peer, why));
        _givenUp = new PacedLine(time, (count, peer, why) => log.ConnectionsClosed(count, door, peer, why));
    }

    /// <summary>Connections that are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _places.Count;
        }
    }

    /// <summary>Serves a connection. One that may not be open is closed without a reply.</summary>
    /// <param name="allow">The networks that may connect; null: those that are near.</param>
    public async Task PassAsync(ConnectionContext connection, AllowList? allow, ConnectionDelegate serve)
    {
        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (peer is not null && !Admits(ClientAddress.From(peer), allow))
            return;
        var place = new Place(connection, peer, new ConnectionWatch(connection.Transport, _time), _time.GetTimestamp());
        if (TryEnter(place, out var idle) is { } refusal)
        {
            Refuse(refusal, peer);
            return;
        }

        if (idle is not null)
            Close(idle, "idle");
        try
        {
            connection.Features.Set(place.Watch);
            connection.Transport = place.Watch;
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(CutOffIfUnread, place);
            await serve(connection).ConfigureAwait(false);
            if (place.Watch.Fault is { } fault)
                _givenUp.Add(PeerName.Of(peer), fault);
        }
        finally
        {
            // What is written but not sent keeps the socket open, and so it keeps the place.
            place.Watch.End();
            await connection.DisposeAsync().ConfigureAwait(false);
            lock (_lock)
                Leave(place);
        }
    }

    /// <summary>True if a peer may be answered; if not, it is counted as refused.</summary>
    /// <param name="allow">The networks that may connect; null: those that are near.</param>
    public bool Admits(ClientAddress peer, AllowList? allow)
    {
        if (allow is null ? _nearby.Contains(peer) : allow.Contains(peer))
            return true;
        Refuse(Refusal.Network, peer.ToIPAddress());
        return false;
    }

    private static string Explain(Refusal reason) => reason switch
    {
        Refusal.Network => "it is in no network that may connect (?allow=)",
        Refusal.Address => "limits.connections_per_address is reached",
        _ => "limits.connections is reached, and no connection is idle",
    };

    private void Refuse(Refusal reason, IPAddress? peer)
    {
        _metrics.ConnectionRefused(_door, reason);
        _refusals[reason].Add(PeerName.Of(peer), Explain(reason));
    }

    // Null: the place is taken, and the idle connection, if there is one, gave up its own.
    private Refusal? TryEnter(Place place, out Place? idle)
    {
        idle = null;
        lock (_lock)
        {
            if (place.Peer is { } peer && _perAddress.GetValueOrDefault(peer) >= _settings.PerAddress)
                return Refusal.Address;
            if (_places.Count >= _settings.Connections * 3L / 4)
                idle = FindIdle();
            if (idle is not null)
                Leave(idle);
            else if (_places.Count >= _settings.Connections)
                return Refusal.Total;
            Enter(place);
            return null;
        }
    }

    // Places are in the order in which their connections were last known to be idle. What was used since then moves back, so that
    // each use of a connection costs one move at most.
    private Place? FindIdle()
    {
        while (_places.Min is { } first && _time.GetElapsedTime(first.IdleSince) >= LeastIdle)
        {
            var since = first.Watch.IdleSince;
            if (since <= first.IdleSince)
                return first;
            _places.Remove(first);
            first.IdleSince = since;
            _places.Add(first);
        }

        return null;
    }

    private void Enter(Place place)
    {
        place.Id = ++_lastId;
        _places.Add(place);
        if (place.Peer is { } peer)
            _perAddress[peer] = _perAddress.GetValueOrDefault(peer) + 1;
    }

    private void Leave(Place place)
    {
        if (!_places.Remove(place) || place.Peer is not { } peer)
            return;
        if (_perAddress[peer] > 1)
            _perAddress[peer]--;
        else
            _perAddress.Remove(peer);
    }

    // Once a second for each connection.
    private void CutOffIfUnread(object state)
    {
        var place = (Place)state;
        if (place.Watch.Unread < _settings.UnreadTimeout || place.IsClosed)
            return;
        _cutOff.Add(PeerName.Of(place.Peer), $"answers were not read within {_settings.UnreadTimeout.TotalSeconds:0} s");
        Close(place, "unread");
    }

    private void Close(Place place, string reason)
    {
        place.IsClosed = true;
        _metrics.ConnectionClosed(_door, reason);
        place.Connection.Abort(new ConnectionAbortedException(reason));
    }

    /// <summary>One open connection.</summary>
    private sealed class Place(ConnectionContext connection, IPAddress? peer, ConnectionWatch watch, long idleSince)
    {
        public ConnectionContext Connection => connection;

        /// <summary>Its address; null on a unix socket.</summary>
        public IPAddress? Peer => peer;

        public ConnectionWatch Watch => watch;

        /// <summary>
        /// When it was idle at the latest look, as a timestamp. With the id the order of places: changed only outside of the set.
        /// </summary>
        public long IdleSince { get; set; } = idleSince;

        public long Id { get; set; }

        public bool IsClosed { get; set; }

        public static int Compare(Place a, Place b) => (a.IdleSince, a.Id).CompareTo((b.IdleSince, b.Id));
    }
}
