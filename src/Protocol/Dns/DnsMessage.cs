using System.Buffers.Binary;

namespace Screening.Protocol.Dns;

/// <summary>What all messages have in common: the header, the class, and the pseudo-record of EDNS0.</summary>
/// <remarks>
/// <code>
/// RFC 1035 section 4.1.1
///  0  id u16       2  QR 1 bit, OPCODE 4 bits, AA, TC, RD      3  RA 1 bit, Z 3 bits, RCODE 4 bits
///  4  QDCOUNT u16  6  ANCOUNT u16     8  NSCOUNT u16    10  ARCOUNT u16
///
/// RFC 6891 section 6.1.2
/// +------+--------+----------+-----------+------------+------------+------------+
/// | root | 41 OPT | size u16 | rcode u8  | version u8 | flags u16  | RDLENGTH 0 |
/// +------+--------+----------+-----------+------------+------------+------------+
/// </code>
/// </remarks>
internal static class DnsMessage
{
    public const int HeaderBytes = 12;
    public const int FlagsAt = 2;
    public const int RcodeAt = 3;
    public const int QuestionsAt = 4;
    public const int AnswersAt = 6;
    public const int AuthoritiesAt = 8;
    public const int AdditionalsAt = 10;

    public const byte Response = 0x80;
    public const byte Opcode = 0x78;
    public const byte Authoritative = 0x04;
    public const byte Truncated = 0x02;
    public const byte RecursionDesired = 0x01;
    public const byte Rcode = 0x0f;

    /// <summary>QTYPE and QCLASS, behind a question's name.</summary>
    public const int QuestionTailBytes = 4;

    /// <summary>TYPE, CLASS, TTL and RDLENGTH, behind a record's name.</summary>
    public const int RecordHeadBytes = 10;

    public const ushort ClassIn = 1;

    public const int OptBytes = 1 + RecordHeadBytes;

    /// <summary>The longest message over UDP, either way: what passes every path unfragmented (DNS flag day 2020).</summary>
    public const int MaxUdpBytes = 1232;

    // The first bit of OPT's flags, DO (RFC 3225 section 3).
    private const byte DnssecOk = 0x80;

    public static ushort Count(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    /// <summary>Writes an OPT record of version 0 without options, <see cref="OptBytes"/> long.</summary>
    /// <param name="extendedRcode">The response code's upper eight bits; the lower four are in the header.</param>
    public static void WriteOpt(Span<byte> destination, int extendedRcode = 0, bool wantsDnssec = false)
    {
        var opt = destination[..OptBytes];
        opt.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], (ushort)DnsType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], MaxUdpBytes);
        opt[5] = (byte)extendedRcode;
        opt[7] = wantsDnssec ? DnssecOk : (byte)0;
    }

    /// <summary>True if an OPT record, read from its TYPE on, has DO set.</summary>
    public static bool WantsDnssec(ReadOnlySpan<byte> recordHead) => (recordHead[6] & DnssecOk) != 0;
}
