namespace Screening.Node.Configuration;

/// <summary>The rules that relate settings to each other, one class per concern.</summary>
internal static class ConfigurationRules
{
    public static void Check(RuleContext context)
    {
        var options = context.Options;
        EndpointRules.Check(context);
        VerdictRules.Check(context, options.Verdict, "");
        P0fRules.Check(context, options.P0f.Rules, "");
        DnsblRules.Check(context);
        CustomRules.Check(context, options.Customs, "");
        StoreRules.Check(context);
        ClusterRules.Check(context);
        BothOrNeither(context, "http.certificate", options.Http.Certificate, "http.key", options.Http.Key);
        BothOrNeither(context, "cluster.tls.certificate", options.Cluster.Tls.Certificate, "cluster.tls.key", options.Cluster.Tls.Key);
        ProfileRules.Check(context);
    }

    private static void BothOrNeither(RuleContext context, string certificate, string certificateFile, string key, string keyFile)
    {
        if ((certificateFile.Length > 0) == (keyFile.Length > 0) || !context.IsSound(certificate) || !context.IsSound(key))
            return;
        var (given, file, missing) = certificateFile.Length > 0 ? (certificate, certificateFile, key) : (key, keyFile, certificate);
        context.Fault(given, $"{given} is {SettingTypes.Show(file)}; it must come with {missing}, which is empty {context.Where(missing, given)}");
    }
}

/// <summary>Rules of [endpoints].</summary>
internal static class EndpointRules
{
    /// <summary>No address twice; cluster.listen is one of them.</summary>
    public static void Check(RuleContext context)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (path, address) in Addresses(context))
        {
            var key = (address with { Mode = null }).ToString();
            if (address is { IsUnix: false, Port: 0 } || seen.TryAdd(key, path))
                continue;

            // A default gives way to what was written.
            var (subject, other) = context.Place(path).Kind == PlaceKind.Default ? (seen[key], path) : (path, seen[key]);
            context.Fault(subject, $"{subject} is {(subject == ClusterListen ? key["tcp://".Length..] : key)}; {other} has the same address {context.Where(other, subject)}");
        }
    }

    private const string ClusterListen = "cluster.listen";

    private static IEnumerable<(string Path, EndpointAddress Address)> Addresses(RuleContext context)
    {
        foreach (var kind in context.Options.Endpoints.All().GroupBy(endpoint => endpoint.Kind))
        {
            if (!context.IsSound("endpoints." + kind.Key))
                continue;
            foreach (var (index, endpoint) in kind.Index())
                yield return ($"endpoints.{kind.Key}[{index + 1}]", endpoint.Address);
        }

        var listen = context.Options.Cluster.Listen;
        if (context.IsSound(ClusterListen))
            yield return (ClusterListen, new EndpointAddress(EndpointScheme.Tcp, listen.Host, listen.Port, "", null));
    }
}

/// <summary>Rules of [verdict], also in a profile.</summary>
internal static class VerdictRules
{
    /// <param name="prefix">Empty, or "profile.NAME.".</param>
    public static void Check(RuleContext context, VerdictOptions verdict, string prefix)
    {
        var path = prefix + "verdict.";
        context.NotAbove(path + "ignore_at", verdict.IgnoreAt, path + "enforce_at", verdict.EnforceAt);
        context.NotAbove(path + "enforce_at", verdict.EnforceAt, path + "drop_at", verdict.DropAt);
        context.NotAbove(path + "allow_cap", verdict.AllowCap, path + "allow_at", verdict.AllowAt);
        context.NotAbove(path + "pass_ttl_min", verdict.PassTtlMin, path + "pass_ttl", verdict.PassTtl);
        if (prefix.Length == 0 || context.IsGiven(path + "pass_ttl"))
            context.NotAbove(path + "pass_ttl", verdict.PassTtl, "cache.max_life", context.Options.Cache.MaxLife);
    }
}

/// <summary>Rules of [[p0f.rule]], also in a profile.</summary>
internal static class P0fRules
{
    /// <param name="prefix">Empty, or "profile.NAME.".</param>
    public static void Check(RuleContext context, IReadOnlyList<P0fRuleOptions> rules, string prefix)
    {
        if (!context.IsSound(prefix + "p0f.rule"))
            return;
        foreach (var (index, rule) in rules.Index())
        {
            var path = $"{prefix}p0f.rule[{index + 1}]";
            if (!rule.HasCondition() && Fields.All(field => context.IsSound($"{path}.{field}")))
                context.Fault(path, $"{path} would match every client; it must give at least one of {SettingTypes.Alternatives(Fields)}");
        }
    }

    private static readonly string[] Fields =
        [.. SettingSchema.Of(typeof(P0fRuleOptions)).Select(setting => setting.Name).Where(name => name != "weight")];
}

/// <summary>Rules of [dnsbl], with the sites of all profiles.</summary>
internal static class DnsblRules
{
    public static void Check(RuleContext context)
    {
        var options = context.Options;
        var sites = options.Profiles.Select(profile => (Path: $"profile.{profile.Key}.dnsbl.sites", Text: profile.Value.Dnsbl.Sites.Reveal()))
            .Where(found => context.IsGiven(found.Path) || !context.IsSound(found.Path))
            .Prepend((Path: "dnsbl.sites", Text: options.Dnsbl.Sites.Reveal())).ToList();
        foreach (var (path, text) in sites)
        {
            foreach (var warning in SitesRule.Warnings(text))
                context.Warn(path, $"{path}: {warning}");
        }

        var zones = sites.SelectMany(found => SitesRule.Zones(found.Text)).ToHashSet(StringComparer.Ordinal);
        if (context.IsSound("dnsbl.list"))
            CheckLists(context, sites.All(found => context.IsSound(found.Path)) ? zones : null);
        CheckKeys(context, sites);
    }

    private static void CheckLists(RuleContext context, HashSet<string>? zones)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (index, list) in context.Options.Dnsbl.Lists.Index())
        {
            var path = $"dnsbl.list[{index + 1}]";
            var zone = list.Zone.Reveal().TrimEnd('.').ToLowerInvariant();
            if (zone.Length == 0)
                continue;
            if (zones is not null && !zones.Contains(zone))
                context.Fault(path + ".zone", $"{path}.zone is {SettingTypes.Show(list.Zone.ToString())}; it must be a zone that dnsbl.sites or a profile's asks");
            CheckOnce(context, seen, "zone " + zone, path + ".zone", list.Zone.ToString());
            if (list.Name is { } name)
                CheckOnce(context, seen, "name " + name, path + ".name", name);
        }
    }

    private static void CheckOnce(RuleContext context, Dictionary<string, string> seen, string key, string path, string value)
    {
        if (!seen.TryAdd(key, path))
            context.Fault(path, $"{path} is {SettingTypes.Show(value)}; {seen[key]} is the same {context.Where(seen[key], path)}");
    }

    private static void CheckKeys(RuleContext context, IEnumerable<(string Path, string Text)> sites)
    {
        foreach (var (path, text) in sites)
        {
            foreach (var zone in SitesRule.Zones(text).Where(zone => zone.StartsWith("key.", StringComparison.Ordinal)))
            {
                var list = context.Options.Dnsbl.Lists.FirstOrDefault(found => found.Zone.Reveal().TrimEnd('.').Equals(zone, StringComparison.OrdinalIgnoreCase));
                if (list is null || list.KeyFile.Length == 0)
                    context.Warn(path, $"{path}: {zone} has the placeholder KEY, but no dnsbl.list gives a key_file for it");
            }
        }
    }
}

/// <summary>Rules of [[custom]], also in a profile.</summary>
internal static class CustomRules
{
    /// <param name="prefix">Empty, or "profile.NAME.".</param>
    public static void Check(RuleContext context, IReadOnlyList<CustomOptions> customs, string prefix)
    {
        if (!context.IsSound(prefix + "custom"))
            return;
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (index, custom) in customs.Index())
        {
            var path = $"{prefix}custom[{index + 1}]";
            CheckSource(context, custom, path);
            if (custom.Name.Length > 0 && !names.TryAdd(custom.Name, path + ".name"))
                context.Fault(path + ".name", $"{path}.name is {SettingTypes.Show(custom.Name)}; {names[custom.Name]} is the same {context.Where(names[custom.Name], path + ".name")}");
        }
    }

    private static void CheckSource(RuleContext context, CustomOptions custom, string path)
    {
        // An empty command is what config show prints for none.
        string[] given =
        [
            .. Sources.Where(source => context.IsGiven($"{path}.{source}")
                && (source != "command" || !custom.Command.IsEmpty || !context.IsSound($"{path}.{source}"))),
        ];
        if (given.Length == 0)
            context.Fault(path, $"{path} has nothing to ask; it must give one of plugin, url or command");
        else if (given.Length > 1)
            context.Fault($"{path}.{given[1]}", $"{path} gives {string.Join(" and ", given)}; it must give exactly one of plugin, url or command");
        else if (given[0] == "command" && context.IsSound(path + ".command") && custom.Command[0].Length == 0)
            context.Fault(path + ".command", $"{path}.command names no program; its first text must");
    }

    private static readonly string[] Sources = ["plugin", "url", "command"];
}

/// <summary>Rules of [store].</summary>
internal static class StoreRules
{
    public static void Check(RuleContext context)
    {
        if (context.Options.Store is { Provider: StoreProvider.Postgresql, Connection.IsEmpty: true } && context.IsSound("store.connection"))
            context.Fault("store.provider", $"store.provider is postgresql; it must come with store.connection, which is empty {context.Where("store.connection", "store.provider")}");
        if (context.Options.Store.Connection.Reveal() == Secret.Mask)
            context.Warn("store.connection", "store.connection: *** stands for a secret that config show hid; put the connection string back");
    }
}

/// <summary>Rules of [cluster].</summary>
internal static class ClusterRules
{
    public static void Check(RuleContext context)
    {
        var cluster = context.Options.Cluster;
        if (context.IsSound("cluster.seeds") && context.IsSound("cluster.roles"))
            CheckMembers(context, cluster);
        if (cluster.SplitBrain == SplitBrain.Lease && context.Options.Store.Provider != StoreProvider.Postgresql && context.IsSound("store.provider"))
        {
            var where = context.Where("store.provider", "cluster.split_brain");
            context.Fault("cluster.split_brain", $"cluster.split_brain is lease; it must come with store.provider postgresql, which is {SettingTypes.Show(context.Options.Store.Provider)} {where}");
        }

        if (context.IsSound("cluster.listen"))
            CheckListen(context, cluster);
    }

    private static void CheckMembers(RuleContext context, ClusterOptions cluster)
    {
        if (cluster.Seeds.IsEmpty && !cluster.IsCache())
            context.Fault("cluster.roles", "cluster.roles is []; an edge node must have cluster.seeds, which is []");
        if (cluster.Seeds.IsEmpty && cluster.Expected > 1)
            context.Fault("cluster.expected", $"cluster.expected is {cluster.Expected}; a cluster of more than one must have cluster.seeds, which is []");
        if (!cluster.Seeds.IsEmpty && cluster.IsCache() && context.Options.Store.Provider == StoreProvider.Sqlite && context.IsSound("store.provider"))
        {
            var where = context.Where("store.provider", "cluster.seeds");
            context.Fault("cluster.seeds", $"cluster.seeds is not empty; it must be with store.provider sqlite {where}, which holds a cluster of one: use postgresql or memory");
        }
    }

    private static void CheckListen(RuleContext context, ClusterOptions cluster)
    {
        if (!cluster.Listen.IsLoopback && !cluster.Insecure && cluster.Tls.Certificate.Length == 0 && context.IsSound("cluster.tls.certificate"))
            context.Fault("cluster.listen", $"cluster.listen is {cluster.Listen}; off loopback it must come with cluster.tls, or with cluster.insecure = true");
        if (cluster.Listen.IsWildcard && cluster.Advertise is null && !cluster.Seeds.IsEmpty && context.IsSound("cluster.advertise"))
            context.Fault("cluster.listen", $"cluster.listen is {cluster.Listen}; cluster.advertise must then say by which address others reach this node");
    }
}

/// <summary>Rules of [profile.NAME].</summary>
internal static class ProfileRules
{
    public static void Check(RuleContext context)
    {
        var choices = new Dictionary<string, string>(StringComparer.Ordinal);
        var sources = context.Options.Customs.Index().DistinctBy(found => found.Item.Name)
            .ToDictionary(found => found.Item.Name, found => (Path: $"custom[{found.Index + 1}]", found.Item));
        foreach (var (name, profile) in context.Options.Profiles)
        {
            CheckName(context, name);
            var prefix = $"profile.{name}.";
            VerdictRules.Check(context, profile.Verdict, prefix);
            if (context.IsGiven(prefix + "p0f.rule"))
                P0fRules.Check(context, profile.P0f.Rules, prefix);
            if (context.IsGiven(prefix + "custom"))
            {
                CustomRules.Check(context, profile.Customs, prefix);
                CheckSameSource(context, profile, prefix, sources);
            }

            if (context.IsSound(prefix + "local"))
                CheckChoice(context, choices, prefix + "local", profile.Local.Select(address => address.ToString()));
            if (context.IsSound(prefix + "door"))
                CheckChoice(context, choices, prefix + "door", profile.Doors.Select(door => SettingTypes.Word(door)));
        }
    }

    // A profile's zone is PROFILE.NAME, and allow.NAME is taken.
    private static void CheckName(RuleContext context, string name)
    {
        var isLabel = name.Length is >= 1 and <= 63 && name[0] != '-' && name[^1] != '-'
            && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
        var path = $"profile.{name}";
        if (name is ProfileOptions.DefaultName or "allow")
            context.Fault(path, $"profile.{name} is a name that is taken; it must be another");
        else if (!isLabel)
            context.Fault(path, $"profile.{SettingTypes.Show(name)} is no name for a profile; it must be a DNS label of a-z, 0-9 and dashes, at most 63 characters");
    }

    private static void CheckChoice(RuleContext context, Dictionary<string, string> choices, string list, IEnumerable<string> values)
    {
        foreach (var (index, value) in values.Index())
        {
            var path = $"{list}[{index + 1}]";
            if (!choices.TryAdd(value, path))
                context.Fault(path, $"{path} is {value}; {choices[value]} is the same {context.Where(choices[value], path)}");
        }
    }

    // One name is one check, whichever profile asks it: only weights may differ.
    private static void CheckSameSource(
        RuleContext context, ProfileOptions profile, string prefix, Dictionary<string, (string Path, CustomOptions Item)> sources)
    {
        foreach (var (index, custom) in profile.Customs.Index())
        {
            var path = $"{prefix}custom[{index + 1}]";
            if (custom.Name.Length == 0 || sources.TryAdd(custom.Name, (path, custom)))
                continue;
            var (otherPath, other) = sources[custom.Name];
            if (custom.Plugin != other.Plugin || custom.Url != other.Url || !custom.Command.SequenceEqual(other.Command) || custom.Timeout != other.Timeout)
                context.Fault(path, $"{path} has the name of {otherPath} {context.Where(otherPath, path)}; it must then have the same plugin, url, command and timeout");
        }
    }
}
