using System.Net.Sockets;

namespace Screening.Node.Hosting.Scripted;

/// <summary>Serves each connection to a unix socket by a script, side by side, until it is disposed of.</summary>
internal abstract class ScriptedService : IDisposable
{
    /// <summary>The longest path of a unix socket: sockaddr_un has room for 108 bytes, the last of them a zero.</summary>
    public const int LongestPath = 107;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Listens at <paramref name="path"/>, where nothing may be yet.</summary>
    protected ScriptedService(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
    }

    /// <summary>Where the socket is.</summary>
    public string Path { get; }

    public void Dispose() => _listener.Dispose();

    /// <summary>Accepts connections from now on; once the script is ready.</summary>
    protected void Start() => _ = AcceptAsync();

    /// <summary>Serves one connection until it ends.</summary>
    protected abstract Task ServeAsync(NetworkStream connection);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync().ConfigureAwait(false));
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The script is over.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            await ServeAsync(stream).ConfigureAwait(false);
        }
        catch (Exception over) when (over is IOException or SocketException or ObjectDisposedException)
        {
            // The asker is gone.
        }
    }
}
