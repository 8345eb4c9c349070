using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.P0f;

/// <summary>A question to p0f about a host, by address alone.</summary>
/// <remarks>
/// <code>
///  0  u32  magic 0x50304601, in the machine's own byte order
///  4  u8   4 for IPv4, 6 for IPv6
///  5  u8[16]  the address in network order; IPv4 in the first four
/// </code>
/// p0f 3 README section 4. Several may be sent at once; they are answered in their order.
/// </remarks>
public static class P0fQuery
{
    /// <summary>Bytes of a query.</summary>
    public const int Length = 21;

    /// <summary>The number at a query's start.</summary>
    public const uint Magic = 0x50304601;

    /// <summary>Writes a query to the front of <paramref name="destination"/>, which has room for <see cref="Length"/> bytes.</summary>
    public static void Write(ClientAddress client, Span<byte> destination)
    {
        destination = destination[..Length];
        destination.Clear();
        MemoryMarshal.Write(destination, Magic);
        destination[4] = client.IsIPv4 ? (byte)4 : (byte)6;
        client.WriteOctets(destination[5..]);
    }

    /// <summary>Reads a query: the answering side.</summary>
    /// <returns>False where the bytes are not a query of <see cref="Length"/> bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> query, out ClientAddress client)
    {
        client = default;
        if (query.Length != Length || MemoryMarshal.Read<uint>(query) != Magic || query[4] is not (4 or 6))
            return false;
        client = query[4] == 4
            ? ClientAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(query[5..]))
            : ClientAddress.FromBits(BinaryPrimitives.ReadUInt128BigEndian(query[5..]));
        return true;
    }
}
