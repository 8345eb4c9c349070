using Screening.Protocol.Dnsbl;

namespace Screening.Node.Configuration;

/// <summary>
/// What the configuration asks of a text in the syntax of postscreen_dnsbl_sites (postconf(5)): <c>domain=filter*weight</c>, ...
/// </summary>
internal static class SiteText
{
    /// <summary>The faults of the text, each as a sentence. Empty when there are none.</summary>
    public static IEnumerable<string> Check(string text)
    {
        SiteList.TryParse(text, out _, out var errors);
        return errors.Select(error => $"'{error.Entry}': {error.Message}");
    }

    /// <summary>The zones that the text asks, in lower case, each once.</summary>
    public static IReadOnlySet<string> Zones(string text)
    {
        SiteList.TryParse(text, out var sites, out _);
        return sites.Select(site => site.Zone).ToHashSet(StringComparer.Ordinal);
    }
}
