using System.Net;
using System.Net.Sockets;

namespace Screening.Node.Configuration;

/// <summary>Checks of [cluster].</summary>
internal static class ClusterValidator
{
    public static void Check(ValidationContext context)
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
                    + $" which is {Wording.Show(provider)} {where}");
        }

        if (context.IsSound("cluster.listen") && context.IsSound("cluster.seeds"))
            CheckListen(context, cluster);
        CheckTrust(context, cluster);
    }

    private static void CheckMembers(ValidationContext context, ClusterOptions cluster)
    {
        if (cluster.Seeds.IsEmpty && !cluster.IsCache())
            context.Fault("cluster.roles", "cluster.roles is []; an edge node must have cluster.seeds, which is []");
        if (cluster.Seeds.IsEmpty && cluster.Expected > 1)
        {
            context.Fault(
                "cluster.expected",
                $"cluster.expected is {cluster.Expected}; a cluster of more than one must have cluster.seeds, which is []");
        }

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
    private static void CheckSeeds(ValidationContext context, ClusterOptions cluster)
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

    // Without seeds the node opens no port, so there is nobody to be known to.
    private static void CheckListen(ValidationContext context, ClusterOptions cluster)
    {
        if (cluster.Listen.IsWildcard && cluster.Advertise is null && !cluster.Seeds.IsEmpty && context.IsSound("cluster.advertise"))
        {
            context.Fault(
                "cluster.listen",
                $"cluster.listen is {cluster.Listen}; cluster.advertise must then say by which address others reach this node");
        }
    }

    // Anyone who can reach a port without TLS can do what an operator can, and every user of a host can reach its loopback addresses.
    private static void CheckTrust(ValidationContext context, ClusterOptions cluster)
    {
        var tls = cluster.Tls;
        if (!IsTlsSound(context))
            return;
        if (!cluster.Seeds.IsEmpty && context.IsSound("cluster.seeds") && tls.Certificate.Length == 0 && !cluster.Insecure)
        {
            context.Fault(
                "cluster.seeds",
                $"cluster.seeds is not empty; cluster.tls must then be set, because anyone who can connect to {cluster.Listen}, on loopback"
                    + " any local user, can otherwise change the whitelist, grants and bans; cluster.insecure = true accepts that risk");
        }

        if ((tls.Certificate.Length > 0) == (tls.Ca.Length > 0))
        {
            // No fault: a node whose certificate has expired must still start, and screens without the fleet.
            if (!cluster.Seeds.IsEmpty && tls.Key.Length > 0 && context.IsSound("cluster.tls.key") && context.IsSound("cluster.peers")
                && cluster.PeerTls().Fault() is { } fault)
            {
                context.Warn("cluster.tls.certificate", $"cluster.tls: {fault}");
            }

            return;
        }

        var (given, file, missing) = tls.Ca.Length > 0
            ? ("cluster.tls.ca", tls.Ca, "cluster.tls.certificate")
            : ("cluster.tls.certificate", tls.Certificate, "cluster.tls.ca");
        context.NeedsToo(given, file, missing);
    }

    private static bool IsTlsSound(ValidationContext context) =>
        context.IsSound("cluster.tls") && context.IsSound("cluster.tls.certificate") && context.IsSound("cluster.tls.ca");
}
