using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Screening.Actors.Cluster;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;

namespace Screening.Node.Hosting;

/// <summary>What the options mean to the cluster system.</summary>
internal static class FleetPlan
{
    /// <summary>Makes the plan. The options are valid.</summary>
    /// <exception cref="EndpointException">The cluster port cannot be listened on.</exception>
    public static ClusterSettings Of(ScreeningOptions options, IWhitelistStore store)
    {
        var (cluster, cache) = (options.Cluster, options.Cache);
        // A node that is alone opens no port.
        var listen = cluster.Listen with { Port = cluster.Seeds.IsEmpty ? 0 : ProbePort(cluster.Listen) };
        var reached = cluster.Advertise ?? (listen.IsWildcard ? listen with { Host = "127.0.0.1" } : listen);
        var expected = Math.Max(1, cluster.Expected > 0 ? cluster.Expected : cluster.Seeds.Length);
        return new ClusterSettings
        {
            Node = options.Node.Name,
            ListenHost = listen.Host,
            HasIPv4 = HasIPv4(),
            ListenPort = listen.Port,
            PublicHost = reached.Host,
            PublicPort = reached.Port == 0 ? listen.Port : reached.Port,
            Seeds = [.. cluster.Seeds.Select(s => new Seed(s.Host, s.Port))],
            Expected = cluster.Expected,
            IsCache = cluster.IsCache(),
            SplitBrain = StrategyOf(cluster.SplitBrain, expected, store),
            LookUpWait = cluster.LookupWait,
            NearLife = cache.NearLife,
            MaxLife = cache.MaxLife,
            MaxEntries = cache.MaxEntries,
            TrustAny = cache.Trust == CacheTrust.Any,
            Tls = cluster.Tls.Certificate.Length > 0 ? cluster.PeerTls() : null,
            DataDir = options.Node.DataDir,
            Store = store,
        };
    }

    // Loopback is in every container, and link-local addresses (RFC 3927) reach nobody.
    private static bool HasIPv4()
    {
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces()
                .Where(card => card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                .SelectMany(card => card.GetIPProperties().UnicastAddresses)
                .Any(own => own.Address.AddressFamily == AddressFamily.InterNetwork && own.Address.GetAddressBytes() is not [169, 254, ..]);
        }
        catch (NetworkInformationException)
        {
            return true; // A sandbox without AF_NETLINK does not tell; nearly every host has it.
        }
    }

    private static SplitBrainStrategy StrategyOf(SplitBrain chosen, int expected, IWhitelistStore store) => chosen switch
    {
        SplitBrain.KeepMajority => SplitBrainStrategy.KeepMajority,
        SplitBrain.KeepOldest => SplitBrainStrategy.KeepOldest,
        SplitBrain.Lease => SplitBrainStrategy.Lease,
        _ when expected > 2 => SplitBrainStrategy.KeepMajority,
        _ when expected == 2 && store.Lock is not null => SplitBrainStrategy.Lease,
        _ => SplitBrainStrategy.KeepOldest,
    };

    // Checks now that the port is free, because the cluster system binds it later and keeps trying; port 0 becomes a fixed port.
    private static int ProbePort(HostPort listen)
    {
        var where = $"cluster.listen {listen}";
        try
        {
            var host = IPAddress.TryParse(listen.Host, out var address) ? address : Dns.GetHostAddresses(listen.Host)[0];
            using var socket = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(host, listen.Port));
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException fault)
        {
            throw new EndpointException($"{where}: cannot listen: {fault.Message}", fault);
        }
    }
}
