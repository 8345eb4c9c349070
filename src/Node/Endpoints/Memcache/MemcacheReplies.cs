using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Screening.Protocol.Memcache;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>Writes memcached's replies (doc/protocol.txt) into the connection's buffer.</summary>
internal static class MemcacheReplies
{
    public static ReadOnlySpan<byte> End => "END\r\n"u8;

    public static ReadOnlySpan<byte> Stored => "STORED\r\n"u8;

    public static ReadOnlySpan<byte> NotStored => "NOT_STORED\r\n"u8;

    public static ReadOnlySpan<byte> Deleted => "DELETED\r\n"u8;

    public static ReadOnlySpan<byte> Touched => "TOUCHED\r\n"u8;

    public static ReadOnlySpan<byte> NotFound => "NOT_FOUND\r\n"u8;

    public static ReadOnlySpan<byte> Ok => "OK\r\n"u8;

    public static ReadOnlySpan<byte> MetaNoOp => "MN\r\n"u8;

    public static ReadOnlySpan<byte> Error => "ERROR\r\n"u8;

    public static ReadOnlySpan<byte> BadLine => "CLIENT_ERROR bad command line format\r\n"u8;

    public static ReadOnlySpan<byte> BadData => "CLIENT_ERROR bad data chunk\r\n"u8;

    // memcached started with -F says the same.
    public static ReadOnlySpan<byte> NoFlush => "CLIENT_ERROR flush_all not allowed\r\n"u8;

    public static ReadOnlySpan<byte> NotSupported => "SERVER_ERROR append, prepend and cas are not supported\r\n"u8;

    public static ReadOnlySpan<byte> TooLarge => "SERVER_ERROR object too large for cache\r\n"u8;

    /// <summary><c>VALUE KEY FLAGS BYTES [UNIQUE]</c> and the data.</summary>
    public static void WriteValue(PipeWriter output, ReadOnlySpan<byte> key, in MemcacheValue value, bool withUnique)
    {
        Span<byte> times = stackalloc byte[PostscreenTimesText.MaxBytes];
        var data = value.Other is { } other ? other.Data : times[..PostscreenTimesText.Write(times, value.Times)];
        output.Write("VALUE "u8);
        output.Write(key);
        WriteNumber(output, value.Other?.Flags ?? 0);
        WriteNumber(output, data.Length);
        output.Write(withUnique ? " 0\r\n"u8 : "\r\n"u8);
        output.Write(data);
        output.Write("\r\n"u8);
    }

    private static void WriteNumber(PipeWriter output, long number)
    {
        var space = output.GetSpan(24);
        space[0] = (byte)' ';
        Utf8Formatter.TryFormat(number, space[1..], out var digits);
        output.Advance(1 + digits);
    }
}
