using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Plugin;

/// <summary>Somebody else's plug-in: answers each query by a function, with whatever bytes, in any order or in that of asking.</summary>
public sealed class FakePlugin : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly List<Socket> _connections = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private readonly bool _unix;
    private Socket _listener;
    private Task _accepting;
    private int _total;
    private int _totalConnections;

    /// <summary>Listens on a unix socket, or on a free port of 127.0.0.1.</summary>
    public FakePlugin(bool unix = true)
    {
        _unix = unix;
        EndPoint = unix
            ? new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"fake-plugin-{Guid.NewGuid():N}.sock"))
            : new IPEndPoint(IPAddress.Loopback, 0);
        (_listener, _accepting) = Listen();
        if (!unix)
            EndPoint = _listener.LocalEndPoint!;
    }

    public EndPoint EndPoint { get; }

    /// <summary>The whole answer, its empty line included; null is none.</summary>
    public Func<IReadOnlyDictionary<string, string>, Task<string?>> Respond { get; set; } =
        query => Task.FromResult<string?>(Reply(query, "pass", "ttl=600"));

    /// <summary>One query of a connection at a time, as a server of the 2016 form works.</summary>
    public bool Serial { get; set; }

    /// <summary>Queries so far.</summary>
    public int Total => Volatile.Read(ref _total);

    /// <summary>Connections so far.</summary>
    public int TotalConnections => Volatile.Read(ref _totalConnections);

    /// <summary>An answer with the query's id.</summary>
    public static string Reply(IReadOnlyDictionary<string, string> query, string action, params string[] more) =>
        $"query_id={query["query_id"]}\n{ReplyWithoutId(action, more)}";

    /// <summary>An answer of the 2016 form.</summary>
    public static string ReplyWithoutId(string action, params string[] more) =>
        $"action={action}\n{string.Concat(more.Select(m => m + "\n"))}\n";

    /// <summary>Ends when so many queries have come in all.</summary>
    public Task AskedAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiters.Add((count, reached));
            WakeWaiters();
        }

        return reached.Task;
    }

    public void CloseConnections()
    {
        lock (_gate)
        {
            _connections.ForEach(c => c.Dispose());
            _connections.Clear();
        }
    }

    /// <summary>Gone: refuses connections until <see cref="Start"/>.</summary>
    public async Task StopAsync()
    {
        _listener.Dispose();
        await _accepting;
        CloseConnections();
    }

    public void Start() => (_listener, _accepting) = Listen();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_unix)
            File.Delete(EndPoint.ToString()!);
    }

    private (Socket Listener, Task Accepting) Listen()
    {
        var listener = _unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (_unix)
            File.Delete(EndPoint.ToString()!);
        listener.Bind(EndPoint);
        listener.Listen(16);
        return (listener, AcceptAllAsync(listener));
    }

    private void WakeWaiters() => _waiters.RemoveAll(w => _total >= w.Count && w.Reached.TrySetResult());

    private async Task AcceptAllAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync();
                Interlocked.Increment(ref _totalConnections);
                lock (_gate)
                    _connections.Add(connection);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            using var reader = new StreamReader(stream);
            var writing = new SemaphoreSlim(1);
            var query = new Dictionary<string, string>();
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Length > 0)
                {
                    var separator = line.IndexOf('=');
                    query[line[..separator]] = line[(separator + 1)..];
                    continue;
                }

                var answering = AnswerAsync(stream, writing, query);
                if (Serial)
                    await answering;
                query = [];
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task AnswerAsync(Stream stream, SemaphoreSlim writing, Dictionary<string, string> query)
    {
        lock (_gate)
        {
            _total++;
            WakeWaiters();
        }

        if (await Respond(query) is not { } reply)
            return;
        await writing.WaitAsync();
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(reply));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The asker has gone.
        }
        finally
        {
            writing.Release();
        }
    }
}
