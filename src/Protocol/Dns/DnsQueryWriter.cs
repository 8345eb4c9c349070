using System.Buffers.Binary;

namespace Screening.Protocol.Dns;

/// <summary>Writes one recursive query with EDNS0, so that long answers need no second query over TCP.</summary>
/// <remarks>
/// <code>
/// RFC 1035 section 4.1
/// +----+-------+---------+-------+-------+--------+-----+
/// | id | flags | counts  | QNAME | QTYPE | QCLASS | OPT |
/// | u16| 0x0100| 1,0,0,1 |       | u16   | 1 IN   |     |
/// +----+-------+---------+-------+-------+--------+-----+
/// </code>
/// </remarks>
public static class DnsQueryWriter
{
    /// <summary>The longest query: header, a name of 255 octets, type, class, OPT.</summary>
    public const int MaxBytes = DnsMessage.HeaderBytes + DnsName.MaxBytes + DnsMessage.QuestionTailBytes + DnsMessage.OptBytes;

    /// <summary>Writes a query.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <param name="id">Comes back in the answer; unpredictable (RFC 5452 section 9.2).</param>
    /// <param name="name">Fully qualified, with or without trailing dot; printable ASCII.</param>
    /// <param name="type">What is asked for.</param>
    /// <param name="length">Octets written.</param>
    /// <returns>False if the name cannot be asked for: an empty label, one over 63 octets, a name over 255.</returns>
    public static bool TryWrite(Span<byte> destination, ushort id, ReadOnlySpan<char> name, DnsType type, out int length)
    {
        length = 0;
        if (!DnsName.TryWrite(destination[DnsMessage.HeaderBytes..], name, out var nameBytes))
            return false;
        destination[..DnsMessage.HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        destination[DnsMessage.FlagsAt] = DnsMessage.RecursionDesired;
        BinaryPrimitives.WriteUInt16BigEndian(destination[DnsMessage.QuestionsAt..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(destination[DnsMessage.AdditionalsAt..], 1);

        length = DnsMessage.HeaderBytes + nameBytes;
        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(length + 2)..], DnsMessage.ClassIn);
        length += DnsMessage.QuestionTailBytes;
        DnsMessage.WriteOpt(destination[length..]);
        length += DnsMessage.OptBytes;
        return true;
    }

    /// <summary>Gives a written query another id.</summary>
    public static void SetId(Span<byte> query, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(query, id);
}
