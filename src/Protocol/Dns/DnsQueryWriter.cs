using System.Buffers.Binary;

namespace Screening.Protocol.Dns;

/// <summary>Writes one recursive query with EDNS0.</summary>
/// <remarks>
/// <code>
/// RFC 1035 section 4.1                     RFC 6891 section 6.1.2
/// +----+-------+---------+-------+---------+-------+------+-------+-----+------+-----------+
/// | id | flags | counts  | QNAME | QTYPE   | QCLASS| root | OPT   | size| TTL  | RDLENGTH  |
/// | u16| 0x0100| 1,0,0,1 |       | u16     | 1 IN  | 0    | 41    | 1232| 0    | 0         |
/// +----+-------+---------+-------+---------+-------+------+-------+-----+------+-----------+
/// </code>
/// </remarks>
public static class DnsQueryWriter
{
    /// <summary>The longest query: header, a name of 255 octets, type, class, OPT.</summary>
    public const int MaxBytes = DnsName.HeaderBytes + DnsName.MaxBytes + 4 + OptBytes;

    /// <summary>The longest answer that we take over UDP: what passes every path unfragmented (DNS flag day 2020).</summary>
    public const int MaxUdpReplyBytes = 1232;

    private const int OptBytes = 11;
    private const ushort RecursionDesired = 0x0100;
    private const ushort ClassIn = 1;

    /// <summary>Writes a query.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <param name="id">Comes back in the answer; unpredictable.</param>
    /// <param name="name">Fully qualified, with or without trailing dot; printable ASCII.</param>
    /// <param name="type">What is asked for.</param>
    /// <param name="length">Octets written.</param>
    /// <returns>False if the name cannot be asked for: an empty label, one over 63 octets, a name over 255.</returns>
    public static bool TryWrite(Span<byte> destination, ushort id, ReadOnlySpan<char> name, DnsType type, out int length)
    {
        length = 0;
        if (!DnsName.TryWrite(destination[DnsName.HeaderBytes..], name, out var nameBytes))
            return false;
        destination[..DnsName.HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], RecursionDesired);
        destination[5] = 1;
        destination[11] = 1;
        var tail = destination[(DnsName.HeaderBytes + nameBytes)..];
        BinaryPrimitives.WriteUInt16BigEndian(tail, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(tail[2..], ClassIn);
        var opt = tail.Slice(4, OptBytes);
        opt.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], (ushort)DnsType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], MaxUdpReplyBytes);
        length = DnsName.HeaderBytes + nameBytes + 4 + OptBytes;
        return true;
    }

    /// <summary>Gives a written query another id.</summary>
    public static void SetId(Span<byte> query, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(query, id);
}
