using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Screening.Protocol.Dns;

namespace Screening.Node.Sources.Dns;

/// <summary>
/// One connected UDP socket to one resolver, with the lookups that wait on it by id. The kernel takes datagrams of that resolver only, and
/// hands us its "port unreachable". Locks: a lookup's lock may be held when calling in here, never the other way round.
/// </summary>
internal sealed class DnsLane : IDisposable
{
    /// <summary>After so many queries another source port is taken, so that one that leaked is not of use for long.</summary>
    public const int MaxQueries = 20_000;

    // Half of all ids: a free one is then found by the second draw on average.
    private const int MaxPending = 32_768;

    // Lists answer a burst of queries in a burst, and what does not fit into the buffer is lost.
    private const int ReceiveBufferBytes = 1 << 20;
    private const int MaxDatagramBytes = 4096;

    private readonly DnsResolver _resolver;
    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, DnsLookup> _pending = [];
    private readonly byte[] _random = new byte[512];
    private int _randomLeft;
    private int _queries;
    private bool _retired;

    /// <exception cref="SocketException">No socket, or no route.</exception>
    public DnsLane(DnsResolver resolver)
    {
        _resolver = resolver;
        _socket = new Socket(resolver.EndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            _socket.ReceiveBufferSize = ReceiveBufferBytes;
            _socket.Connect(resolver.EndPoint);
            _socket.Blocking = false;
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        _ = ReceiveAllAsync();
    }

    /// <summary>False when another lane must take its place.</summary>
    public bool IsUsable
    {
        get
        {
            lock (_gate)
                return !_retired && _queries < MaxQueries;
        }
    }

    /// <summary>Sends a lookup's query under a new id. The lookup must release the id when it no longer waits.</summary>
    public SocketError Send(DnsLookup lookup, out ushort id)
    {
        Span<byte> query = stackalloc byte[DnsQueryWriter.MaxBytes];
        query = query[..lookup.Query.Length];
        lookup.Query.CopyTo(query);
        if (!TryAssignId(lookup, out id))
            return SocketError.NoBufferSpaceAvailable;
        DnsQueryWriter.SetId(query, id);
        var error = Send(query);
        if (error == SocketError.ConnectionRefused)
        {
            // The error is about an earlier datagram: this one has not left.
            FailPending(Snapshot(except: id), error);
            error = Send(query);
        }

        // The send buffer is full: as good as lost on the way, the retry comes.
        return error == SocketError.WouldBlock ? SocketError.Success : error;
    }

    /// <summary>The lookup no longer waits for this id.</summary>
    public void Release(ushort id)
    {
        bool close;
        lock (_gate)
        {
            _pending.Remove(id);
            close = _retired && _pending.Count == 0;
        }

        if (close)
            _socket.Dispose();
    }

    /// <summary>No new queries; closes when the last has its answer or has given up.</summary>
    public void Retire()
    {
        bool close;
        lock (_gate)
        {
            _retired = true;
            close = _pending.Count == 0;
        }

        if (close)
            _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private SocketError Send(ReadOnlySpan<byte> query)
    {
        try
        {
            _socket.Send(query, SocketFlags.None, out var error);
            return error;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.Shutdown;
        }
    }

    private bool TryAssignId(DnsLookup lookup, out ushort id)
    {
        lock (_gate)
        {
            id = 0;
            if (_retired || _pending.Count >= MaxPending)
                return false;
            do
                id = NextRandom();
            while (!_pending.TryAdd(id, lookup));
            _queries++;
            return true;
        }
    }

    // RFC 5452 section 9.2: a sender that cannot see the queries must not be able to guess their ids. Those of Random.Shared follow from
    // earlier ones.
    private ushort NextRandom()
    {
        if (_randomLeft == 0)
        {
            RandomNumberGenerator.Fill(_random);
            _randomLeft = _random.Length;
        }

        _randomLeft -= 2;
        return BitConverter.ToUInt16(_random, _randomLeft);
    }

    private async Task ReceiveAllAsync()
    {
        var buffer = new byte[MaxDatagramBytes];
        while (true)
        {
            try
            {
                var length = await _socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None).ConfigureAwait(false);
                Receive(buffer.AsSpan(0, length));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // The socket stays good: a resolver that comes back on the port is heard again.
                FailPending(Snapshot(except: null), e.SocketErrorCode);
            }
            catch (SocketException e)
            {
                Retire();
                FailPending(Snapshot(except: null), e.SocketErrorCode);
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    // Anything that does not answer a query in flight is dropped: late, doubled, or forged.
    private void Receive(ReadOnlySpan<byte> message)
    {
        DnsLookup? lookup;
        lock (_gate)
            _pending.TryGetValue(DnsReplyReader.Id(message), out lookup);
        if (lookup is null || !lookup.IsAnsweredBy(message))
            return;
        _resolver.Answered();
        lookup.Answered(this, message);
    }

    private KeyValuePair<ushort, DnsLookup>[] Snapshot(ushort? except)
    {
        lock (_gate)
            return [.. _pending.Where(p => p.Key != except)];
    }

    // Off this thread: the caller may hold the lock of one of them.
    private void FailPending(KeyValuePair<ushort, DnsLookup>[] pending, SocketError error)
    {
        if (pending.Length > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static failed =>
                {
                    foreach (var (id, lookup) in failed.pending)
                        lookup.Unreachable(failed.lane, id, failed.error);
                },
                (lane: this, pending, error),
                preferLocal: false);
        }
    }
}
