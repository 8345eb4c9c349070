using System.Net.Sockets;

namespace Screening.Node.Platform;

/// <summary>Connections to unix sockets.</summary>
internal static class UnixSocket
{
    /// <summary>Whether this fault of a connection to a unix socket means that nothing is at its path.</summary>
    public static bool IsAbsence(SocketException fault) => fault.SocketErrorCode == SocketError.AddressNotAvailable;

    /// <summary>Connects to a stream socket.</summary>
    /// <exception cref="IOException">There is no socket at this path: .NET reports that as an address that is not available.</exception>
    /// <exception cref="SocketException">Nobody listens there, or it must not be used.</exception>
    public static async Task<Socket> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException fault) when (IsAbsence(fault))
        {
            socket.Dispose();
            throw SystemError.NotThere(fault);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }
}
