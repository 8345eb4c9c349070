using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Screening.Node.Endpoints.Transport;

/// <summary>What happened at a socket (epoll_ctl(2), EPOLLIN and so on).</summary>
[Flags]
internal enum SocketEvents : uint
{
    None = 0,
    Readable = 0x1,
    Writable = 0x4,
    Error = 0x8,
    HangUp = 0x10,
    PeerEnded = 0x2000,
}

/// <summary>
/// Readiness of many sockets for one thread that waits. Edge-triggered: each change is told once, so that a connection costs no call of the
/// kernel between requests but the reading and the writing. Watching is for any thread.
/// </summary>
/// <remarks>epoll_create1(2), epoll_ctl(2), epoll_wait(2). A socket that is closed is no longer watched.</remarks>
internal sealed class Epoll : IDisposable
{
    private const int MaxEvents = 256;
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Modify = 3;
    private const uint EdgeTriggered = 1u << 31;

    private const uint Watched =
        (uint)(SocketEvents.Readable | SocketEvents.Writable | SocketEvents.PeerEnded) | EdgeTriggered;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + 8;

    private readonly int _handle;
    private readonly byte[] _events = new byte[MaxEvents * EventBytes];

    /// <exception cref="Win32Exception">The process may open no more files.</exception>
    public Epoll()
    {
        _handle = epoll_create1(CloseOnExec);
        if (_handle < 0)
            throw new Win32Exception();
    }

    /// <summary>Watches a socket from now on. What it is ready for already is told at once.</summary>
    public bool TryWatch(Socket socket, int tag) => TryControl(Add, socket, tag);

    /// <summary>Tells once more what a watched socket is ready for.</summary>
    public bool TryTellAgain(Socket socket, int tag) => TryControl(Modify, socket, tag);

    /// <summary>Waits until something happens or the time is over, and returns at how many sockets something did.</summary>
    /// <param name="milliseconds">Longest wait; 0 does not wait.</param>
    public int Wait(int milliseconds) => Math.Max(0, epoll_wait(_handle, ref _events[0], MaxEvents, milliseconds));

    /// <summary>One of those that <see cref="Wait"/> counted.</summary>
    public (int Tag, SocketEvents Events) EventOf(int index)
    {
        var entry = _events.AsSpan(index * EventBytes);
        return (MemoryMarshal.Read<int>(entry[DataOffset..]), MemoryMarshal.Read<SocketEvents>(entry));
    }

    public void Dispose() => _ = close(_handle);

    private bool TryControl(int operation, Socket socket, int tag)
    {
        Span<byte> entry = stackalloc byte[16];
        MemoryMarshal.Write(entry, Watched);
        MemoryMarshal.Write(entry[DataOffset..], (long)tag);
        return epoll_ctl(_handle, operation, (int)socket.Handle, ref entry[0]) == 0;
    }

#pragma warning disable IDE1006, SYSLIB1054 // The system's names; plain calls are not worth unsafe code in the project.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int epoll_ctl(int epoll, int operation, int descriptor, ref byte entry);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int epoll_wait(int epoll, ref byte events, int maxEvents, int timeout);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
#pragma warning restore IDE1006, SYSLIB1054
}
