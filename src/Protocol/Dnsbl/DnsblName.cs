using System.Buffers.Binary;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsbl;

/// <summary>The name under which a list is asked about a client (RFC 5782 sections 2.1 and 2.4).</summary>
/// <remarks>
/// 192.0.2.99 of <c>bl.example</c> is <c>99.2.0.192.bl.example</c>; an IPv6 address is its 32 hexadecimal digits, the last
/// one first, a label each. Both are asked for A records.
/// </remarks>
public static class DnsblName
{
    /// <summary>The longest name in text, without the final dot (RFC 1035 section 2.3.4).</summary>
    public const int MaxLength = 253;

    /// <summary>Characters of 32 one-digit labels and the dots between them.</summary>
    public const int IPv6LabelsLength = 63;

    /// <summary>The name to ask, in lower case as far as it is ours, without a final dot.</summary>
    /// <param name="zone">The list's domain, such as <see cref="SitePattern.Zone"/>.</param>
    public static string QueryName(ClientAddress client, string zone)
    {
        Span<char> labels = stackalloc char[IPv6LabelsLength + 1];
        return string.Concat(labels[..WriteLabels(client, labels)], zone);
    }

    /// <summary>Reads the labels in front of a zone: four octets, or 32 nibbles, of a reversed address.</summary>
    /// <param name="labels">The labels and the dots between them, no dot at either end. Digits of either case: DNS keeps none.</param>
    public static bool TryReadClient(ReadOnlySpan<char> labels, out ClientAddress client)
    {
        client = default;
        Span<byte> ascii = stackalloc byte[IPv6LabelsLength];
        return labels.Length <= IPv6LabelsLength
            && Encoding.UTF8.TryGetBytes(labels, ascii, out var written)
            && TryReadClient(ascii[..written], out client);
    }

    /// <inheritdoc cref="TryReadClient(ReadOnlySpan{char}, out ClientAddress)"/>
    public static bool TryReadClient(ReadOnlySpan<byte> labels, out ClientAddress client) =>
        labels.Length == IPv6LabelsLength ? TryReadNibbles(labels, out client) : TryReadOctets(labels, out client);

    private static int WriteLabels(ClientAddress client, Span<char> destination)
    {
        var length = 0;
        if (client.IsIPv4)
        {
            for (var shift = 0; shift < 32; shift += 8)
            {
                ((client.IPv4Bits >> shift) & 255).TryFormat(destination[length..], out var digits);
                length += digits;
                destination[length++] = '.';
            }

            return length;
        }

        for (var bits = client.Bits; length < destination.Length; bits >>= 4)
        {
            destination[length++] = "0123456789abcdef"[(int)(bits & 15)];
            destination[length++] = '.';
        }

        return length;
    }

    private static bool TryReadOctets(ReadOnlySpan<byte> labels, out ClientAddress client)
    {
        // The same text as an address, read backwards: so the same strictness, no leading zeros.
        client = default;
        if (labels.Contains((byte)':') || !ClientAddress.TryParse(labels, out var reversed))
            return false;
        client = ClientAddress.FromIPv4(BinaryPrimitives.ReverseEndianness(reversed.IPv4Bits));
        return true;
    }

    private static bool TryReadNibbles(ReadOnlySpan<byte> labels, out ClientAddress client)
    {
        client = default;
        var bits = UInt128.Zero;
        for (var i = 0; i < labels.Length; i++)
        {
            var letter = (char)labels[i];
            if (i % 2 == 0 ? !char.IsAsciiHexDigit(letter) : letter != '.')
                return false;
            if (i % 2 == 0)
                bits |= (UInt128)HexValue(letter) << (i * 2);
        }

        client = ClientAddress.FromBits(bits);
        return true;
    }

    private static uint HexValue(char digit) => (uint)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}
