using System.Net;
using System.Net.Sockets;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>An address that datagrams are taken at.</summary>
/// <param name="Allow">The networks that are answered; null: those that are near.</param>
internal sealed record DatagramAddress(IPEndPoint EndPoint, AllowList? Allow);

/// <summary>
/// Our zone over UDP. What is decided is answered by the thread that received it; the rest when it is screened. What is in flight is
/// bounded by <c>limits.in_flight</c>, beyond which the default goes out at once. Peers that may not ask get no answer.
/// </summary>
/// <remarks>
/// Threads of its own wait in the kernel for datagrams: by way of the thread pool each one costs a wake-up more (docs/performance.md).
/// </remarks>
internal sealed class DnsblDatagrams(
    IReadOnlyList<DatagramAddress> addresses, DnsblZone zone, ResponseRateLimit rates, ConnectionGates gates, TimeProvider time,
    ILogger<DnsblDatagrams> log)
    : IHostedService, IDisposable
{
    private const int ReceiversPerSocket = 2;
    private const int MaxRequestBytes = 4096;

    // A burst waits here while both threads are busy, and what does not fit is lost. The system's default, 208 KiB, holds a few hundred
    // datagrams, since each counts with its overhead; the kernel gives no more than net.core.rmem_max (socket(7), SO_RCVBUF).
    private const int SocketBufferBytes = 1024 * 1024;
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(3);

    private readonly ConnectionGate _gate = gates.Of(Door.Dnsbl);
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _receivers = [];
    private volatile bool _isStopping;
    private int _inFlight;

    /// <summary>The addresses that are open, with the ports that were really taken.</summary>
    public IEnumerable<OpenEndpoint> Opened => _sockets.Select(s => new OpenEndpoint(Door.Dnsbl.Word(), $"udp://{s.LocalEndPoint}"));

    /// <summary>Opens the sockets.</summary>
    /// <exception cref="EndpointException">An address cannot be listened on.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var address in addresses)
            _sockets.Add(Open(address.EndPoint));
        foreach (var (socket, address) in _sockets.Zip(addresses))
        {
            for (var i = 0; i < ReceiversPerSocket; i++)
            {
                _receivers.Add(Task.Factory.StartNew(
                    () => Receive(socket, address.Allow), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Stops listening; what was asked is still answered.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        foreach (var socket in _sockets)
            EndReceiving(socket);
        await Task.WhenAll(_receivers).ConfigureAwait(false);
        var since = time.GetTimestamp();
        while (Volatile.Read(ref _inFlight) > 0 && time.GetElapsedTime(since) < DrainTimeout)
            await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    // Wakes the threads that wait, and leaves the socket good for answers.
    private static void EndReceiving(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (SocketException)
        {
            // Linux says that a datagram socket is not connected, and does it all the same (net/ipv4/af_inet.c, inet_shutdown).
        }
    }

    private static Socket Open(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true; // As the TCP listeners: [::] is all addresses.
            socket.ReceiveBufferSize = SocketBufferBytes;
            socket.SendBufferSize = SocketBufferBytes;
            socket.Bind(address);
            return socket;
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new EndpointException($"cannot listen on udp://{address}: {fault.Message}", fault);
        }
    }

    private void Receive(Socket socket, AllowList? allow)
    {
        var buffer = new byte[MaxRequestBytes];
        var answer = new byte[DnsAnswerWriter.MaxBytes];
        var from = new SocketAddress(socket.AddressFamily);
        while (!_isStopping)
        {
            try
            {
                var length = socket.ReceiveFrom(buffer, SocketFlags.None, from);
                // The end of receiving looks like an empty datagram from nobody.
                if (length > 0 && _gate.Admits(AddressOf(from), allow))
                    Answer(socket, buffer.AsSpan(0, length), from, answer);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A datagram that is too long, or an earlier client that is gone: no reason to stop listening.
            }
            catch (Exception bug)
            {
                log.DatagramFault(bug); // A fault of ours may cost one answer, never the door.
            }
        }
    }

    private void Answer(Socket socket, ReadOnlySpan<byte> message, SocketAddress from, byte[] answer)
    {
        var request = DnsRequest.Read(message);
        if (request.Kind == DnsRequestKind.Ignore)
            return;
        if (request.Kind == DnsRequestKind.Question && rates.AdmitQuestion(AddressOf(from)) is var admitted and not RateVerdict.Send)
        {
            if (admitted == RateVerdict.Truncate)
                socket.SendTo(answer.AsSpan(0, DnsAnswerWriter.WriteTruncated(answer, message, request)), SocketFlags.None, from);
            return;
        }

        var content = zone.AnswerAsync(request);
        if (content.IsCompletedSuccessfully)
        {
            Send(socket, message, request, content.Result, from, answer);
            return;
        }

        Interlocked.Increment(ref _inFlight);
        var copy = new SocketAddress(from.Family, from.Size);
        from.Buffer.Span[..from.Size].CopyTo(copy.Buffer.Span);
        _ = SendWhenDecidedAsync(socket, message[..request.EchoBytes].ToArray(), request, content, copy);
    }

    private async Task SendWhenDecidedAsync(
        Socket socket, byte[] message, DnsRequest request, ValueTask<DnsAnswerContent> pending, SocketAddress to)
    {
        try
        {
            var content = await pending.ConfigureAwait(false);
            Send(socket, message, request, content, to, new byte[DnsAnswerWriter.MaxBytes]);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            log.DatagramLost(fault.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private void Send(
        Socket socket, ReadOnlySpan<byte> message, in DnsRequest request, in DnsAnswerContent content, SocketAddress to, byte[] answer)
    {
        var isOurs = request.Kind == DnsRequestKind.Question && content.IsAuthoritative;
        var isNegative = isOurs && content.Type is null;
        var rate = rates.AdmitAnswer(AddressOf(to), isOurs ? request.Name : null, isNegative);
        if (rate == RateVerdict.Drop)
            return;
        var limit = Math.Min(request.PayloadBytes, DnsAnswerWriter.MaxUdpBytes);
        var length = rate == RateVerdict.Truncate
            ? DnsAnswerWriter.WriteTruncated(answer, message, request)
            : DnsAnswerWriter.Write(answer, message, request, content, zone.Name, limit);
        socket.SendTo(answer.AsSpan(0, length), SocketFlags.None, to);
    }

    private static IPAddress AddressOf(SocketAddress from)
    {
        if (from.Family == AddressFamily.InterNetwork)
            return new IPAddress(from.Buffer.Span.Slice(4, 4));
        var address = new IPAddress(from.Buffer.Span.Slice(8, 16));
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
