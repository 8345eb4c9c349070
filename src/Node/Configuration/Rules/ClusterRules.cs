using System.Net;
using System.Net.Sockets;

namespace Screening.Node.Configuration;

/// <summary>Rules of [cluster].</summary>
internal static class ClusterRules
{
    public static void Check(RuleContext context)
    {
        var cluster = context.Options.Cluster;
        if (context.IsSound("cluster.seeds") && context.IsSound("cluster.roles"))
            CheckMembers(context, cluster);
        if (context.IsSound("cluster.seeds") && context.IsSound("cluster.listen") && context.IsSound("cluster.advertise"))
            CheckSeeds(context, cluster);
        var provider = context.Options.Store.Provider;
        if (cluster.SplitBrain == SplitBrain.Lease && provider != StoreProvider.Postgresql && context.IsSound("store.provider"))
        {
            var where = context.Where("store.provider", "cluster.split_brain");
            context.Fault(
                "cluster.split_brain",
                $"cluster.split_brain is lease; it must come with store.provider postgresql,"
                    + $" which is {SettingTypes.Show(provider)} {where}");
        }

        if (context.IsSound("cluster.listen"))
            CheckListen(context, cluster);
    }

    private static void CheckMembers(RuleContext context, ClusterOptions cluster)
    {
        if (cluster.Seeds.IsEmpty && !cluster.IsCache())
            context.Fault("cluster.roles", "cluster.roles is []; an edge node must have cluster.seeds, which is []");
        if (cluster.Seeds.IsEmpty && cluster.Expected > 1)
            context.Fault(
                "cluster.expected",
                $"cluster.expected is {cluster.Expected}; a cluster of more than one must have cluster.seeds, which is []");
        var isSqlite = context.Options.Store.Provider == StoreProvider.Sqlite && context.IsSound("store.provider");
        if (!cluster.Seeds.IsEmpty && cluster.IsCache() && isSqlite)
        {
            var where = context.Where("store.provider", "cluster.seeds");
            context.Fault(
                "cluster.seeds",
                $"cluster.seeds is not empty; it must be with store.provider sqlite {where},"
                    + $" which holds a cluster of one: use postgresql or memory");
        }
    }

    // A node takes messages only by the one address that it is known by. Seeds of another kind would never be answered.
    private static void CheckSeeds(RuleContext context, ClusterOptions cluster)
    {
        foreach (var twice in cluster.Seeds.CountBy(Written).Where(seed => seed.Value > 1))
            context.Fault("cluster.seeds", $"cluster.seeds has {twice.Key} more than once; each node must stand in it once");
        var (own, setting) = cluster.Advertise is { } advertise ? (advertise, "cluster.advertise") : (cluster.Listen, "cluster.listen");
        if (own.IsWildcard || cluster.Seeds.FirstOrDefault(seed => KindOf(seed) != "name" && KindOf(seed) != KindOf(own)) is not { } other)
            return;
        var rule = KindOf(own) == "name" ? "names" : $"{KindOf(own)} addresses, or names that have one";
        context.Fault(
            "cluster.seeds",
            $"cluster.seeds has {other}; its nodes must be {rule}, as this node is known to the others by {setting}, which is {own}"
                + $" {context.Where(setting, "cluster.seeds")}");
    }

    private static string KindOf(HostPort place) => !IPAddress.TryParse(place.Host, out var address)
        ? "name"
        : address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    // Names do not differ by case, and an IPv6 address can be written in many ways.
    private static HostPort Written(HostPort place) => place with
    {
        Host = IPAddress.TryParse(place.Host, out var address) ? address.ToString() : place.Host.TrimEnd('.').ToLowerInvariant(),
    };

    private static void CheckListen(RuleContext context, ClusterOptions cluster)
    {
        var hasTls = cluster.Tls.Certificate.Length > 0 || !context.IsSound("cluster.tls.certificate");
        if (!cluster.Listen.IsLoopback && !cluster.Insecure && !hasTls)
            context.Fault(
                "cluster.listen",
                $"cluster.listen is {cluster.Listen}; off loopback it must come with cluster.tls, or with cluster.insecure = true");
        if (cluster.Listen.IsWildcard && cluster.Advertise is null && !cluster.Seeds.IsEmpty && context.IsSound("cluster.advertise"))
            context.Fault(
                "cluster.listen",
                $"cluster.listen is {cluster.Listen}; cluster.advertise must then say by which address others reach this node");
    }
}
