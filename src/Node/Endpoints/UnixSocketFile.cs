using System.Net.Sockets;

namespace Screening.Node.Endpoints;

/// <summary>The file of a unix socket that is to be listened on.</summary>
internal static class UnixSocketFile
{
    /// <summary>Makes its folder where it is missing, and removes the file that a dead process left. Never takes a living one's.</summary>
    /// <exception cref="EndpointException">A process listens there, or the place can't be used.</exception>
    public static void MakeRoom(string path)
    {
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
                Directory.CreateDirectory(folder);
            if (!File.Exists(path))
                return;
            if (IsAnswered(path))
                throw new EndpointException($"can not listen on unix://{path}: another process listens there");
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new EndpointException($"can not listen on unix://{path}: {fault.Message}", fault);
        }
    }

    private static bool IsAnswered(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return IsSocket(path) ? false : throw new EndpointException($"can not listen on unix://{path}: a file that is no socket is there", fault);
        }
        catch (SocketException fault)
        {
            throw new EndpointException($"can not listen on unix://{path}: {fault.Message}", fault);
        }
    }

    // The framework has no name for a socket's file type; it is none of those that it knows.
    private static bool IsSocket(string path)
    {
        var attributes = File.GetAttributes(path);
        return !attributes.HasFlag(FileAttributes.Directory) && new FileInfo(path).Length == 0;
    }
}
