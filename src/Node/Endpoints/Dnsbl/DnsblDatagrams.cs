using System.Net;
using System.Net.Sockets;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Connections;
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

    // A burst waits here while both threads are busy, and what does not fit is lost. The system's default, 208 KiB, holds a few hundred
    // datagrams, since each counts with its overhead; the kernel gives no more than net.core.rmem_max (socket(7), SO_RCVBUF).
    private const int SocketBufferBytes = 1024 * 1024;
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(3);

    private readonly ConnectionGate _gate = gates.Of(Door.Dnsbl);
    private readonly List<Socket> _sockets = [];
    private readonly List<DnsblReceiver> _receivers = [];
    private readonly List<Task> _receiving = [];
    private volatile bool _isStopping;

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
                _receivers.Add(new DnsblReceiver(socket, address.Allow, _gate, zone, rates, log));
        }

        _receiving.AddRange(_receivers.Select(receiver => Task.Factory.StartNew(
            () => Receive(receiver), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return Task.CompletedTask;
    }

    /// <summary>Stops listening; what was asked is still answered.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        foreach (var socket in _sockets)
            EndReceiving(socket);
        await Task.WhenAll(_receiving).ConfigureAwait(false);
        var since = time.GetTimestamp();
        while (_receivers.Any(receiver => receiver.InFlight > 0) && time.GetElapsedTime(since) < DrainTimeout)
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

    private void Receive(DnsblReceiver receiver)
    {
        while (!_isStopping && receiver.ReceiveOne())
        {
        }
    }
}
