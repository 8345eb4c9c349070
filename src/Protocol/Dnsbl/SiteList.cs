using System.Collections.Immutable;
using System.Globalization;

namespace Screening.Protocol.Dnsbl;

/// <summary>A fault in a list of sites.</summary>
/// <param name="Offset">Where in the text, in characters from its start.</param>
/// <param name="Entry">The entry it is in. May hold a password.</param>
/// <param name="Message">What is wrong, for a person.</param>
public readonly record struct SiteSyntaxError(int Offset, string Entry, string Message);

/// <summary>The syntax of postscreen_dnsbl_sites (postconf(5); src/postscreen/postscreen_dnsbl.c).</summary>
/// <remarks>
/// <code>
/// sites = *( "," | space | tab | CR | LF | entry )
/// entry = domain [ "=" filter ] [ "*" weight ]
/// </code>
/// Brackets do not protect a comma: Postfix splits first and reads the entries afterwards, so sets are written with ";".
/// The weight starts at the first "*", the filter at the first "=" before it. A domain may be repeated.
/// </remarks>
public static class SiteList
{
    private const string Separators = ", \t\r\n";

    /// <summary>Reads a whole list, and reports all of its faults. Never throws.</summary>
    /// <param name="sites">The entries without fault, in the text's order.</param>
    /// <param name="errors">The faults, in the text's order within each entry: domain, filter, weight.</param>
    /// <returns>True when there is no fault.</returns>
    public static bool TryParse(string text, out ImmutableArray<SitePattern> sites, out ImmutableArray<SiteSyntaxError> errors)
    {
        var good = ImmutableArray.CreateBuilder<SitePattern>();
        var bad = ImmutableArray.CreateBuilder<SiteSyntaxError>();
        var start = 0;
        while (start < text.Length)
        {
            var length = text.AsSpan(start).IndexOfAny(Separators);
            var end = length < 0 ? text.Length : start + length;
            if (end > start)
                ReadEntry(text[start..end], start, good, bad);
            start = end + 1;
        }

        sites = good.DrainToImmutable();
        errors = bad.DrainToImmutable();
        return errors.IsEmpty;
    }

    private static void ReadEntry(
        string entry, int offset, ImmutableArray<SitePattern>.Builder sites, ImmutableArray<SiteSyntaxError>.Builder errors)
    {
        var faults = errors.Count;
        var star = entry.IndexOf('*', StringComparison.Ordinal);
        var head = star < 0 ? entry : entry[..star];
        var equals = head.IndexOf('=', StringComparison.Ordinal);
        var zone = equals < 0 ? head : head[..equals];
        if (ZoneName.ErrorReason(zone) is { } zoneFault)
            errors.Add(new SiteSyntaxError(offset, entry, zoneFault));

        AnswerFilter? filter = null;
        if (equals >= 0 && !AnswerFilter.TryParse(head.AsSpan(equals + 1), out filter, out var filterFault, out var at))
            errors.Add(new SiteSyntaxError(offset + equals + 1 + at, entry, filterFault));

        var weight = 1;
        if (star >= 0 && WeightFault(entry.AsSpan(star + 1), out weight) is { } weightFault)
            errors.Add(new SiteSyntaxError(offset + star + 1, entry, weightFault));

        if (errors.Count == faults)
            sites.Add(new SitePattern(zone.ToLowerInvariant(), filter, weight));
    }

    private static string? WeightFault(ReadOnlySpan<char> text, out int weight) =>
        !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out weight)
            ? $"the weight '{text}' is not a whole number"
            : weight is < -SitePattern.MaxWeight or > SitePattern.MaxWeight
                ? $"the weight {weight} is beyond {SitePattern.MaxWeight}"
                : null;
}
