using System.Globalization;

namespace Screening.Protocol.Vocabulary;

/// <summary>A range of client addresses: a base address and the number of leading bits that count, 0..32 or 0..128.</summary>
/// <remarks>
/// The families are apart: <c>::/0</c> holds no IPv4 address. A range of IPv4-mapped addresses, such as
/// <c>::ffff:10.0.0.0/104</c>, is the IPv4 range it stands for; a shorter prefix of one is refused.
/// </remarks>
public readonly record struct Network
{
    private Network(ClientAddress address, int prefixLength)
    {
        Address = address;
        PrefixLength = prefixLength;
    }

    /// <summary>The first address; all bits behind the prefix are zero.</summary>
    public ClientAddress Address { get; }

    /// <summary>Leading bits that count, in the address's own family.</summary>
    public int PrefixLength { get; }

    /// <summary>True if the network is one address.</summary>
    public bool IsSingle => PrefixLength == Address.BitLength;

    /// <summary>The network of one address.</summary>
    public static Network Of(ClientAddress address) => new(address, address.BitLength);

    /// <summary>Makes a network; host bits of <paramref name="address"/> are cleared.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The prefix length does not fit the address's family.</exception>
    public static Network Of(ClientAddress address, int prefixLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, address.BitLength);
        return new Network(address.Masked(prefixLength), prefixLength);
    }

    /// <summary>
    /// Reads <c>address</c> or <c>address/length</c>. As cidr_table(5) demands, host bits behind the prefix must be zero;
    /// <paramref name="error"/> then says which network was probably meant.
    /// </summary>
    public static bool TryParse(string text, out Network network, out string error)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!ClientAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
        {
            error = $"'{PeerText.Excerpt(text)}' is not an IP address or network";
            return false;
        }

        // A mapped address is written as IPv6, and so its prefix length is one of IPv6.
        var unwritten = address.IsIPv4 && text.Contains(':', StringComparison.Ordinal) ? 96 : 0;
        var length = address.BitLength;
        if (slash >= 0 && !TryParseLength(text.AsSpan(slash + 1), unwritten, out length, address.BitLength))
        {
            error = $"'{PeerText.Excerpt(text)}' has no prefix length of {unwritten} to {address.BitLength + unwritten}";
            return false;
        }

        var meant = new Network(address.Masked(length), length);
        var exact = meant.Address == address;
        error = exact ? "" : $"'{PeerText.Excerpt(text)}' has host bits set; perhaps {meant} is meant";
        network = exact ? meant : default;
        return exact;
    }

    /// <summary>True if the address is of this family and inside the range.</summary>
    public bool Contains(ClientAddress address) =>
        address.IsIPv4 == Address.IsIPv4 && address.Masked(PrefixLength) == Address;

    /// <summary>True if all of the other range is inside this one.</summary>
    public bool Contains(Network other) => other.PrefixLength >= PrefixLength && Contains(other.Address);

    /// <summary><c>address/length</c>, of single addresses too.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");

    private static bool TryParseLength(ReadOnlySpan<char> digits, int unwritten, out int length, int max)
    {
        var known = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length)
            && (digits.Length == 1 || digits[0] != '0');
        length -= unwritten;
        return known && length >= 0 && length <= max;
    }
}
