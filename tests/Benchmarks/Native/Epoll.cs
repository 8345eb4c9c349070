using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Screening.Benchmarks.Native;

/// <summary>
/// Readiness of many sockets in one thread, with waits finer than a millisecond. The load client and the limit use it so that they cost
/// less than what they are held against: a .NET asynchronous receive costs the client more than a request costs the server.
/// </summary>
/// <remarks>epoll_create1(2), epoll_ctl(2), epoll_pwait2(2) with glibc 2.35 or later. Level-triggered. For one thread.</remarks>
internal sealed class Epoll : IDisposable
{
    private const int MaxEvents = 256;
    private const uint In = 1;
    private const uint Out = 4;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + 8;

    private readonly int _handle;
    private readonly byte[] _events = new byte[MaxEvents * 16];

    public Epoll()
    {
        _handle = epoll_create1(0);
        if (_handle < 0)
            throw new Win32Exception();
    }

    /// <summary>Watches a socket for bytes to read, and reports it under <paramref name="tag"/>.</summary>
    public void Add(Socket socket, int tag) => Control(1, socket, tag, In);

    /// <summary>Watches a socket for room to write as well, or no longer.</summary>
    public void WatchWrites(Socket socket, int tag, bool writes) => Control(3, socket, tag, writes ? In | Out : In);

    /// <summary>Waits until a socket is ready or the time is over, and returns how many are ready.</summary>
    /// <param name="nanoseconds">Longest wait; 0 or less does not wait.</param>
    public int Wait(long nanoseconds)
    {
        nanoseconds = Math.Max(0, nanoseconds);
        var timeout = new Timespec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        return Math.Max(0, epoll_pwait2(_handle, ref _events[0], MaxEvents, ref timeout, 0));
    }

    /// <summary>The tag of a ready socket.</summary>
    public int TagOf(int ready) => BitConverter.ToInt32(_events, (ready * EventBytes) + DataOffset);

    public void Dispose() => close(_handle);

    private void Control(int operation, Socket socket, int tag, uint events)
    {
        Span<byte> entry = stackalloc byte[16];
        BitConverter.TryWriteBytes(entry, events);
        BitConverter.TryWriteBytes(entry[DataOffset..], (long)tag);
        if (epoll_ctl(_handle, operation, (int)socket.SafeHandle.DangerousGetHandle(), ref entry[0]) < 0)
            throw new Win32Exception();
    }

#pragma warning disable IDE1006, SYSLIB1054 // The system's names; four plain calls are not worth unsafe code in the project.
    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_ctl(int epoll, int operation, int descriptor, ref byte entry);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_pwait2(int epoll, ref byte events, int maxEvents, ref Timespec timeout, nint signals);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
#pragma warning restore IDE1006, SYSLIB1054

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
