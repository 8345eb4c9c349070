using System.Text;

namespace Screening.Benchmarks.Load;

/// <summary>Writes queries of the plug-in protocol from ready-made pieces; only the id and the client's address differ.</summary>
internal static class QueryWriter
{
    /// <summary>No query is longer.</summary>
    public const int MaxBytes = 160;

    /// <summary>Hexadecimal digits of an id.</summary>
    public const int IdDigits = 8;

    private static readonly byte[][] Octets = [.. Enumerable.Range(0, 256).Select(o => Encoding.ASCII.GetBytes($"{o}."))];

    /// <summary>Writes one query and returns its length.</summary>
    public static int Write(Span<byte> destination, uint id, uint address)
    {
        var length = 0;
        Append(destination, ref length, "query_id="u8);
        for (var digit = 0; digit < IdDigits; digit++)
            destination[length++] = "0123456789abcdef"u8[(int)(id >> (28 - (4 * digit)) & 15)];
        Append(destination, ref length, "\naddress_family=ipv4\nprotocol=tcp\nlocal_address=192.0.2.25\nlocal_port=25\nremote_address="u8);
        for (var shift = 24; shift >= 0; shift -= 8)
            Append(destination, ref length, Octets[address >> shift & 255]);
        length--; // The dot after the last octet.
        Append(destination, ref length, "\nremote_port=40000\n\n"u8);
        return length;
    }

    private static void Append(Span<byte> destination, ref int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(destination[length..]);
        length += text.Length;
    }
}
