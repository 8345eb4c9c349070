using Screening.Protocol.Dnsbl;

namespace Screening.Node.Configuration;

/// <summary>
/// What the configuration asks of a text in the syntax of postscreen_dnsbl_sites (postconf(5)): <c>domain=filter*weight</c>, ...
/// </summary>
internal static class SitesRule
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

    /// <summary>What is well formed but probably not meant.</summary>
    public static IEnumerable<string> Warnings(string text)
    {
        foreach (var site in Split(text))
        {
            var zone = Zone(site);
            var filter = site.Split('*')[0].Split('=', 2) is [_, var given] ? given : "";
            if (zone == "list.dnswl.org" && filter != SafeDnswlFilter)
                yield return $"list.dnswl.org without the filter {SafeDnswlFilter} takes "
                    + "127.0.0.255, its answer to blocked resolvers, and 127.0.10.x for trust";
            else if (filter.Length == 0 && WellKnown.Contains(zone))
                yield return $"{ZoneText.Hide(zone)} without a filter counts each of its codes alike, policy lists too; "
                    + $"{ZoneText.Hide(zone)}=127.0.0.[2..11] leaves its error codes out";
        }
    }

    private const string SafeDnswlFilter = "127.0.[2..9;11..15].[1..3]";

    // Lists whose one zone answers with codes of different meaning.
    private static readonly HashSet<string> WellKnown = ["zen.spamhaus.org", "sbl-xbl.spamhaus.org", "dnsbl.sorbs.net"];

    private static string[] Split(string text) =>
        text.Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static string Zone(string site) => site.Split('=', '*')[0].TrimEnd('.').ToLowerInvariant();
}
