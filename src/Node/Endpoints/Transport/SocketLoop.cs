namespace Screening.Node.Endpoints.Transport;

/// <summary>
/// One thread that waits for many sockets, reads from those that have something, and serves what was read. A client that is decided
/// already is so answered without a switch of threads; what waits for anything goes on elsewhere.
/// </summary>
/// <remarks>
/// Whatever runs here must not block. Each connection is read once in a round, however much its peer has sent, so that none keeps others
/// from their turn.
/// </remarks>
internal sealed class SocketLoop : IDisposable
{
    // The thread looks so often whether it is to end.
    private const int WaitMilliseconds = 1000;

    [ThreadStatic]
    private static SocketLoop? _current;

    private readonly Epoll _epoll = new();
    private readonly Queue<SocketReader> _again = new();
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private volatile SocketConnection?[] _connections = [];
    private volatile bool _isEnding;

    public SocketLoop(string name) => new Thread(Run) { IsBackground = true, Name = name }.Start();

    /// <summary>Ends the thread within a second. No connection is left then.</summary>
    public void Dispose() => _isEnding = true;

    /// <summary>A place for a connection, the tag of its events.</summary>
    public int Enter(SocketConnection connection)
    {
        lock (_lock)
        {
            if (_free.Count == 0)
                Grow();
            var tag = _free.Pop();
            _connections[tag] = connection;
            return tag;
        }
    }

    /// <summary>The connection is closed. An event of it that comes late may wake the next one at its place, which does no harm.</summary>
    public void Leave(int tag)
    {
        lock (_lock)
        {
            _connections[tag] = null;
            _free.Push(tag);
        }
    }

    /// <summary>Has a connection's events told to it, those at hand included.</summary>
    public void Watch(SocketConnection connection)
    {
        // Session and writer may both be here for the first time.
        if (connection.IsWatched || !_epoll.TryWatch(connection.Socket, connection.Tag))
            _epoll.TryTellAgain(connection.Socket, connection.Tag);
        connection.IsWatched = true;
    }

    /// <summary>Has a reader that may have more to read do so in the next round.</summary>
    public void ReadAgain(SocketReader reader, SocketConnection connection)
    {
        if (_current == this)
            _again.Enqueue(reader);
        else
            Watch(connection);
    }

    private void Grow()
    {
        var connections = _connections;
        var larger = new SocketConnection?[Math.Max(64, connections.Length * 2)];
        connections.CopyTo(larger, 0);
        for (var tag = larger.Length - 1; tag >= connections.Length; tag--)
            _free.Push(tag);
        _connections = larger;
    }

    private void Run()
    {
        _current = this;
        while (!_isEnding)
        {
            var ready = _epoll.Wait(_again.Count > 0 ? 0 : WaitMilliseconds);
            for (var i = 0; i < ready; i++)
            {
                var (tag, events) = _epoll.EventOf(i);
                if (_connections[tag] is { } connection)
                    Serve(connection, events);
            }

            for (var left = _again.Count; left > 0; left--)
                _again.Dequeue().Fill();
        }

        _epoll.Dispose();
    }

    private static void Serve(SocketConnection connection, SocketEvents events)
    {
        if ((events & ~SocketEvents.Writable) != 0)
            connection.Reader.Wake(events);
        if ((events & ~SocketEvents.Readable) != 0)
            connection.Writer.Continue();
    }
}
