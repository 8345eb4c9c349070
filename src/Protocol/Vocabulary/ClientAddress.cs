using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Screening.Protocol.Vocabulary;

/// <summary>
/// The address of a mail client, IPv4 or IPv6, as one 128-bit number. An IPv4 address and its IPv4-mapped form
/// (<c>::ffff:a.b.c.d</c>, RFC 4291 section 2.5.5.2) are the same client and so the same value.
/// </summary>
/// <remarks>Parsing is strict: four decimal octets without leading zeros, or RFC 4291 text; no scope, port, brackets or spaces.</remarks>
public readonly partial record struct ClientAddress : IComparable<ClientAddress>
{
    /// <summary>The longest text that can be an address: <c>ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255</c>.</summary>
    public const int MaxTextLength = 45;

    private static readonly UInt128 MappedPrefix = new(0, 0xffff_0000_0000);

    private readonly UInt128 _bits;

    private ClientAddress(UInt128 bits) => _bits = bits;

    /// <summary>True for IPv4 and for IPv4-mapped IPv6.</summary>
    public bool IsIPv4 => _bits >> 32 == 0xffff;

    /// <summary>32 for IPv4, 128 for IPv6.</summary>
    public int BitLength => IsIPv4 ? 32 : 128;

    /// <summary>
    /// True for an address that no client has on the Internet: RFC 1918, RFC 6598 (shared by the clients of a carrier), RFC 3927 and
    /// RFC 4291 (link-local), RFC 4193. Loopback is not among them.
    /// </summary>
    public bool IsPrivate
    {
        get
        {
            var bits = IPv4Bits;
            return IsIPv4
                ? bits >> 24 == 0x0a || bits >> 20 == 0xac1 || bits >> 16 is 0xc0a8 or 0xa9fe || bits >> 22 == 0x6440_0000 >> 22
                : _bits >> 121 == 0xfc >> 1 || _bits >> 118 == 0xfe80 >> 6;
        }
    }

    /// <summary>All 128 bits in network order; IPv4 stands in its mapped form.</summary>
    public UInt128 Bits => _bits;

    /// <summary>The IPv4 address as a number, first octet highest. Meaningful only if <see cref="IsIPv4"/>.</summary>
    public uint IPv4Bits => (uint)_bits;

    /// <summary>Makes an IPv4 address from its number, first octet highest.</summary>
    public static ClientAddress FromIPv4(uint bits) => new(MappedPrefix | bits);

    /// <summary>Makes an address from 128 bits in network order.</summary>
    public static ClientAddress FromBits(UInt128 bits) => new(bits);

    /// <summary>Makes an address from the framework's form; the scope of an IPv6 address is dropped.</summary>
    public static ClientAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new ClientAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Reads an address from ASCII text. False, and never an exception, for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ClientAddress address)
    {
        address = default;
        if (text.IsEmpty || text.Length > MaxTextLength)
            return false;
        if (text.Contains((byte)':'))
            return TryParseIPv6(text, out address);
        if (!TryParseIPv4(text, out var bits))
            return false;
        address = FromIPv4(bits);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out ClientAddress)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out ClientAddress address)
    {
        address = default;
        Span<byte> ascii = stackalloc byte[MaxTextLength];
        return text.Length <= MaxTextLength
            && Encoding.UTF8.TryGetBytes(text, ascii, out var written)
            && TryParse(ascii[..written], out address);
    }

    /// <summary>Reads an address that is known to be well formed.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static ClientAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address");

    /// <summary>Writes the 4 or 16 octets in network order and returns their count.</summary>
    public int WriteOctets(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, IPv4Bits);
            return 4;
        }

        BinaryPrimitives.WriteUInt128BigEndian(destination, _bits);
        return 16;
    }

    /// <summary>The framework's form.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> octets = stackalloc byte[16];
        return new IPAddress(octets[..WriteOctets(octets)]);
    }

    /// <summary>The address with all bits behind <paramref name="prefixLength"/> (of its own family) cleared.</summary>
    public ClientAddress Masked(int prefixLength)
    {
        // .NET takes a shift's count modulo 128, so that a shift by all bits would keep them all.
        var keep = prefixLength + (128 - BitLength);
        return new ClientAddress(keep == 0 ? UInt128.Zero : _bits & (UInt128.MaxValue << (128 - keep)));
    }

    public int CompareTo(ClientAddress other) => _bits.CompareTo(other._bits);

    private static bool TryParseIPv4(ReadOnlySpan<byte> text, out uint bits)
    {
        bits = 0;
        for (var octet = 0; octet < 4; octet++)
        {
            var length = octet == 3 ? text.Length : text.IndexOf((byte)'.');
            if (length is < 1 or > 3 || !TryParseOctet(text[..length], out var value))
                return false;
            bits = (bits << 8) | value;
            text = octet == 3 ? default : text[(length + 1)..];
        }

        return true;
    }

    private static bool TryParseOctet(ReadOnlySpan<byte> digits, out uint value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            value = (value * 10) + (uint)(digit - '0');
        }

        // inet_aton(3) reads octal after a leading zero, other programs decimal: a text that may mean two addresses is refused.
        return value <= 255 && (digits.Length == 1 || digits[0] != '0');
    }

    // RFC 4291 section 2.2: groups of hex digits, at most one "::", the last 32 bits may be a dotted quad.
    private static bool TryParseIPv6(ReadOnlySpan<byte> text, out ClientAddress address)
    {
        address = default;
        var gap = text.IndexOf("::"u8);
        UInt128 head, tail = 0;
        int headGroups, tailGroups = 0;
        if (gap < 0)
        {
            if (!TryParseGroups(text, mayEndInQuad: true, out head, out headGroups) || headGroups != 8)
                return false;
            address = new ClientAddress(head);
            return true;
        }

        // "::" stands for at least one group, which leaves seven.
        if (!TryParseGroups(text[..gap], mayEndInQuad: false, out head, out headGroups)
            || !TryParseGroups(text[(gap + 2)..], mayEndInQuad: true, out tail, out tailGroups)
            || headGroups + tailGroups > 7)
        {
            return false;
        }

        address = new ClientAddress((head << ((8 - headGroups) * 16)) | tail);
        return true;
    }

    private static bool TryParseGroups(ReadOnlySpan<byte> text, bool mayEndInQuad, out UInt128 bits, out int groups)
    {
        bits = 0;
        groups = 0;
        while (!text.IsEmpty)
        {
            var colon = text.IndexOf((byte)':');
            var group = colon < 0 ? text : text[..colon];
            if (colon == text.Length - 1 || groups >= 8)
                return false;
            if (colon < 0 && mayEndInQuad && group.Contains((byte)'.'))
            {
                if (!TryParseIPv4(group, out var quad))
                    return false;
                bits = (bits << 32) | quad;
                groups += 2;
                return groups <= 8;
            }

            if (!TryParseHexGroup(group, out var value))
                return false;
            bits = (bits << 16) | value;
            groups++;
            text = colon < 0 ? default : text[(colon + 1)..];
        }

        return true;
    }

    private static bool TryParseHexGroup(ReadOnlySpan<byte> digits, out uint value)
    {
        value = 0;
        if (digits.Length is < 1 or > 4)
            return false;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return false;
            value = (value << 4) | (uint)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return true;
    }
}
