using System.Buffers;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// Bytes that are collected in an array from the shared pool. The array goes back when the bytes are dropped, so that a connection with
/// nothing to say costs no memory.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int LeastBytes = 512;

    private byte[] _bytes = [];

    /// <summary>Bytes that were written.</summary>
    public int Count { get; private set; }

    /// <summary>What was written; until the next call of any other member.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - Count));
        Count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(Count);
    }

    /// <summary>Drops what was written.</summary>
    public void Clear()
    {
        Count = 0;
        Replace([]);
    }

    private void MakeRoom(int sizeHint)
    {
        var needed = Count + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(LeastBytes, needed));
        Written.CopyTo(larger);
        Replace(larger);
    }

    private void Replace(byte[] bytes)
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = bytes;
    }
}
