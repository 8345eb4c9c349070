using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>Where the doors listen. An empty list closes one; port 0 takes a free port. <c>[endpoints]</c></summary>
internal sealed record EndpointOptions
{
    /// <summary>The plug-in protocol; tcp or unix.</summary>
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Plugin { get; init; } = [EndpointAddress.Parse("tcp://127.0.0.1:10025")];

    /// <summary>Policy delegation (check_policy_service); tcp or unix.</summary>
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Policy { get; init; } = [EndpointAddress.Parse("tcp://127.0.0.1:10026")];

    /// <summary>DNSBL zone (postscreen_dnsbl_sites); udp or tcp.</summary>
    [Schemes(EndpointScheme.Udp, EndpointScheme.Tcp)]
    public ImmutableArray<EndpointAddress> Dnsbl { get; init; } =
        [EndpointAddress.Parse("udp://127.0.0.1:10053"), EndpointAddress.Parse("tcp://127.0.0.1:10053")];

    /// <summary>memcache (postscreen_cache_map); tcp or unix.</summary>
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Memcache { get; init; } = [EndpointAddress.Parse("tcp://127.0.0.1:10211")];

    /// <summary>Stands in for dnsblog(8) (dnsblog_service_name); unix or tcp.</summary>
    [Schemes(EndpointScheme.Unix, EndpointScheme.Tcp)]
    public ImmutableArray<EndpointAddress> Dnsblog { get; init; } = [];

    /// <summary>API, metrics, health and web page; tcp or unix. On a unix socket changes need no token: its mode says who may connect.</summary>
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Http { get; init; } =
        [EndpointAddress.Parse("tcp://127.0.0.1:10080"), EndpointAddress.Parse("unix://DATA_DIR/http.sock?mode=0660")];

    /// <summary>All addresses by door, in the order above; the door's word is the setting's name.</summary>
    public IEnumerable<(Door Door, EndpointAddress Address)> All() =>
    [
        .. Plugin.Select(address => (Door.Plugin, address)),
        .. Policy.Select(address => (Door.Policy, address)),
        .. Dnsbl.Select(address => (Door.Dnsbl, address)),
        .. Memcache.Select(address => (Door.Memcache, address)),
        .. Dnsblog.Select(address => (Door.Dnsblog, address)),
        .. Http.Select(address => (Door.Http, address)),
    ];

    /// <summary>Doors that take connections.</summary>
    public int StreamDoors => All().Where(endpoint => endpoint.Address.Scheme != EndpointScheme.Udp).DistinctBy(endpoint => endpoint.Door).Count();

    /// <summary>The same addresses with the data folder in place of <c>DATA_DIR</c>.</summary>
    /// <param name="dataDir">The folder's absolute path.</param>
    public EndpointOptions Within(string dataDir) => Map(addresses => [.. addresses.Select(address => address.Within(dataDir))]);

    /// <summary>The addresses that a socket can have.</summary>
    public EndpointOptions WithoutLongPaths() => Map(addresses => addresses.RemoveAll(address => address.IsPathTooLong));

    private EndpointOptions Map(Func<ImmutableArray<EndpointAddress>, ImmutableArray<EndpointAddress>> change) => this with
    {
        Plugin = change(Plugin),
        Policy = change(Policy),
        Dnsbl = change(Dnsbl),
        Memcache = change(Memcache),
        Dnsblog = change(Dnsblog),
        Http = change(Http),
    };
}

/// <summary>The zone of the DNSBL doors. <c>[dnsbl_zone]</c></summary>
internal sealed record DnsblZoneOptions
{
    /// <summary>Domain name, at most 110 characters; the domain in postscreen_dnsbl_sites.</summary>
    [DomainName]
    public string Name { get; init; } = "screening.internal";
}
