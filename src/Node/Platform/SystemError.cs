using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Screening.Node.Platform;

/// <summary>
/// The operating system's description of a failed call, in the words of strerror(3), which operators know from other programs.
/// </summary>
internal static class SystemError
{
    // errno(3), the numbers of Linux.
    private const int NoEntry = 2;
    private const int Access = 13;
    private const int IsDirectory = 21;
    private const int NameTooLong = 36;
    private const int TimedOut = 110;

    // An IOException carries the errno as it is, where .NET has no number of its own for it.
    private const int HighestErrno = 4095;

    /// <summary>The words for a fault: those of the system's error in it, else the innermost message. One line, without a path.</summary>
    public static string Words(Exception fault)
    {
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (Errno(inner) is { } errno)
                return Words(errno);
        }

        return fault.GetBaseException().Message;
    }

    /// <summary>The words for a fault with a file, which may prove to be a folder: .NET reports that as a missing permission.</summary>
    public static string Words(Exception fault, string path) =>
        fault is UnauthorizedAccessException && Directory.Exists(path) ? Words(IsDirectory) : Words(fault);

    /// <summary>The words for an error of a socket.</summary>
    public static string Words(SocketError error) => Words(new SocketException((int)error));

    /// <summary>The fault of a file that is not there.</summary>
    public static IOException NotThere(Exception? inner = null) => new(Words(NoEntry), inner) { HResult = NoEntry };

    private static string Words(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    private static int? Errno(Exception fault) => fault switch
    {
        Win32Exception system => system.NativeErrorCode, // A SocketException is one.
        FileNotFoundException or DirectoryNotFoundException => NoEntry,
        UnauthorizedAccessException => Access,
        PathTooLongException => NameTooLong,
        IOException { HResult: > 0 and <= HighestErrno } io => io.HResult,
        TimeoutException or OperationCanceledException => TimedOut,
        _ => null,
    };
}
