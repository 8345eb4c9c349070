using System.Globalization;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsbl;

/// <summary>One entry of postscreen_dnsbl_sites: <c>domain[=filter][*weight]</c>.</summary>
/// <param name="Zone">The list's domain, in lower case, without a final dot. May hold a password: not for logs.</param>
/// <param name="Filter">The codes that count; null: any.</param>
/// <param name="Weight">What a match adds to the score; negative speaks for the client.</param>
public sealed record SitePattern(string Zone, AnswerFilter? Filter, int Weight)
{
    /// <summary>The largest weight either way. Sums of some thousand entries then fit an <see cref="int"/>.</summary>
    public const int MaxWeight = 1_000_000;

    /// <summary>
    /// True if any of a list's codes matches, however many do. Codes that may not count (<see cref="AnswerCode.MayCount"/>) never match.
    /// </summary>
    public bool Matches(ReadOnlySpan<AnswerCode> codes)
    {
        foreach (var code in codes)
        {
            if (code.MayCount && (Filter is null || Filter.Matches(code)))
                return true;
        }

        return false;
    }

    /// <summary>The entry as postscreen_dnsbl_sites has it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Zone}{(Filter is null ? "" : $"={Filter}")}{(Weight == 1 ? "" : $"*{Weight}")}");
}
