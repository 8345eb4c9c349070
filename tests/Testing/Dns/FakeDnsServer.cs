using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Screening.Testing.Dns;

/// <summary>
/// A DNS server for tests and benchmarks, on UDP and TCP of one loopback port. Answers from a function or a dictionary, at once, after a
/// delay or never; counts what it was asked by name. Names that nothing is known of are NXDOMAIN with an SOA record.
/// </summary>
/// <remarks>Two threads serve UDP, so that a delay is kept to about a millisecond and 10,000 queries at once are not lost here.</remarks>
public sealed class FakeDnsServer : IDisposable
{
    private const int SolSocket = 1;
    private const int SoRcvBufForce = 33;
    private const int ReceiveBufferBytes = 16 << 20;

    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, FakeDnsReply> _replies = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly PriorityQueue<(byte[] Message, SocketAddress To), long> _outbox = new();
    private readonly object _outboxGate = new();
    private readonly List<(string? Name, int Count, TaskCompletionSource Reached)> _waiters = [];
    private int _total;
    private int _totalTcp;

    /// <summary>Starts to serve.</summary>
    /// <param name="endPoint">Where; null is a free port of 127.0.0.1.</param>
    public FakeDnsServer(IPEndPoint? endPoint = null)
    {
        (_udp, _tcp) = Bind(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
        ForceReceiveBuffer(_udp);
        new Thread(ReceiveAll) { IsBackground = true, Name = "fake DNS receive" }.Start();
        new Thread(SendDue) { IsBackground = true, Name = "fake DNS send" }.Start();
        _ = AcceptAllAsync();
    }

    /// <summary>Where it listens, UDP and TCP.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Delay of every answer that has none of its own.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Asked first; null from it means "look in the dictionary".</summary>
    public Func<FakeDnsQuestion, FakeDnsReply?>? Respond { get; set; }

    /// <summary>The answer for a name that nothing is known of.</summary>
    public FakeDnsReply Otherwise { get; set; } = FakeDnsReply.NotFound();

    /// <summary>Questions so far.</summary>
    public int Total => Volatile.Read(ref _total);

    /// <summary>Questions over TCP so far.</summary>
    public int TotalTcp => Volatile.Read(ref _totalTcp);

    /// <summary>Questions by name so far.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Sets the answer for a name. One name can have addresses and texts at once.</summary>
    public FakeDnsServer Set(string name, FakeDnsReply reply)
    {
        _replies[name.ToLowerInvariant()] = reply;
        return this;
    }

    /// <summary>Lists an address in a DNSBL zone, with a TTL and answer codes.</summary>
    public FakeDnsServer List(string address, string zone, uint ttl, params string[] codes) =>
        Set(QueryName(address, zone), FakeDnsReply.A(ttl, codes));

    /// <summary>The name that is asked for an address in a zone (RFC 5782 sections 2.1 and 2.4).</summary>
    public static string QueryName(string address, string zone)
    {
        var octets = IPAddress.Parse(address).GetAddressBytes().Reverse();
        return octets.Count() == 4
            ? string.Join('.', octets) + "." + zone
            : string.Join('.', octets.SelectMany(o => new[] { o & 15, o >> 4 }).Select(n => n.ToString("x"))) + "." + zone;
    }

    /// <summary>How often a name was asked for.</summary>
    public int CountOf(string name) => _counts.GetValueOrDefault(name.ToLowerInvariant());

    /// <summary>Ends when a name (null: any) was asked for so many times in all.</summary>
    public Task AskedAsync(string? name, int count = 1)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiters)
        {
            _waiters.Add((name?.ToLowerInvariant(), count, reached));
            WakeWaiters();
        }

        return reached.Task;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _udp.Dispose();
        _tcp.Dispose();
        lock (_outboxGate)
            Monitor.PulseAll(_outboxGate);
    }

    private static (Socket Udp, Socket Tcp) Bind(IPEndPoint endPoint)
    {
        for (var attempt = 1; ; attempt++)
        {
            var udp = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            var tcp = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                udp.Bind(endPoint);
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen(128);
                return (udp, tcp);
            }
            catch (SocketException) when (endPoint.Port == 0 && attempt < 20)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    // The usual 208 kB hold some 280 small packets: too few for a burst while the machine is busy.
    private static void ForceReceiveBuffer(Socket socket)
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(value, ReceiveBufferBytes);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoRcvBufForce, value);
        }
        catch (SocketException)
        {
            socket.ReceiveBufferSize = ReceiveBufferBytes;
        }
    }

    private void ReceiveAll()
    {
        var buffer = new byte[4096];
        while (!_stopping.IsCancellationRequested)
        {
            var from = new SocketAddress(EndPoint.AddressFamily);
            int length;
            try
            {
                length = _udp.ReceiveFrom(buffer, SocketFlags.None, from);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                continue;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (Decide(buffer.AsSpan(0, length), overTcp: false, out var reply) is { } message)
                PostWhenReady(message, from, reply);
        }
    }

    private byte[]? Decide(ReadOnlySpan<byte> query, bool overTcp, out FakeDnsReply reply)
    {
        reply = FakeDnsReply.Dropped;
        if (!FakeDnsWire.TryReadQuestion(query, out var name, out var type, out var end))
            return null;
        var number = Count(name, overTcp);
        reply = Respond?.Invoke(new FakeDnsQuestion(name, type, overTcp, number))
            ?? (_replies.TryGetValue(name, out var known) ? known : Otherwise);
        if (reply.Drop)
            return null;
        var message = FakeDnsWire.Write(query, end, type, reply, overTcp);
        return reply.Garble is { } garble ? garble(message) : message;
    }

    private int Count(string name, bool overTcp)
    {
        var number = _counts.AddOrUpdate(name, 1, (_, count) => count + 1);
        Interlocked.Increment(ref _total);
        if (overTcp)
            Interlocked.Increment(ref _totalTcp);
        lock (_waiters)
            WakeWaiters();
        return number;
    }

    private void WakeWaiters() =>
        _waiters.RemoveAll(w => (w.Name is null ? Total : CountOf(w.Name)) >= w.Count && w.Reached.TrySetResult());

    private void PostWhenReady(byte[] message, SocketAddress to, FakeDnsReply reply)
    {
        var delay = reply.Delay ?? Delay;
        if (reply.After is { IsCompleted: false } after)
            after.ContinueWith(_ => Post(message, to, delay, reply.Copies), TaskScheduler.Default);
        else
            Post(message, to, delay, reply.Copies);
    }

    private void Post(byte[] message, SocketAddress to, TimeSpan delay, int copies)
    {
        if (delay <= TimeSpan.Zero)
        {
            for (var i = 0; i < copies; i++)
                Send(message, to);
            return;
        }

        var due = Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency);
        lock (_outboxGate)
        {
            var wake = !_outbox.TryPeek(out _, out var first) || due < first;
            for (var i = 0; i < copies; i++)
                _outbox.Enqueue((message, to), due);
            if (wake)
                Monitor.Pulse(_outboxGate);
        }
    }

    private void SendDue()
    {
        while (!_stopping.IsCancellationRequested)
        {
            (byte[] Message, SocketAddress To) next;
            lock (_outboxGate)
            {
                if (!_outbox.TryPeek(out _, out var due))
                {
                    Monitor.Wait(_outboxGate);
                    continue;
                }

                var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (left > TimeSpan.Zero)
                {
                    Monitor.Wait(_outboxGate, Math.Max(1, (int)left.TotalMilliseconds));
                    continue;
                }

                next = _outbox.Dequeue();
            }

            Send(next.Message, next.To);
        }
    }

    private void Send(byte[] message, SocketAddress to)
    {
        try
        {
            _udp.SendTo(message, SocketFlags.None, to);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The asker is gone, or we are.
        }
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
                _ = ServeTcpAsync(await _tcp.AcceptAsync(_stopping.Token));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task ServeTcpAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var length = new byte[2];
            while (true)
            {
                await stream.ReadExactlyAsync(length, _stopping.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stopping.Token);
                if (Decide(query, overTcp: true, out var reply) is not { } message)
                    continue;
                await (reply.After ?? Task.CompletedTask).WaitAsync(_stopping.Token);
                await Task.Delay(reply.Delay ?? Delay, _stopping.Token);
                var framed = new byte[message.Length + 2];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
                message.CopyTo(framed, 2);
                await stream.WriteAsync(framed, _stopping.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The asker closed, or we did.
        }
    }
}
