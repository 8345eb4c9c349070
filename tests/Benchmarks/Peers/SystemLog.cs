using System.Net.Sockets;

namespace Screening.Benchmarks.Peers;

/// <summary>
/// A /dev/log that forgets all it is told, while there is none: postfwd, policyd-weight, postgrey and gross do not run without one. It is
/// removed again. Needs root.
/// </summary>
internal sealed class SystemLog : IDisposable
{
    private const string Path = "/dev/log";

    private readonly Socket? _socket;

    private SystemLog(Socket? socket) => _socket = socket;

    /// <summary>Makes it, unless the machine has one.</summary>
    public static SystemLog Provide()
    {
        if (File.Exists(Path))
            return new SystemLog(null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, (UnixFileMode)0b110_110_110);
        _ = ForgetAsync(socket);
        return new SystemLog(socket);
    }

    public void Dispose()
    {
        if (_socket is null)
            return;
        _socket.Dispose();
        File.Delete(Path);
    }

    private static async Task ForgetAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
                await socket.ReceiveAsync(buffer);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // It is removed.
        }
    }
}
