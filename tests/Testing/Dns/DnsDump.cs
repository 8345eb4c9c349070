using System.Text;

namespace Screening.Testing.Dns;

/// <summary>
/// A DNS message as text, a line for the header and one for each question and record, in the manner of dig(1). Slow and obvious, and
/// without any code of the product: its writers are judged by it. Every octet must have its place; what is missing, left over or
/// malformed throws.
/// </summary>
/// <example>
/// <code>
/// 7 QR AA RD NXDOMAIN
/// question 4.3.2.1.z.test IN A
/// authority z.test 60 IN SOA localhost hostmaster.z.test 1 3600 600 86400 60
/// additional OPT size 1232 rcode 0 version 0 flags 0 ""
/// </code>
/// </example>
public static class DnsDump
{
    private static readonly string[] Rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
    private static readonly string[] Sections = ["answer", "authority", "additional"];

    /// <summary>The whole message, lines separated by LF.</summary>
    /// <exception cref="FormatException">The message is malformed.</exception>
    public static string Of(ReadOnlySpan<byte> message) => new Reader(message.ToArray()).Message();

    private sealed class Reader(byte[] message)
    {
        private int _at;

        public string Message()
        {
            var lines = new List<string> { $"{U16()} {Flags(U16())}" };
            int[] counts = [U16(), U16(), U16(), U16()];
            for (var i = 0; i < counts[0]; i++)
            {
                var name = Name();
                var type = U16();
                lines.Add($"question {name} {ClassOf(U16())} {TypeOf(type)}");
            }

            for (var section = 0; section < 3; section++)
            {
                for (var i = 0; i < counts[section + 1]; i++)
                    lines.Add($"{Sections[section]} {Record()}");
            }

            return _at == message.Length ? string.Join('\n', lines) : throw Malformed("octets behind the last record");
        }

        // RFC 1035 section 4.1.1; RFC 4035 section 3.1.6 for AD and CD.
        private static string Flags(int flags)
        {
            var words = new StringBuilder();
            foreach (var (bit, word) in new[] { (15, "QR"), (10, "AA"), (9, "TC"), (8, "RD"), (7, "RA"), (6, "Z"), (5, "AD"), (4, "CD") })
                words.Append((flags >> bit & 1) == 1 ? word + " " : "");
            var opcode = flags >> 11 & 15;
            words.Append(opcode == 0 ? "" : $"opcode {opcode} ");
            var rcode = flags & 15;
            return words.Append(rcode < Rcodes.Length ? Rcodes[rcode] : $"rcode {rcode}").ToString();
        }

        private string Record()
        {
            var owner = Name();
            int type = U16(), @class = U16();
            var ttl = U32();
            var end = U16();
            end += _at;
            if (end > message.Length)
                throw Malformed("a record that ends behind the message");
            var text = type == 41
                ? $"{owner}OPT size {@class} rcode {ttl >> 24} version {ttl >> 16 & 255} flags {ttl & 0xffff} \"{Hex(end)}\""
                : $"{owner} {ttl} {ClassOf(@class)} {TypeOf(type)} {RecordData(type, end)}";
            return _at == end ? text : throw Malformed("record data of another length than announced");
        }

        private string RecordData(int type, int end) => type switch
        {
            1 => $"{U8()}.{U8()}.{U8()}.{U8()}",
            2 or 5 => Name(),
            6 => $"{Name()} {Name()} {U32()} {U32()} {U32()} {U32()} {U32()}",
            16 => Strings(end),
            _ => Hex(end),
        };

        private string Strings(int end)
        {
            var strings = new List<string>();
            while (_at < end)
            {
                var length = U8();
                strings.Add($"\"{Ascii(length)}\"");
            }

            return strings.Count > 0 ? string.Join(' ', strings) : throw Malformed("text without a string");
        }

        // Empty for the root. A pointer leads backwards (RFC 1035 section 4.1.4).
        private string Name()
        {
            var labels = new List<string>();
            int? behind = null;
            for (var start = _at; ;)
            {
                var length = U8();
                if (length == 0)
                    break;
                if (length < 64)
                {
                    labels.Add(Ascii(length));
                    continue;
                }

                var target = (length & 63) * 256 + U8();
                if (length < 192 || target >= start || target < 12)
                    throw Malformed("a name that is no name");
                behind ??= _at;
                start = _at = target;
            }

            _at = behind ?? _at;
            return string.Join('.', labels);
        }

        private string Ascii(int length)
        {
            var text = new StringBuilder();
            for (var i = 0; i < length; i++)
            {
                var octet = U8();
                text.Append(octet is >= ' ' and <= '~' ? (char)octet : throw Malformed($"octet {octet} in a text"));
            }

            return text.ToString();
        }

        private string Hex(int end)
        {
            var text = new StringBuilder();
            while (_at < end)
                text.Append($"{U8():x2}");
            return text.ToString();
        }

        private static string ClassOf(int number) => number switch { 1 => "IN", 3 => "CH", _ => $"CLASS{number}" };

        private static string TypeOf(int number) => number switch
        {
            1 => "A",
            2 => "NS",
            5 => "CNAME",
            6 => "SOA",
            16 => "TXT",
            255 => "ANY",
            _ => $"TYPE{number}",
        };

        private int U8() => _at < message.Length ? message[_at++] : throw Malformed("cut");

        private int U16() => U8() * 256 + U8();

        private uint U32() => (uint)U16() << 16 | (uint)U16();

        private FormatException Malformed(string why) => new($"{why}, at {_at} of {Convert.ToHexString(message)}");
    }
}
