using System.Globalization;

namespace Screening.Protocol.Dnsbl;

/// <summary>An A record in a DNSBL's answer: a code in 127.0.0.0/8, never an address to talk to (RFC 5782 section 2.1).</summary>
/// <param name="Bits">The four octets, first octet highest.</param>
public readonly record struct AnswerCode(uint Bits)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Bits >> 24}.{(Bits >> 16) & 255}.{(Bits >> 8) & 255}.{Bits & 255}");
}
