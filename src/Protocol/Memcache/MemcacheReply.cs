using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Screening.Protocol.Memcache;

/// <summary>The replies of memcached's text protocol (memcached, doc/protocol.txt).</summary>
public static class MemcacheReply
{
    /// <summary>Ends the values of a get.</summary>
    public static ReadOnlySpan<byte> End => "END\r\n"u8;

    /// <summary>A value was stored.</summary>
    public static ReadOnlySpan<byte> Stored => "STORED\r\n"u8;

    /// <summary>The condition of add or replace does not hold.</summary>
    public static ReadOnlySpan<byte> NotStored => "NOT_STORED\r\n"u8;

    /// <summary>A value was deleted.</summary>
    public static ReadOnlySpan<byte> Deleted => "DELETED\r\n"u8;

    /// <summary>A value has a new time.</summary>
    public static ReadOnlySpan<byte> Touched => "TOUCHED\r\n"u8;

    /// <summary>There is no value to delete or to touch.</summary>
    public static ReadOnlySpan<byte> NotFound => "NOT_FOUND\r\n"u8;

    /// <summary>Done; of commands that change nothing.</summary>
    public static ReadOnlySpan<byte> Ok => "OK\r\n"u8;

    /// <summary>Answers a meta no-op.</summary>
    public static ReadOnlySpan<byte> MetaNoOp => "MN\r\n"u8;

    /// <summary>The command is not known.</summary>
    public static ReadOnlySpan<byte> Error => "ERROR\r\n"u8;

    /// <summary>A known command has arguments that are not valid.</summary>
    public static ReadOnlySpan<byte> BadLine => "CLIENT_ERROR bad command line format\r\n"u8;

    /// <summary>Data does not end where its line says.</summary>
    public static ReadOnlySpan<byte> BadData => "CLIENT_ERROR bad data chunk\r\n"u8;

    /// <summary>What memcached replies to flush_all when it was started with -F.</summary>
    public static ReadOnlySpan<byte> NoFlush => "CLIENT_ERROR flush_all not allowed\r\n"u8;

    /// <summary>A storage command that is not offered.</summary>
    public static ReadOnlySpan<byte> NotSupported => "SERVER_ERROR append, prepend and cas are not supported\r\n"u8;

    /// <summary>Data is longer than is stored.</summary>
    public static ReadOnlySpan<byte> TooLarge => "SERVER_ERROR object too large for cache\r\n"u8;

    /// <summary>Writes <c>VALUE KEY FLAGS BYTES [UNIQUE]</c> and the data.</summary>
    /// <param name="withUnique">For gets: a number that clients may compare, always 0.</param>
    public static void WriteValue(IBufferWriter<byte> output, ReadOnlySpan<byte> key, uint flags, ReadOnlySpan<byte> data, bool withUnique)
    {
        output.Write("VALUE "u8);
        output.Write(key);
        WriteNumber(output, flags);
        WriteNumber(output, data.Length);
        output.Write(withUnique ? " 0\r\n"u8 : "\r\n"u8);
        output.Write(data);
        output.Write("\r\n"u8);
    }

    /// <summary>Writes <c>VERSION</c>.</summary>
    /// <param name="version">Three numbers in front: libmemcached reads no more, and takes a first one of 0 for a fault.</param>
    public static void WriteVersion(IBufferWriter<byte> output, string version) => WriteLine(output, $"VERSION {version}\r\n");

    /// <summary>Writes one <c>STAT</c> line; <see cref="End"/> follows the last.</summary>
    public static void WriteStat(IBufferWriter<byte> output, string name, object value) =>
        WriteLine(output, string.Create(CultureInfo.InvariantCulture, $"STAT {name} {value}\r\n"));

    private static void WriteLine(IBufferWriter<byte> output, string line) => Encoding.ASCII.GetBytes(line, output);

    private static void WriteNumber(IBufferWriter<byte> output, long number)
    {
        var space = output.GetSpan(24);
        space[0] = (byte)' ';
        Utf8Formatter.TryFormat(number, space[1..], out var digits);
        output.Advance(1 + digits);
    }
}
