using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dns;

/// <summary>
/// Reads a resolver's answer to a query that <see cref="DnsQueryWriter"/> wrote. Any bytes give an answer or <c>InvalidData</c>.
/// </summary>
/// <remarks>
/// <code>
/// RFC 1035 section 4.1: header, question, answer, authority, additional (<see cref="DnsMessage"/>)
/// record   NAME | TYPE u16 | CLASS u16 | TTL u32 | RDLENGTH u16 | RDATA
/// </code>
/// The additional section is not read.
/// </remarks>
public static class DnsReplyReader
{
    /// <summary>Records that are read of the answer and authority sections together; a message with more is refused.</summary>
    public const int MaxRecords = 1024;

    /// <summary>Octets of a TXT record that are kept.</summary>
    public const int MaxTextBytes = 1024;

    // RFC 1034 section 3.6.2 wants chains of aliases followed, and loops taken for an error. The bound serves both.
    private const int MaxAliases = 16;

    /// <summary>The message's id; 0 if it is too short to have one.</summary>
    public static ushort Id(ReadOnlySpan<byte> message) =>
        message.Length < DnsMessage.HeaderBytes ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(message);

    /// <summary>
    /// True if the message is an answer to this query: the same id and, but for the case of letters, the same question (RFC 5452 section
    /// 9.1). An error without a question, as FORMERR may be, is an answer too.
    /// </summary>
    public static bool Answers(ReadOnlySpan<byte> message, ReadOnlySpan<byte> query)
    {
        if (message.Length < DnsMessage.HeaderBytes || query.Length < DnsMessage.HeaderBytes
            || Id(message) != Id(query)
            || (message[DnsMessage.FlagsAt] & (DnsMessage.Response | DnsMessage.Opcode)) != DnsMessage.Response)
        {
            return false;
        }

        var questions = DnsMessage.Count(message, DnsMessage.QuestionsAt);
        if (questions == 0)
            return message.Length == DnsMessage.HeaderBytes && Rcode(message) is not (DnsRcode.NoError or DnsRcode.NxDomain);
        var question = query[DnsMessage.HeaderBytes..QuestionEnd(query)];
        var echoed = message[DnsMessage.HeaderBytes..];
        return questions == 1 && echoed.Length >= question.Length && SameButForCase(echoed[..question.Length], question);
    }

    /// <summary>Reads an answer that <see cref="Answers"/> has accepted.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="reply">What it says.</param>
    /// <returns><c>Done</c>, or <c>InvalidData</c> if the message is cut or malformed.</returns>
    public static OperationStatus TryRead(ReadOnlySpan<byte> message, out DnsReply reply)
    {
        reply = Empty(DnsRcode.ServFail, truncated: false);
        if (message.Length < DnsMessage.HeaderBytes)
            return OperationStatus.InvalidData;
        var truncated = (message[DnsMessage.FlagsAt] & DnsMessage.Truncated) != 0;
        var rcode = Rcode(message);
        if (truncated || rcode is not (DnsRcode.NoError or DnsRcode.NxDomain))
        {
            reply = Empty(rcode, truncated);
            return OperationStatus.Done;
        }

        Span<byte> asked = stackalloc byte[DnsName.MaxBytes];
        var offset = DnsMessage.HeaderBytes;
        var stepsLeft = DnsName.MaxSteps;
        if (DnsMessage.Count(message, DnsMessage.QuestionsAt) != 1
            || !DnsName.TryRead(message, ref offset, asked, out var askedLength, ref stepsLeft)
            || offset + DnsMessage.QuestionTailBytes > message.Length)
        {
            return OperationStatus.InvalidData;
        }

        var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
        return TryReadRecords(message, offset + DnsMessage.QuestionTailBytes, asked, askedLength, type, rcode, ref stepsLeft, out reply)
            ? OperationStatus.Done
            : OperationStatus.InvalidData;
    }

    private static bool TryReadRecords(
        ReadOnlySpan<byte> message, int start, Span<byte> target, int targetLength, DnsType type, DnsRcode rcode, ref int stepsLeft,
        out DnsReply reply)
    {
        reply = Empty(rcode, truncated: false);
        int answers = DnsMessage.Count(message, DnsMessage.AnswersAt);
        int authorities = DnsMessage.Count(message, DnsMessage.AuthoritiesAt);
        if (answers + authorities > MaxRecords
            || !TryFollowAliases(message, start, answers, target, ref targetLength, ref stepsLeft))
        {
            return false;
        }

        var codes = ImmutableArray.CreateBuilder<AnswerCode>();
        var texts = ImmutableArray.CreateBuilder<string>();
        int? ttl = null, soaTtl = null;
        var records = new Records(message, start, ref stepsLeft);
        for (var i = 0; i < answers + authorities; i++)
        {
            if (!records.TryNext())
                return false;
            if (i >= answers)
                soaTtl ??= records.Type == DnsType.Soa && records.Class == DnsMessage.ClassIn ? records.TtlSeconds : null;
            else if (records.Type != type || records.Class != DnsMessage.ClassIn || !records.IsOwnedBy(target[..targetLength]))
                continue;
            else if (TryAdd(records.Data, type, codes, texts))
                ttl = Math.Min(ttl ?? int.MaxValue, records.TtlSeconds);
            else
                return false;
        }

        reply = new DnsReply(rcode, false, codes.DrainToImmutable(), texts.DrainToImmutable(), ttl ?? soaTtl);
        return true;
    }

    private static bool TryAdd(
        ReadOnlySpan<byte> data, DnsType type, ImmutableArray<AnswerCode>.Builder codes, ImmutableArray<string>.Builder texts)
    {
        switch (type)
        {
            case DnsType.A when data.Length == 4:
                codes.Add(new AnswerCode(BinaryPrimitives.ReadUInt32BigEndian(data)));
                return true;
            case DnsType.Txt when TryReadStrings(data, out var text):
                texts.Add(text);
                return true;
            default:
                return false;
        }
    }

    // RFC 1035 section 3.3.14: one or more strings, each behind its length. Bytes that are not UTF-8 become U+FFFD.
    private static bool TryReadStrings(ReadOnlySpan<byte> data, out string text)
    {
        text = "";
        Span<byte> joined = stackalloc byte[MaxTextBytes];
        var length = 0;
        while (!data.IsEmpty)
        {
            int piece = data[0];
            if (piece >= data.Length)
                return false;
            var kept = Math.Min(piece, MaxTextBytes - length);
            data.Slice(1, kept).CopyTo(joined[length..]);
            length += kept;
            data = data[(piece + 1)..];
        }

        text = Encoding.UTF8.GetString(joined[..length]);
        return true;
    }

    // Makes the target the name that the chain of aliases ends at. Most answers have no alias, and so need one walk. RFC 1034 does not say
    // in which order the records of a chain stand, so each alias is looked for from the first record on.
    private static bool TryFollowAliases(
        ReadOnlySpan<byte> message, int start, int answers, Span<byte> target, ref int targetLength, ref int stepsLeft)
    {
        for (var followed = 0; followed <= MaxAliases; followed++)
        {
            var records = new Records(message, start, ref stepsLeft);
            var found = false;
            for (var i = 0; i < answers && !found; i++)
            {
                if (!records.TryNext())
                    return false;
                found = records.Type == DnsType.Cname && records.Class == DnsMessage.ClassIn && records.IsOwnedBy(target[..targetLength]);
            }

            if (!found)
                return true;
            if (!records.TryReadAlias(target, out targetLength))
                return false;
        }

        return false;
    }

    private static int QuestionEnd(ReadOnlySpan<byte> query)
    {
        var end = DnsMessage.HeaderBytes;
        while (end < query.Length && query[end] != 0)
            end += query[end] + 1;
        return Math.Min(end + 1 + DnsMessage.QuestionTailBytes, query.Length);
    }

    private static bool SameButForCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.SequenceEqual(right) || Ascii.EqualsIgnoreCase(left, right);

    // Without the upper bits, which an OPT record may add: the additional section is not read, and all that these say is failure.
    private static DnsRcode Rcode(ReadOnlySpan<byte> message) => (DnsRcode)(message[DnsMessage.RcodeAt] & DnsMessage.Rcode);

    private static DnsReply Empty(DnsRcode rcode, bool truncated) => new(rcode, truncated, [], [], null);

    /// <summary>Walks records; never leaves the message.</summary>
    private ref struct Records(ReadOnlySpan<byte> message, int offset, ref int stepsLeft)
    {
        private readonly ReadOnlySpan<byte> _message = message;
        private readonly ref int _stepsLeft = ref stepsLeft;
        private int _ownerAt;
        private int _dataAt;
        private int _next = offset;

        public DnsType Type { get; private set; }

        public ushort Class { get; private set; }

        public int TtlSeconds { get; private set; }

        public readonly ReadOnlySpan<byte> Data => _message[_dataAt.._next];

        public bool TryNext()
        {
            Span<byte> owner = stackalloc byte[DnsName.MaxBytes];
            _ownerAt = _next;
            var at = _next;
            if (!DnsName.TryRead(_message, ref at, owner, out _, ref _stepsLeft) || at + DnsMessage.RecordHeadBytes > _message.Length)
                return false;
            var head = _message[at..];
            Type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(head);
            Class = BinaryPrimitives.ReadUInt16BigEndian(head[2..]);

            // RFC 2181 section 8: a TTL with its highest bit set counts as zero.
            TtlSeconds = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(head[4..]));
            _dataAt = at + DnsMessage.RecordHeadBytes;
            _next = _dataAt + BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
            return _next <= _message.Length;
        }

        public readonly bool IsOwnedBy(ReadOnlySpan<byte> name)
        {
            Span<byte> owner = stackalloc byte[DnsName.MaxBytes];
            var at = _ownerAt;
            return DnsName.TryRead(_message, ref at, owner, out var length, ref _stepsLeft) && owner[..length].SequenceEqual(name);
        }

        public readonly bool TryReadAlias(Span<byte> name, out int length)
        {
            var at = _dataAt;
            return DnsName.TryRead(_message, ref at, name, out length, ref _stepsLeft) && at == _next;
        }
    }
}
