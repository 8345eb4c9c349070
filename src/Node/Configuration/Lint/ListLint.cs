using System.Collections.Immutable;
using System.Net;
using Screening.Node.Platform;
using Screening.Protocol.Dnsbl;

namespace Screening.Node.Configuration;

/// <summary>Lists that answer nothing of use, or whose answers are taken for something else.</summary>
internal static class ListLint
{
    public static void Check(ValidationContext context, ConfigurationRequest request)
    {
        var used = new List<(string Path, ImmutableArray<SitePattern> Sites)>();
        foreach (var (prefix, profile) in context.ProfilesWith("dnsbl.sites"))
        {
            var path = prefix + "dnsbl.sites";
            SiteList.TryParse(profile.Dnsbl.Sites.Reveal(), out var sites, out _);
            used.Add((path, sites));
            CheckZones(context, path, sites);
            CheckEntries(context, path, sites);
        }

        CheckResolvers(context, request, [.. used.SelectMany(found => found.Sites.Select(site => (found.Path, site.Zone)))]);
    }

    private static void CheckZones(ValidationContext context, string path, ImmutableArray<SitePattern> sites)
    {
        foreach (var zone in sites.Select(site => site.Zone).Distinct())
        {
            if (ListCatalogue.Closed(zone) is { } closed)
                context.Warn(path, $"has {ZoneText.Hide(zone)}", $"that list closed ({closed.Since}; {closed.Source})", "remove it");
        }
    }

    private static void CheckEntries(ValidationContext context, string path, ImmutableArray<SitePattern> sites)
    {
        foreach (var site in sites)
        {
            var has = $"has {ZoneText.Hide(site.ToString())}";
            if (site.Filter is { } filter && !filter.CanCount())
                context.Warn(
                    path, has, "its filter takes only codes that count for nothing: error codes, or codes outside of 127.0.0.0/8",
                    "remove it");
            else if (site.Weight > 0 && ListCatalogue.IsAllowlist(site.Zone))
                context.Warn(
                    path, has, "that list names clients that can be trusted, and a positive weight speaks against them",
                    $"write {Written(site with { Weight = -site.Weight })}");
            else if (site.Weight < 0 && ListCatalogue.IsBlocklist(site.Zone))
                context.Warn(
                    path, has, "that list names clients that send spam, and a negative weight speaks for them",
                    $"write {Written(site with { Weight = -site.Weight })}");
            else if (site.Filter is null && ListCatalogue.Closed(site.Zone) is null && ListCatalogue.NeedsFilter(site.Zone) is { } codes)
                context.Warn(path, has, $"it has no filter: {codes.Meaning}", $"write {WithFilter(site, codes.Filter)}");
        }

        foreach (var twice in sites.GroupBy(site => (site.Zone, site.Filter)).Where(group => group.Count() > 1))
        {
            context.Warn(
                path, $"has {string.Join(" and ", twice.Select(Written))}", "both match the same answers, so that both weights are added",
                $"write {Written(twice.First() with { Weight = twice.Sum(site => site.Weight) })} once if that sum is meant,"
                    + " else one of them");
        }
    }

    private static void CheckResolvers(
        ValidationContext context, ConfigurationRequest request, IReadOnlyList<(string Path, string Zone)> used)
    {
        var given = context.Options.Dnsbl.Resolver;
        var resolvers = given.IsEmpty ? ResolvConf.Read(request.ResolverFile) : given;
        var open = resolvers.Select(resolver => resolver.Address).Where(PublicResolvers.Has).Distinct().ToList();
        var refusing = used.Where(found => ListCatalogue.RefusesPublicResolvers(found.Zone)).ToList();
        if (open.Count == 0 || refusing.Count == 0)
            return;
        var (path, value) = given.IsEmpty
            ? (refusing[0].Path, $"asks through {string.Join(", ", open)} ({request.ResolverFile})")
            : ("dnsbl.resolver", $"has {string.Join(", ", open)}");
        context.Warn(
            path, value,
            $"{string.Join(", ", refusing.Select(found => found.Zone).Distinct())} refuse queries of public resolvers, so they list nobody",
            "run a resolver of your own, such as unbound, and write dnsbl.resolver = [\"127.0.0.1\"]");
    }

    private static string Written(SitePattern site) => ZoneText.Hide(site.ToString());

    private static string WithFilter(SitePattern site, string filter) =>
        Written(site).Insert(ZoneText.Hide(site.Zone).Length, "=" + filter);
}

/// <summary>Resolvers that are open to everybody, which lists with a quota per resolver refuse.</summary>
internal static class PublicResolvers
{
    // Each operator's published addresses, as of November 2026.
    private static readonly HashSet<IPAddress> Known =
    [
        .. new[]
        {
            "8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", // Google
            "1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3", "2606:4700:4700::1111", "2606:4700:4700::1001", // Cloudflare
            "9.9.9.9", "149.112.112.112", "9.9.9.10", "149.112.112.10", "9.9.9.11", "149.112.112.11", "2620:fe::fe", "2620:fe::9", // Quad9
            "208.67.222.222", "208.67.220.220", "2620:119:35::35", "2620:119:53::53", // OpenDNS
            "94.140.14.14", "94.140.15.15", "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff", // AdGuard
            "4.2.2.1", "4.2.2.2", "64.6.64.6", "64.6.65.6", "84.200.69.80", "84.200.70.40", // Level 3, Verisign, DNS.WATCH
            "185.228.168.9", "185.228.169.9", "76.76.2.0", "76.76.10.0", "77.88.8.8", "77.88.8.1", // CleanBrowsing, Control D, Yandex
        }.Select(IPAddress.Parse),
    ];

    /// <summary>True if the address is one of a public resolver that is known.</summary>
    public static bool Has(IPAddress address) => Known.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
