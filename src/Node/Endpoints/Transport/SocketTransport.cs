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
    private SocketConnection? TryOpen(Socket socket)
    {
        try
        {
            socket.Blocking = false;
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.NoDelay = true;
            return new SocketConnection(socket, _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length]);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private sealed class Listener(Socket socket, SocketTransport transport) : IConnectionListener
    {
        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    if (transport.TryOpen(await socket.AcceptAsync(cancellationToken).ConfigureAwait(false)) is { } connection)
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
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
    }
}
