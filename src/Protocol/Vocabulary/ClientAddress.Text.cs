using System.Globalization;

namespace Screening.Protocol.Vocabulary;

public readonly partial record struct ClientAddress
{
    /// <summary>
    /// The canonical text: dotted quad, or RFC 5952. As inet_ntop(3) writes it, and so Postfix: of all IPv6 addresses only
    /// <c>::a.b.c.d</c> ends in a quad (the framework's own text has more such forms).
    /// </summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[MaxTextLength];
        return new string(text[..Format(text)]);
    }

    private int Format(Span<char> text)
    {
        if (IsIPv4)
            return FormatQuad(text, IPv4Bits);
        var (gap, gapLength) = LongestZeroRun();
        if (gap == 0 && gapLength == 6)
        {
            "::".CopyTo(text);
            return 2 + FormatQuad(text[2..], IPv4Bits);
        }

        var length = 0;
        for (var group = 0; group < 8; group++)
        {
            if (group == gap)
            {
                text[length++] = ':';
                group += gapLength - 1;

                // The second colon is otherwise written before the group that follows.
                if (group == 7)
                    text[length++] = ':';
                continue;
            }

            if (group > 0)
                text[length++] = ':';
            Group(group).TryFormat(text[length..], out var digits, "x", CultureInfo.InvariantCulture);
            length += digits;
        }

        return length;
    }

    // RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equal ones.
    private (int Start, int Length) LongestZeroRun()
    {
        var (start, length) = (-1, 1);
        for (var group = 0; group < 8; group++)
        {
            var end = group;
            while (end < 8 && Group(end) == 0)
                end++;
            if (end - group > length)
                (start, length) = (group, end - group);
            group = end;
        }

        return (start, length);
    }

    private uint Group(int index) => (uint)(_bits >> ((7 - index) * 16)) & 0xffff;

    private static int FormatQuad(Span<char> text, uint bits)
    {
        text.TryWrite(
            CultureInfo.InvariantCulture, $"{bits >> 24}.{(bits >> 16) & 255}.{(bits >> 8) & 255}.{bits & 255}", out var length);
        return length;
    }
}
