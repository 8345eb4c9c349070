using System.Buffers;

namespace Screening.Protocol.Memcache;

/// <summary>What <see cref="MemcacheFramer"/> found.</summary>
public enum MemcacheFrameKind : byte
{
    /// <summary>A whole request.</summary>
    Request,

    /// <summary>A storage command with too much data: it is to be refused, and its data is stepped over.</summary>
    DataTooLong,

    /// <summary>A part of data that is stepped over: nothing to do.</summary>
    Skipped,

    /// <summary>Framing is lost: a request of the binary protocol.</summary>
    Binary,

    /// <summary>Framing is lost: a line does not end.</summary>
    LineTooLong,

    /// <summary>Framing is lost: data does not end where its line says.</summary>
    BadData,
}

/// <summary>A part of what a client sent. Valid as long as the octets that it was read from.</summary>
public readonly ref struct MemcacheFrame
{
    /// <summary>What it is.</summary>
    public MemcacheFrameKind Kind { get; init; }

    /// <summary>The command line of <see cref="MemcacheFrameKind.Request"/> and <see cref="MemcacheFrameKind.DataTooLong"/>.</summary>
    public MemcacheRequest Request { get; init; }

    /// <summary>The data block of a storage command, without its line end.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}

/// <summary>Finds where requests of memcached's text protocol end. One for each connection.</summary>
/// <remarks>
/// <code>
/// request = line LF | line LF data CR LF        line may end in CR
/// </code>
/// If data does not end where its line says, memcached looks for the next line end and takes the rest of the data for commands. That is how
/// somebody's data becomes a command, so here framing is lost, and the connection is to be closed.
/// </remarks>
public sealed class MemcacheFramer
{
    /// <summary>The longest command line; a get of many keys needs room.</summary>
    public const int MaxLineBytes = 8 * 1024;

    /// <summary>The longest data block that is read; a longer one is stepped over.</summary>
    public const int MaxDataBytes = 8 * 1024;

    // memcached, doc/protocol-binary: the magic octet of a request. No command of the text protocol begins with it.
    private const byte BinaryMagic = 0x80;

    private long _toSkip;

    private static ReadOnlySpan<byte> DataEnd => "\r\n"u8;

    /// <summary>True if data is being stepped over.</summary>
    public bool IsSkipping => _toSkip > 0;

    /// <summary>Reads from the front of what was received and not consumed yet.</summary>
    /// <param name="bytes">Not empty.</param>
    /// <param name="length">Octets that this consumed.</param>
    /// <param name="frame">What they are.</param>
    /// <returns>
    /// <c>Done</c>; <c>NeedMoreData</c>, with nothing consumed; <c>InvalidData</c>: framing is lost, as <paramref name="frame"/> says.
    /// </returns>
    public OperationStatus TryRead(ReadOnlySpan<byte> bytes, out int length, out MemcacheFrame frame)
    {
        frame = default;
        length = 0;
        if (_toSkip > 0)
        {
            length = (int)Math.Min(_toSkip, bytes.Length);
            _toSkip -= length;
            frame = new MemcacheFrame { Kind = MemcacheFrameKind.Skipped };
            return OperationStatus.Done;
        }

        if (bytes[0] == BinaryMagic)
            return Lost(MemcacheFrameKind.Binary, out frame);
        var lineBytes = bytes.IndexOf((byte)'\n') + 1;
        if (lineBytes > MaxLineBytes || (lineBytes == 0 && bytes.Length > MaxLineBytes))
            return Lost(MemcacheFrameKind.LineTooLong, out frame);
        if (lineBytes == 0)
            return OperationStatus.NeedMoreData;

        var line = bytes[..(lineBytes - 1)];
        var request = MemcacheRequest.Parse(line is [.., (byte)'\r'] ? line[..^1] : line);

        // Too much data is not waited for, so that a client cannot make the node hold it; what arrives of it is dropped.
        if (request.DataBytes <= MaxDataBytes)
            return TryReadData(bytes, lineBytes, request, out length, out frame);
        length = lineBytes;
        _toSkip = request.DataBytes + DataEnd.Length;
        frame = new MemcacheFrame { Kind = MemcacheFrameKind.DataTooLong, Request = request };
        return OperationStatus.Done;
    }

    private static OperationStatus TryReadData(
        ReadOnlySpan<byte> bytes, int lineBytes, MemcacheRequest request, out int length, out MemcacheFrame frame)
    {
        frame = default;
        length = 0;
        if (request.DataBytes < 0)
        {
            length = lineBytes;
            frame = new MemcacheFrame { Request = request };
            return OperationStatus.Done;
        }

        var data = bytes[lineBytes..];
        var dataBytes = (int)request.DataBytes;
        if (data.Length < dataBytes + DataEnd.Length)
            return OperationStatus.NeedMoreData;
        if (!data[dataBytes..].StartsWith(DataEnd))
            return Lost(MemcacheFrameKind.BadData, out frame);
        length = lineBytes + dataBytes + DataEnd.Length;
        frame = new MemcacheFrame { Request = request, Data = data[..dataBytes] };
        return OperationStatus.Done;
    }

    private static OperationStatus Lost(MemcacheFrameKind kind, out MemcacheFrame frame)
    {
        frame = new MemcacheFrame { Kind = kind };
        return OperationStatus.InvalidData;
    }
}
