using System.Globalization;

namespace Screening.Protocol.Vocabulary;

/// <summary>A range of client addresses: a base address and the number of leading bits that count, 0..32 or 0..128.</summary>
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
        var slash = text.IndexOf('/');
        if (!ClientAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
        {
            error = $"'{text}' is not an IP address or network";
            return false;
        }

        var length = address.BitLength;
        if (slash >= 0 && !TryParseLength(text.AsSpan(slash + 1), address.BitLength, out length))
        {
            error = $"'{text}' has no prefix length of 0 to {address.BitLength}";
            return false;
        }

        network = new Network(address.Masked(length), length);
        error = network.Address == address ? "" : $"'{text}' has host bits set; perhaps {network} is meant";
        return error.Length == 0;
    }

    /// <summary>True if the address is of this family and inside the range.</summary>
    public bool Contains(ClientAddress address) =>
        address.IsIPv4 == Address.IsIPv4 && address.Masked(PrefixLength) == Address;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");

    private static bool TryParseLength(ReadOnlySpan<char> digits, int max, out int length) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length)
        && length <= max && (digits.Length == 1 || digits[0] != '0');
}
