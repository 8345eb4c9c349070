namespace Screening.Node.Configuration;

/// <summary>Checks of [dnsbl], with the sites of all profiles.</summary>
internal static class DnsblValidator
{
    public static void Check(ValidationContext context)
    {
        var sites = context.ProfilesWith("dnsbl.sites")
            .Select(profile => (Path: profile.Prefix + "dnsbl.sites", Text: profile.Settings.Dnsbl.Sites.Reveal())).ToList();
        var zones = sites.SelectMany(found => SiteText.Zones(found.Text)).ToHashSet(StringComparer.Ordinal);
        if (context.IsSound("dnsbl.list"))
            CheckLists(context, sites.All(found => context.IsSound(found.Path)) ? zones : null);
        CheckKeys(context, sites);
    }

    private static void CheckLists(ValidationContext context, HashSet<string>? zones)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (index, list) in context.Options.Dnsbl.Lists.Index())
        {
            var path = $"dnsbl.list[{index + 1}]";
            var zone = list.Zone.Reveal().TrimEnd('.').ToLowerInvariant();
            if (zone.Length == 0)
                continue;
            if (zones is not null && !zones.Contains(zone))
            {
                context.Fault(
                    path + ".zone",
                    $"{path}.zone is {Wording.Show(list.Zone.ToString())}; it must be a zone in dnsbl.sites or in the sites of a"
                        + " profile");
            }

            context.Once(seen, "zone " + zone, path + ".zone", Wording.Show(list.Zone.ToString()));
            if (list.Name is { } name)
                context.Once(seen, "name " + name, path + ".name", Wording.Show(name));
        }
    }

    private static void CheckKeys(ValidationContext context, IEnumerable<(string Path, string Text)> sites)
    {
        foreach (var (path, text) in sites)
        {
            foreach (var zone in SiteText.Zones(text).Where(zone => zone.StartsWith("key.", StringComparison.Ordinal)))
            {
                var list = context.Options.Dnsbl.Lists.FirstOrDefault(
                    found => found.Zone.Reveal().TrimEnd('.').Equals(zone, StringComparison.OrdinalIgnoreCase));
                if (list is null || list.KeyFile.Length == 0)
                {
                    context.Warn(
                        path, $"has {zone}", "no dnsbl.list gives a key_file to replace KEY",
                        "add a [[dnsbl.list]] with this zone and its key_file");
                }
            }
        }
    }
}
