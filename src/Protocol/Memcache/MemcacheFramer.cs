using System.Buffers;

namespace Screening.Protocol.Memcache;

/// <summary>What <see cref="MemcacheFramer"/> found.</summary>
public enum MemcacheFrameKind : byte
{
    /// <summary>A whole request.</summary>
    Request,

    /// <summary>A storage command whose data is longer than is taken: it is to be refused, its data is stepped over.</summary>
    DataTooLong,

    /// <summary>A part of data that is stepped over: nothing to do.</summary>
    Skipped,

    /// <summary>Framing is lost: a request of the binary protocol, which is not spoken.</summary>
    Binary,

    /// <summary>Framing is lost: a line does not end.</summary>
    LineTooLong,

    /// <summary>Framing is lost: data does not end where its line says.</summary>
    BadData,
}

/// <summary>A part of what a client sent. Valid as long as the octets that it was read from.</summary>
public readonly ref struct MemcacheFrame
{
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
/// Where data does not end as its line says, memcached looks for the next line end and takes the rest of the data for commands. That is
/// how a client's data becomes somebody else's command, so here framing is lost, and the connection is to be closed.
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
        length = 0;
        if (_toSkip > 0)
        {
            length = (int)Math.Min(_toSkip, bytes.Length);
            _toSkip -= length;
            frame = new MemcacheFrame { Kind = MemcacheFrameKind.Skipped };
            return OperationStatus.Done;
        }

        frame = default;
        if (bytes[0] == BinaryMagic)
            return Lost(MemcacheFrameKind.Binary, out frame);
        var lineBytes = bytes.IndexOf((byte)'\n') + 1;
        if (lineBytes > MaxLineBytes || (lineBytes == 0 && bytes.Length > MaxLineBytes))
            return Lost(MemcacheFrameKind.LineTooLong, out frame);
        if (lineBytes == 0)
            return OperationStatus.NeedMoreData;

        var line = bytes[..(lineBytes - 1)];
        var request = MemcacheRequest.Parse(!line.IsEmpty && line[^1] == '\r' ? line[..^1] : line);
        if (request.DataBytes > MaxDataBytes)
        {
            length = lineBytes;
            _toSkip = request.DataBytes + 2;
            frame = new MemcacheFrame { Kind = MemcacheFrameKind.DataTooLong, Request = request };
            return OperationStatus.Done;
        }

        if (request.DataBytes < 0)
        {
            length = lineBytes;
            frame = new MemcacheFrame { Request = request };
            return OperationStatus.Done;
        }

        var data = bytes[lineBytes..];
        var dataBytes = (int)request.DataBytes;
        if (data.Length < dataBytes + 2)
            return OperationStatus.NeedMoreData;
        if (!data.Slice(dataBytes, 2).SequenceEqual("\r\n"u8))
            return Lost(MemcacheFrameKind.BadData, out frame);
        length = lineBytes + dataBytes + 2;
        frame = new MemcacheFrame { Request = request, Data = data[..dataBytes] };
        return OperationStatus.Done;
    }

    private static OperationStatus Lost(MemcacheFrameKind kind, out MemcacheFrame frame)
    {
        frame = new MemcacheFrame { Kind = kind };
        return OperationStatus.InvalidData;
    }
}
