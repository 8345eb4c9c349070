using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Screening.Node.Endpoints.Transport;

/// <summary>
/// One connection of a door. While nothing is said it holds no buffer, and while its peer has nothing more to say no thread: the first
/// request is read where the connection was accepted, further ones by its loop.
/// </summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe
{
    private static long _lastId;

    private readonly SocketLoop _loop;
    private readonly SemaphoreSlim _unserved;
    private readonly long _id = Interlocked.Increment(ref _lastId);
    private IDictionary<object, object?>? _items;
    private string? _name;
    private int _served;
    private int _closed;

    /// <param name="unserved">Released once the connection is read from, or closed.</param>
    /// <exception cref="SocketException">The peer is gone already.</exception>
    public SocketConnection(Socket socket, SocketLoop loop, SemaphoreSlim unserved)
    {
        (Socket, _loop, _unserved) = (socket, loop, unserved);
        Reader = new SocketReader(this);
        Writer = new SocketWriter(this);
        Transport = this;
        RemoteEndPoint = socket.RemoteEndPoint as IPEndPoint; // What the gate admits and counts by; a unix socket's has none.
        Tag = loop.Enter(this);
    }

    public Socket Socket { get; }

    public SocketReader Reader { get; }

    public SocketWriter Writer { get; }

    /// <summary>The tag of its events.</summary>
    public int Tag { get; }

    /// <summary>True once its loop watches it; the loop's own.</summary>
    public bool IsWatched { get; set; }

    public PipeReader Input => Reader;

    public PipeWriter Output => Writer;

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => _name ??= _id.ToString(CultureInfo.InvariantCulture);
        set => _name = value;
    }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new Dictionary<object, object?>();
        set => _items = value;
    }

    /// <summary>Why the connection was ended by this side; null: it was not.</summary>
    public ConnectionAbortedException? Aborted { get; private set; }

    /// <summary>Somebody reads from it.</summary>
    public void Serve()
    {
        if (Interlocked.Exchange(ref _served, 1) == 0)
            _unserved.Release();
    }

    /// <summary>Has events told, those at hand included.</summary>
    public void Watch() => _loop.Watch(this);

    /// <summary>Has more read in a moment.</summary>
    public void ReadAgain() => _loop.ReadAgain(Reader, this);

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Aborted = abortReason;
        Reader.CancelPendingRead();
        Writer.CancelPendingFlush();
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
            Close();
        return ValueTask.CompletedTask;
    }

    private void Close()
    {
        Serve();
        _loop.Leave(Tag);
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }

        Socket.Dispose();
        Reader.Complete();
        Writer.Complete();
    }
}
