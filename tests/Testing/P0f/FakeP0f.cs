using System.Net.Sockets;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Testing.P0f;

/// <summary>
/// p0f's API socket: answers from a function, in order, connection by connection. Can be paused, which is like SIGSTOP: connections are
/// still made and queries pile up in the kernel; can be stopped and started again on the same path.
/// </summary>
public sealed class FakeP0f : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly List<Socket> _connections = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private TaskCompletionSource _going = Done();
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _total;
    private int _totalConnections;

    /// <summary>Listens.</summary>
    /// <param name="path">Where; null is a name of its own in the temporary folder.</param>
    public FakeP0f(string? path = null, bool start = true)
    {
        Path = path ?? System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"fake-p0f-{Guid.NewGuid():N}.sock");
        if (start)
            Start();
    }

    /// <summary>The socket.</summary>
    public string Path { get; }

    /// <summary>Answers a query. The array is sent as it is, so that it can be wrong; null closes the connection.</summary>
    public Func<ClientAddress, byte[]?> Respond { get; set; } = _ => Reply("Linux", "3.11 and newer");

    /// <summary>Queries answered so far.</summary>
    public int Total => Volatile.Read(ref _total);

    /// <summary>Connections accepted so far.</summary>
    public int TotalConnections => Volatile.Read(ref _totalConnections);

    /// <summary>A host whose operating system is known.</summary>
    public static byte[] Reply(string os, string flavor) =>
        P0fReplyWriter.Write(new P0fReply(P0fStatus.Ok, os, flavor, "Ethernet or modem", P0fMatch.Exact, 7, 0, 0, 0));

    /// <summary>A host that p0f knows nothing of.</summary>
    public static byte[] NoMatch() => P0fReplyWriter.Write(new P0fReply(P0fStatus.NoMatch, "", "", "", P0fMatch.Exact, 0, 0, 0, 0));

    public void Start()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        File.Delete(Path);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(16);
        _listener = listener;
        _accepting = AcceptAllAsync(listener);
    }

    /// <summary>Reads nothing and answers nothing until <see cref="Resume"/>.</summary>
    public void Pause()
    {
        if (_going.Task.IsCompleted)
            _going = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Resume() => _going.TrySetResult();

    /// <summary>Closes all connections; goes on listening.</summary>
    public void CloseConnections()
    {
        lock (_gate)
        {
            _connections.ForEach(c => c.Dispose());
            _connections.Clear();
        }
    }

    /// <summary>Gone: no socket, no connections.</summary>
    public async Task StopAsync()
    {
        _listener?.Dispose();
        await _accepting;
        CloseConnections();
        File.Delete(Path);
    }

    /// <summary>Ends when so many queries have been answered in all.</summary>
    public Task AnsweredAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiters.Add((count, reached));
            WakeWaiters();
        }

        return reached.Task;
    }

    public async ValueTask DisposeAsync()
    {
        Resume();
        await StopAsync();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
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
            var query = new byte[P0fQuery.Length];
            while (true)
            {
                await _going.Task;
                await stream.ReadExactlyAsync(query);
                await _going.Task;
                if (!P0fQuery.TryRead(query, out var client) || Respond(client) is not { } reply)
                    return;
                await stream.WriteAsync(reply);
                lock (_gate)
                {
                    _total++;
                    WakeWaiters();
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
