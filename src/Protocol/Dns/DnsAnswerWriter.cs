using System.Buffers.Binary;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dns;

/// <summary>The answer of an authoritative server of one zone to a question.</summary>
/// <param name="Rcode">NXDOMAIN and REFUSED among others.</param>
/// <param name="Type">The type of the record in the answer section; null for none, as with NODATA.</param>
/// <param name="TtlSeconds">That record's ttl; without one, the ttl of the SOA record in the authority section and its MINIMUM.</param>
public readonly record struct DnsAnswerContent(DnsRcode Rcode, DnsType? Type = null, int TtlSeconds = 0)
{
    /// <summary>The A record's address.</summary>
    public AnswerCode Code { get; init; }

    /// <summary>The TXT record's text: ASCII.</summary>
    public string Text { get; init; } = "";

    /// <summary>True if it is the zone's own answer: not for REFUSED and errors.</summary>
    public bool IsAuthoritative => Rcode is DnsRcode.NoError or DnsRcode.NxDomain;
}

/// <summary>Writes answers of an authoritative server. Never recursive, and compressed only by pointers into the question's name.</summary>
/// <remarks>
/// <code>
/// header: id, QR opcode AA TC RD, rcode, counts | question as it came, in the same case
/// answer:    C00C | TYPE | IN | TTL | RDLENGTH | RDATA         (C00C: the question's name, RFC 1035 section 4.1.4)
/// authority: C0xx | SOA  | IN | TTL | RDLENGTH | localhost. hostmaster.ZONE. 1 3600 600 86400 TTL     (C0xx: the zone's own name)
/// additional: OPT, if the request had one (RFC 6891 section 7)
/// </code>
/// What does not fit goes out as header and question with TC (RFC 2181 section 9).
/// </remarks>
public static class DnsAnswerWriter
{
    /// <summary>The longest answer over UDP: what passes every path unfragmented (DNS flag day 2020).</summary>
    public const int MaxUdpBytes = DnsMessage.MaxUdpBytes;

    /// <summary>A buffer of this length holds every answer.</summary>
    public const int MaxBytes = 2048;

    /// <summary>Octets of a TXT record's text that are written.</summary>
    public const int MaxTextBytes = 1024;

    private const int MaxStringBytes = 255;
    private const ushort Pointer = 0xc000;

    // RFC 6891 section 6.1.3. Beyond the header's four bits: the rest of it goes into the OPT record.
    private const int BadVersion = 16;

    /// <summary>Writes the answer to a request.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <param name="message">The request's octets.</param>
    /// <param name="request">What was read of them; not of kind <see cref="DnsRequestKind.Ignore"/>.</param>
    /// <param name="content">The answer to a question.</param>
    /// <param name="zone">The zone's name, of which the question's name is part.</param>
    /// <param name="limit">The longest answer.</param>
    /// <returns>Octets written.</returns>
    public static int Write(
        Span<byte> destination, ReadOnlySpan<byte> message, in DnsRequest request, in DnsAnswerContent content, string zone, int limit)
    {
        var rcode = request.Kind switch
        {
            DnsRequestKind.Malformed => (int)DnsRcode.FormErr,
            DnsRequestKind.NotImplemented => (int)DnsRcode.NotImp,
            DnsRequestKind.BadVersion => BadVersion,
            _ => (int)content.Rcode,
        };
        var isAuthoritative = request.Kind == DnsRequestKind.Question && content.IsAuthoritative;
        var length = WriteHead(destination, message, request, rcode, isAuthoritative);
        if (isAuthoritative)
        {
            // The question's name ends in the zone's name, whose octets are a length for each dot and one more, its letters, and a zero.
            var zoneAt = (ushort)(Pointer | (request.EchoBytes - DnsMessage.QuestionTailBytes - (zone.Length + 2)));
            var end = length;
            if (content.Type is { } type)
                WriteRecord(destination, ref end, Pointer | DnsMessage.HeaderBytes, type, content, zoneAt);
            else
                WriteRecord(destination, ref end, zoneAt, DnsType.Soa, content, zoneAt);
            if (end + (request.HasEdns ? DnsMessage.OptBytes : 0) <= limit)
            {
                var count = content.Type is null ? DnsMessage.AuthoritiesAt : DnsMessage.AnswersAt;
                BinaryPrimitives.WriteUInt16BigEndian(destination[count..], 1);
                length = end;
            }
            else
            {
                destination[DnsMessage.FlagsAt] |= DnsMessage.Truncated;
            }
        }

        return request.HasEdns ? WriteOpt(destination, length, rcode >> 4, request.WantsDnssec) : length;
    }

    /// <summary>
    /// Writes header and question with TC, so that the client asks again over TCP. For clients that ask too often: one whose address was
    /// forged cannot, and what it is sent is not longer than what it sent.
    /// </summary>
    public static int WriteTruncated(Span<byte> destination, ReadOnlySpan<byte> message, in DnsRequest request)
    {
        var length = WriteHead(destination, message, request, 0, isAuthoritative: true);
        destination[DnsMessage.FlagsAt] |= DnsMessage.Truncated;
        return length;
    }

    private static int WriteHead(
        Span<byte> destination, ReadOnlySpan<byte> message, in DnsRequest request, int rcode, bool isAuthoritative)
    {
        message[..request.EchoBytes].CopyTo(destination);
        var echoed = message[DnsMessage.FlagsAt] & (DnsMessage.Opcode | DnsMessage.RecursionDesired);
        destination[DnsMessage.FlagsAt] = (byte)(DnsMessage.Response | echoed | (isAuthoritative ? DnsMessage.Authoritative : 0));
        destination[DnsMessage.RcodeAt] = (byte)(rcode & DnsMessage.Rcode);
        destination[DnsMessage.QuestionsAt..DnsMessage.HeaderBytes].Clear();
        var questions = request.EchoBytes > DnsMessage.HeaderBytes ? 1 : 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[DnsMessage.QuestionsAt..], (ushort)questions);
        return request.EchoBytes;
    }

    private static void WriteRecord(
        Span<byte> destination, ref int end, int owner, DnsType type, in DnsAnswerContent content, ushort zoneAt)
    {
        var record = destination[end..];
        BinaryPrimitives.WriteUInt16BigEndian(record, (ushort)owner);
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], DnsMessage.ClassIn);
        BinaryPrimitives.WriteInt32BigEndian(record[6..], content.TtlSeconds);
        var data = record[12..];
        var length = type switch
        {
            DnsType.A => WriteAddress(data, content.Code),
            DnsType.Txt => WriteText(data, content.Text),
            DnsType.Ns => WriteName(data, "localhost"),
            _ => WriteSoa(data, content.TtlSeconds, zoneAt),
        };
        BinaryPrimitives.WriteUInt16BigEndian(record[10..], (ushort)length);
        end += 12 + length;
    }

    private static int WriteAddress(Span<byte> data, AnswerCode code)
    {
        BinaryPrimitives.WriteUInt32BigEndian(data, code.Bits);
        return 4;
    }

    // RFC 1035 section 3.3.14: strings of at most 255 octets, each behind its length; an empty text is one empty string.
    private static int WriteText(Span<byte> data, ReadOnlySpan<char> text)
    {
        text = text[..Math.Min(text.Length, MaxTextBytes)];
        var length = 0;
        do
        {
            var piece = text[..Math.Min(text.Length, MaxStringBytes)];
            data[length++] = (byte)piece.Length;
            length += Encoding.ASCII.GetBytes(piece, data[length..]);
            text = text[piece.Length..];
        }
        while (!text.IsEmpty);
        return length;
    }

    // RFC 1035 section 3.3.13. There are no secondaries, so the times in the middle mean nothing; the last number is the ttl of a negative
    // answer (RFC 2308 section 4).
    private static int WriteSoa(Span<byte> data, int ttlSeconds, ushort zoneAt)
    {
        var length = WriteName(data, "localhost");
        var mailbox = "\x0ahostmaster"u8;
        mailbox.CopyTo(data[length..]);
        length += mailbox.Length;
        BinaryPrimitives.WriteUInt16BigEndian(data[length..], zoneAt);
        length += 2;
        foreach (var number in (ReadOnlySpan<int>)[1, 3600, 600, 86400, ttlSeconds])
        {
            BinaryPrimitives.WriteInt32BigEndian(data[length..], number);
            length += 4;
        }

        return length;
    }

    private static int WriteName(Span<byte> data, string name)
    {
        DnsName.TryWrite(data, name, out var length);
        return length;
    }

    // RFC 3225 section 3: DO comes back as it was sent.
    private static int WriteOpt(Span<byte> destination, int length, int extendedRcode, bool wantsDnssec)
    {
        DnsMessage.WriteOpt(destination[length..], extendedRcode, wantsDnssec);
        BinaryPrimitives.WriteUInt16BigEndian(destination[DnsMessage.AdditionalsAt..], 1);
        return length + DnsMessage.OptBytes;
    }
}
