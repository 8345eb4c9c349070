using System.Globalization;
using System.Net.Sockets;
using Screening.Node.Platform;

namespace Screening.Node.Endpoints;

/// <summary>The file of a unix socket that is to be listened on.</summary>
internal static class UnixSocketFile
{
    // errno(3): what open(2) gives for a socket.
    private const int NoSuchDevice = 6;

    /// <summary>
    /// Makes its folder where it is missing, and removes a socket that a dead process left. Never removes a living one's, nor anything that
    /// is not a socket.
    /// </summary>
    /// <exception cref="EndpointException">A process listens there, or the place cannot be used.</exception>
    public static void MakeRoom(string path)
    {
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
                PrivateFiles.MakeFolder(folder);
            if (!Path.Exists(path))
                return;
            if (!IsSocket(path))
                throw new EndpointException($"cannot listen on unix://{path}: a file that is not a socket is there");
            if (IsAnswered(path))
                throw new EndpointException($"cannot listen on unix://{path}: another process listens there");
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new EndpointException(Explain(path, fault), fault);
        }
    }

    /// <summary>Why nobody can listen there, and what to do where a permission is missing.</summary>
    public static string Explain(string path, Exception fault)
    {
        var isDenied = fault is UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied };
        if (!isDenied || Path.GetDirectoryName(path) is not { Length: > 0 } folder)
            return $"cannot listen on unix://{path}: {SystemError.Words(fault)}";
        var existing = folder;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? "/";
        var mode = Convert.ToString((int)File.GetUnixFileMode(existing), 8).PadLeft(4, '0');
        var owner = FileOwner.Of(existing)?.ToString() ?? "another user";
        var user = AccountNames.OwnUser();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"cannot listen on unix://{path}: Permission denied. {existing} belongs to {owner} and has mode {mode}; this"
                + $" node runs as {user}. As root, make a folder that the node and Postfix can use:"
                + $" install -d -o {user} -g postfix -m 2750 {folder}");
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
            return false;
        }
        catch (SocketException fault)
        {
            throw new EndpointException($"cannot listen on unix://{path}: {fault.Message}", fault);
        }
    }

    // The framework tells no socket from other files, but the system opens every other kind: for reading and writing, without waiting for
    // the other end of a pipe.
    private static bool IsSocket(string path)
    {
        if (Directory.Exists(path))
            return false;
        try
        {
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
            return false;
        }
        catch (IOException fault) when (fault.HResult == NoSuchDevice)
        {
            return true;
        }
    }
}
