using System.Net;
using System.Net.Sockets;
using Screening.Node.Platform;

namespace Screening.Node.Sources.Dns;

/// <summary>
/// One resolver: its sockets, and whether it is to be preferred. A resolver that refuses or stays silent is passed over, but for one
/// probing query each <see cref="Penalty"/>, until it answers again.
/// </summary>
internal sealed class DnsResolver(IPEndPoint endPoint, int sockets, TimeProvider time, ILogger log) : IDisposable
{
    private const int SilencesToLose = 8;
    // One time, not a back-off: all lists share a resolver, and a probe that is lost costs a single query.
    private static readonly TimeSpan Penalty = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly DnsLane?[] _lanes = new DnsLane?[sockets];
    private int _silences;
    private long _probeAt;
    private bool _lost;
    private bool _disposed;

    public IPEndPoint EndPoint { get; } = endPoint;

    /// <summary>How messages to the operator name it.</summary>
    public string Name { get; } = endPoint.ToString();

    /// <summary>True if a query should go here first. While it is lost, true once each <see cref="Penalty"/>.</summary>
    public bool IsPreferred()
    {
        if (!Volatile.Read(ref _lost))
            return true;
        lock (_gate)
        {
            if (!_lost)
                return true;
            if (time.GetElapsedTime(_probeAt) < Penalty)
                return false;
            _probeAt = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Sends a lookup's query on a socket other than <paramref name="previous"/>, as far as there is another.</summary>
    public SocketError Send(DnsLookup lookup, DnsLane? previous, out DnsLane? lane, out ushort id)
    {
        id = 0;
        lane = null;
        try
        {
            lane = Choose(previous);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }

        return lane is null ? SocketError.Shutdown : lane.Send(lookup, out id);
    }

    /// <summary>It answered something.</summary>
    public void Answered()
    {
        Volatile.Write(ref _silences, 0);
        if (!Volatile.Read(ref _lost))
            return;
        lock (_gate)
        {
            if (!_lost)
                return;
            _lost = false;
        }

        SourceLog.ResolverRegained(log, Name);
    }

    /// <summary>A query got no answer in its time.</summary>
    public void WasSilent()
    {
        if (Interlocked.Increment(ref _silences) >= SilencesToLose)
            Lose("it does not answer");
    }

    /// <summary>It cannot be reached.</summary>
    public void Refused(SocketError error) => Lose(SystemError.Words(error));

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var lane in _lanes)
                lane?.Dispose();
        }
    }

    /// <summary>No new queries; those in flight get their answers.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var lane in _lanes)
                lane?.Retire();
        }
    }

    private DnsLane? Choose(DnsLane? previous)
    {
        lock (_gate)
        {
            if (_disposed)
                return null;
            var index = Random.Shared.Next(_lanes.Length);
            if (previous is not null && ReferenceEquals(_lanes[index], previous))
                index = (index + 1) % _lanes.Length;
            if (_lanes[index] is { } lane)
            {
                if (lane.IsUsable)
                    return lane;
                lane.Retire();
            }

            _lanes[index] = null;
            return _lanes[index] = new DnsLane(this);
        }
    }

    private void Lose(string why)
    {
        lock (_gate)
        {
            _probeAt = time.GetTimestamp();
            if (_lost)
                return;
            _lost = true;
        }

        SourceLog.ResolverLost(log, Name, why);
    }
}
