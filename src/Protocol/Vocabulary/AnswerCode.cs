using System.Globalization;
using System.Text.Unicode;

namespace Screening.Protocol.Vocabulary;

/// <summary>An A record in a DNSBL's answer: a code in 127.0.0.0/8, never an address to talk to (RFC 5782 section 2.1).</summary>
/// <remarks>
/// Lists use some codes to say that they did not look at all (over quota, public resolver, mistyped name). A program that counts such a
/// code lists everybody, or trusts everybody if the list's weight is negative: see <see cref="ErrorReason"/>.
/// </remarks>
/// <param name="Bits">The four octets, first octet highest.</param>
public readonly record struct AnswerCode(uint Bits)
{
    /// <summary>One octet of the code.</summary>
    /// <param name="octet">0, the first and highest, to 3; anything else is taken modulo 4.</param>
    public byte this[int octet] => (byte)(Bits >> ((3 - (octet & 3)) * 8));

    /// <summary>False for a code by which no list means a listing, whatever the filter: see <see cref="ErrorReason"/>.</summary>
    public bool MayCount => ErrorReason() is null;

    /// <summary>Reads four decimal octets without leading zeros. False, and never an exception, for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AnswerCode code)
    {
        var known = !text.Contains(':') & ClientAddress.TryParse(text, out var address);
        code = known ? new AnswerCode(address.IPv4Bits) : default;
        return known;
    }

    /// <summary>Why the code may not count, in words for the operator; null when it may. Never allocates.</summary>
    public string? ErrorReason() => Bits switch
    {
        _ when Bits >> 24 != 127 => "not in 127.0.0.0/8: no list's answer, perhaps a resolver that rewrites names or a parked domain",

        // docs.spamhaus.com, "return codes"; other lists use the same block.
        0x7fff_fffc => "the list says: typing error in the list's name",
        0x7fff_fffe => "the list says: asked through a public or open resolver",
        0x7fff_ffff => "the list says: too many queries",
        _ when Bits >> 8 == 0x7f_ffff => "the list says: error code",

        0x7f00_00ff => "the list says: blocked for too many queries", // dnswl.org, "Return codes"
        _ when Bits >> 8 == 0x7f_000a => "a special code of DNSWL, which speaks for nobody", // category 10
        0x7f00_01ff => "the list says: an address was asked of a list of domains", // Spamhaus DBL
        _ => null,
    };

    /// <summary>Writes the dotted quad in ASCII.</summary>
    public bool TryFormat(Span<byte> destination, out int length) => Utf8.TryWrite(
        destination, CultureInfo.InvariantCulture, $"{this[0]}.{this[1]}.{this[2]}.{this[3]}", out length);

    /// <summary>Dotted quad.</summary>
    public override string ToString() => ClientAddress.FromIPv4(Bits).ToString();
}
