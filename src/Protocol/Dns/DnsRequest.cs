using System.Buffers.Binary;

namespace Screening.Protocol.Dns;

/// <summary>What a server makes of a message.</summary>
public enum DnsRequestKind : byte
{
    /// <summary>Too short to be a request, or an answer: to answer that could make two servers talk for ever.</summary>
    Ignore,

    /// <summary>One question that may be answered.</summary>
    Question,

    /// <summary>Malformed: FORMERR.</summary>
    Malformed,

    /// <summary>Another operation than QUERY: NOTIMP.</summary>
    NotImplemented,

    /// <summary>A later EDNS than 0: BADVERS (RFC 6891 section 6.1.3).</summary>
    BadVersion,
}

/// <summary>A request as an authoritative server reads it. Total: any bytes give one of the kinds.</summary>
/// <remarks>
/// <code>
/// RFC 1035 section 4.1.1: id u16 | QR opcode4 AA TC RD | RA Z3 rcode4 | QDCOUNT 1 | ANCOUNT 0 | NSCOUNT 0 | ARCOUNT, u16 each
/// question: QNAME | QTYPE u16 | QCLASS u16        additional: at most one OPT (RFC 6891 section 6.1)
/// </code>
/// </remarks>
public readonly record struct DnsRequest
{
    /// <summary>
    /// Smaller values count as 512 (RFC 6891 section 6.2.5), which is also the limit for clients without EDNS (RFC 1035 section 2.3.4).
    /// </summary>
    public const int MinPayloadBytes = 512;

    /// <summary>The longest name in text.</summary>
    public const int MaxNameLength = DnsName.MaxBytes;

    // Besides OPT a query may be signed (TSIG, SIG(0)); nothing else belongs there.
    private const int MaxAdditional = 8;

    /// <summary>How the message is to be answered.</summary>
    public DnsRequestKind Kind { get; private init; }

    /// <summary>What is asked for.</summary>
    public DnsType Type { get; private init; }

    /// <summary>True if the question is of class IN.</summary>
    public bool IsInternet { get; private init; }

    /// <summary>
    /// Octets of header and question, which an answer repeats; the header alone where there is not exactly one whole question.
    /// </summary>
    public int EchoBytes { get; private init; }

    /// <summary>True if the client uses EDNS0.</summary>
    public bool HasEdns { get; private init; }

    /// <summary>True if the client asks for DNSSEC records (DO); an answer with EDNS repeats the bit (RFC 3225 section 3).</summary>
    public bool WantsDnssec { get; private init; }

    /// <summary>The longest answer over UDP that the client accepts.</summary>
    public int PayloadBytes { get; private init; }

    /// <summary>Reads a message.</summary>
    /// <param name="buffer">At least <see cref="MaxNameLength"/> long; the name is written there.</param>
    /// <param name="name">
    /// What is asked about, in lower case and without the root's dot. Empty for the root, and for a name with octets that no name in the
    /// zone has.
    /// </param>
    public static DnsRequest Read(ReadOnlySpan<byte> message, Span<char> buffer, out ReadOnlySpan<char> name)
    {
        name = default;
        var request = new DnsRequest { EchoBytes = DnsMessage.HeaderBytes, PayloadBytes = MinPayloadBytes };
        if (message.Length < DnsMessage.HeaderBytes || (message[DnsMessage.FlagsAt] & DnsMessage.Response) != 0)
            return request;

        // What is read from here on only makes the request better: until all of it is understood it is malformed.
        var isQuery = (message[DnsMessage.FlagsAt] & DnsMessage.Opcode) == 0;
        request = request with { Kind = isQuery ? DnsRequestKind.Malformed : DnsRequestKind.NotImplemented };
        if (DnsMessage.Count(message, DnsMessage.QuestionsAt) != 1)
            return request;

        Span<byte> labels = stackalloc byte[DnsName.MaxBytes];
        var offset = DnsMessage.HeaderBytes;
        var stepsLeft = DnsName.MaxSteps;
        if (!DnsName.TryRead(message, ref offset, labels, out var length, ref stepsLeft)
            || offset + DnsMessage.QuestionTailBytes > message.Length)
        {
            return request;
        }

        name = Text(labels[..length], buffer);
        request = request with
        {
            Type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[offset..]),
            IsInternet = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]) == DnsMessage.ClassIn,
            EchoBytes = offset + DnsMessage.QuestionTailBytes,
        };
        var isPlain = isQuery && DnsMessage.Count(message, DnsMessage.AnswersAt) == 0
            && DnsMessage.Count(message, DnsMessage.AuthoritiesAt) == 0;
        return isPlain ? ReadAdditional(message, request.EchoBytes, request, ref stepsLeft) : request;
    }

    private static DnsRequest ReadAdditional(ReadOnlySpan<byte> message, int offset, DnsRequest request, ref int stepsLeft)
    {
        int count = DnsMessage.Count(message, DnsMessage.AdditionalsAt);
        if (count > MaxAdditional)
            return request;
        Span<byte> owner = stackalloc byte[DnsName.MaxBytes];
        var version = 0;
        for (var i = 0; i < count; i++)
        {
            if (!DnsName.TryRead(message, ref offset, owner, out var ownerLength, ref stepsLeft)
                || offset + DnsMessage.RecordHeadBytes > message.Length)
            {
                return request;
            }

            var head = message[offset..];
            offset += DnsMessage.RecordHeadBytes + BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
            if (offset > message.Length)
                return request;
            if ((DnsType)BinaryPrimitives.ReadUInt16BigEndian(head) != DnsType.Opt)
                continue;

            // RFC 6891 section 6.1.1: one OPT at most. Section 6.1.2: its owner is the root.
            if (request.HasEdns || ownerLength != 1)
                return request;
            request = request with
            {
                HasEdns = true,
                WantsDnssec = DnsMessage.WantsDnssec(head),
                PayloadBytes = Math.Max(MinPayloadBytes, (int)BinaryPrimitives.ReadUInt16BigEndian(head[2..])),
            };
            version = head[5];
        }

        return request with { Kind = version == 0 ? DnsRequestKind.Question : DnsRequestKind.BadVersion };
    }

    private static ReadOnlySpan<char> Text(scoped ReadOnlySpan<byte> name, Span<char> text)
    {
        var length = 0;
        for (var at = 0; name[at] != 0; at += name[at] + 1)
        {
            if (length > 0)
                text[length++] = '.';
            foreach (var octet in name.Slice(at + 1, name[at]))
            {
                if (octet is <= (byte)' ' or > (byte)'~' or (byte)'.')
                    return default;
                text[length++] = (char)octet;
            }
        }

        return text[..length];
    }
}
