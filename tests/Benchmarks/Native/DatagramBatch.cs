using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Screening.Benchmarks.Native;

/// <summary>
/// Datagrams that are sent or received with one call of the system. With a call for each, the load client would be slower than rbldnsd
/// and measure itself.
/// </summary>
/// <remarks>sendmmsg(2), recvmmsg(2); struct mmsghdr as 64-bit Linux lays it out. For one thread and a connected socket.</remarks>
internal sealed class DatagramBatch
{
    /// <summary>Datagrams in a batch.</summary>
    public const int Capacity = 64;

    /// <summary>No datagram is longer.</summary>
    public const int MaxBytes = 512;

    private const int HeaderBytes = 64;
    private const int VectorBytes = 16;
    private const int DontWait = 0x40;

    private readonly byte[] _headers = GC.AllocateArray<byte>(HeaderBytes * Capacity, pinned: true);
    private readonly byte[] _vectors = GC.AllocateArray<byte>(VectorBytes * Capacity, pinned: true);
    private readonly byte[] _bytes = GC.AllocateArray<byte>(MaxBytes * Capacity, pinned: true);

    public DatagramBatch()
    {
        for (var i = 0; i < Capacity; i++)
        {
            WriteNumber(_vectors, i * VectorBytes, AddressOf(_bytes, i * MaxBytes));
            WriteNumber(_vectors, (i * VectorBytes) + 8, MaxBytes);
            WriteNumber(_headers, (i * HeaderBytes) + 16, AddressOf(_vectors, i * VectorBytes));
            WriteNumber(_headers, (i * HeaderBytes) + 24, 1);
        }
    }

    /// <summary>The room of one datagram.</summary>
    public Span<byte> this[int index] => _bytes.AsSpan(index * MaxBytes, MaxBytes);

    /// <summary>Says how long a datagram to be sent is.</summary>
    public void SetLength(int index, int bytes) => WriteNumber(_vectors, (index * VectorBytes) + 8, bytes);

    /// <summary>How long a received datagram is.</summary>
    public int LengthOf(int index) => BinaryPrimitives.ReadInt32LittleEndian(_headers.AsSpan((index * HeaderBytes) + 56));

    /// <summary>Sends the first of the batch and returns how many went out; 0 when the socket takes none now.</summary>
    public int Send(Socket socket, int count) => Math.Max(0, sendmmsg(Handle(socket), ref _headers[0], (uint)count, DontWait));

    /// <summary>Receives what is there and returns how many; 0 for none.</summary>
    public int Receive(Socket socket) => Math.Max(0, recvmmsg(Handle(socket), ref _headers[0], Capacity, DontWait, 0));

    private static int Handle(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();

    private static long AddressOf(byte[] array, int offset) => Marshal.UnsafeAddrOfPinnedArrayElement(array, offset);

    private static void WriteNumber(byte[] array, int offset, long value) =>
        BinaryPrimitives.WriteInt64LittleEndian(array.AsSpan(offset), value);

#pragma warning disable IDE1006, SYSLIB1054 // The system's names; two plain calls are not worth unsafe code in the project.
    [DllImport("libc", SetLastError = true)]
    private static extern int sendmmsg(int socket, ref byte headers, uint count, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int recvmmsg(int socket, ref byte headers, uint count, int flags, nint timeout);
#pragma warning restore IDE1006, SYSLIB1054
}
