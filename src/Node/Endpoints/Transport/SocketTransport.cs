using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Screening.Node.Endpoints.Transport;

/// <summary>
/// Carries the connections of all stream doors but HTTP, in the place of Kestrel's own sockets: Kestrel opens, counts and ends them, and
/// beats their heart once a second; bytes are moved by loops of our own (<see cref="SocketLoop"/>).
/// </summary>
internal sealed class SocketTransport(Listeners listeners) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    /// <summary>Connections of one address that are accepted and that nobody has read from yet. Further ones wait in the kernel.</summary>
    public const int MaxUnserved = 256;

    // More than eight would gain nothing: one carries some hundred thousand queries a second.
    private static readonly int LoopCount = Math.Min(Environment.ProcessorCount, 8);

    // A process that has no descriptor left for a connection asks again after this.
    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private SocketLoop[] _loops = [];
    private int _next;

    public bool CanBind(EndPoint endpoint) => listeners.IsDoor(endpoint);

    /// <exception cref="EndpointException">The address cannot be listened on.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_loops.Length == 0)
                _loops = [.. Enumerable.Range(1, LoopCount).Select(number => new SocketLoop($"sockets {number}"))];
        }

        var socket = listeners.Bind(endpoint);
        socket.Listen(Listeners.Backlog);
        return ValueTask.FromResult<IConnectionListener>(new Listener(socket, this));
    }

    public void Dispose()
    {
        foreach (var loop in _loops)
            loop.Dispose();
    }

    // Null: the peer went away.
    private SocketConnection? TryOpen(Socket socket, SemaphoreSlim places)
    {
        try
        {
            socket.Blocking = false;
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.NoDelay = true;
            return new SocketConnection(socket, _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length], places);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private sealed class Listener(Socket socket, SocketTransport transport) : IConnectionListener
    {
        private readonly SemaphoreSlim _places = new(MaxUnserved);

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    if (transport.TryOpen(accepted, _places) is { } connection)
                        return connection;
                }
                catch (Exception end) when (end is ObjectDisposedException
                    or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null;
                }
                catch (SocketException full) when (full.SocketErrorCode == SocketError.TooManyOpenSockets)
                {
                    await Task.Delay(FullPause, cancellationToken).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // That peer went away.
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            socket.Dispose();
            _places.Release(); // For the accept that waits for one, which then finds the socket closed.
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
    }
}
