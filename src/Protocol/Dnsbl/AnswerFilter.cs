using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsbl;

/// <summary>Which answer codes count: four fields, each a number or a set of numbers.</summary>
/// <remarks>
/// <code>
/// filter = field "." field "." field "." field          all of it may stand in one more pair of "[" "]"
/// field  = octet | "[" member *( ";" member ) "]"
/// member = octet | octet ".." octet                     the second not below the first
/// octet  = decimal number 0..255; leading zeros do not mean octal
/// </code>
/// As ip_match(3) of Postfix reads it (src/util/ip_match.c).
/// </remarks>
/// <param name="First">Values of the first octet.</param>
/// <param name="Second">Values of the second octet.</param>
/// <param name="Third">Values of the third octet.</param>
/// <param name="Fourth">Values of the fourth octet.</param>
public sealed record AnswerFilter(OctetSet First, OctetSet Second, OctetSet Third, OctetSet Fourth)
{
    /// <summary>True if each octet of the code has one of the values that its field names.</summary>
    public bool Matches(AnswerCode code) =>
        Fourth.Contains(code[3]) && Third.Contains(code[2]) && Second.Contains(code[1]) && First.Contains(code[0]);

    /// <summary>True if there is a code that matches and may count (<see cref="AnswerCode.MayCount"/>).</summary>
    public bool CanCount()
    {
        if (!First.Contains(127))
            return false;

        // An octet that cannot match is stepped over with all codes that have it: there are 16 million.
        for (var code = 0; code < 1 << 24; code++)
        {
            if (!Second.Contains((byte)(code >> 16)))
                code |= 0xffff;
            else if (!Third.Contains((byte)(code >> 8)))
                code |= 0xff;
            else if (Fourth.Contains((byte)code) && new AnswerCode(0x7f00_0000u | (uint)code).MayCount)
                return true;
        }

        return false;
    }

    /// <summary>Reads a filter. False, and never an exception, for anything else.</summary>
    /// <param name="text">The filter, such as <c>127.0.0.[2..11]</c>.</param>
    /// <param name="filter">The filter; null if the text is not one.</param>
    /// <param name="error">What is wrong, for a person; empty when nothing is.</param>
    /// <param name="errorOffset">Where in <paramref name="text"/>.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out AnswerFilter? filter, out string error, out int errorOffset)
    {
        var scanner = new AnswerFilterScanner(text);
        var complete = scanner.TryReadFilter(out filter);
        (error, errorOffset) = complete ? ("", 0) : (scanner.Error, scanner.ErrorOffset);
        return complete;
    }

    /// <summary>The shortest text that reads as this filter.</summary>
    public override string ToString() => $"{First}.{Second}.{Third}.{Fourth}";
}
