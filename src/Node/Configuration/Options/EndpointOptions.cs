using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>Where the doors listen. An empty list closes one; port 0 takes a free port.</summary>
internal sealed record EndpointOptions
{
    [Setting("the plug-in protocol, [plugin-protocol.md](plugin-protocol.md)")]
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Plugin { get; init; } = Addresses("tcp://127.0.0.1:10025");

    [Setting("policy delegation, [postfix.md](postfix.md#policy-delegation)", Postfix = "`check_policy_service`")]
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Policy { get; init; } = Addresses("tcp://127.0.0.1:10026");

    [Setting("verdicts as a DNS zone, [dnsbl-zone.md](dnsbl-zone.md)", Postfix = "`postscreen_dnsbl_sites`")]
    [Schemes(EndpointScheme.Udp, EndpointScheme.Tcp)]
    public ImmutableArray<EndpointAddress> Dnsbl { get; init; } = Addresses("udp://127.0.0.1:10053", "tcp://127.0.0.1:10053");

    [Setting("postscreen's cache, shared, [postfix.md](postfix.md#memcache)", Postfix = "`postscreen_cache_map`")]
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Memcache { get; init; } = Addresses("tcp://127.0.0.1:10211");

    [Setting("takes the place of dnsblog(8), [postfix.md](postfix.md#dnsblog-socket)", Postfix = "`dnsblog_service_name`")]
    [Schemes(EndpointScheme.Unix, EndpointScheme.Tcp)]
    public ImmutableArray<EndpointAddress> Dnsblog { get; init; } = [];

    [Setting("health, metrics, API; on unix sockets changes need no token")]
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    public ImmutableArray<EndpointAddress> Http { get; init; } = Addresses("tcp://127.0.0.1:10080", "unix://DATA_DIR/http.sock?mode=0660");

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
    public int StreamDoors =>
        All().Where(endpoint => endpoint.Address.Scheme != EndpointScheme.Udp).DistinctBy(endpoint => endpoint.Door).Count();

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

    private static ImmutableArray<EndpointAddress> Addresses(params string[] texts) => [.. texts.Select(EndpointAddress.Parse)];
}

/// <summary>The zone of the DNSBL doors.</summary>
internal sealed record DnsblZoneOptions
{
    private const string Label = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";

    [Setting("the zone of the dnsblog and dnsbl doors; also `allow.NAME`, `PROFILE.NAME`, `allow.PROFILE.NAME`",
        Postfix = "`postscreen_dnsbl_sites`")]
    // Room is left for what is put before it: a reversed IPv6 address and two labels.
    [Shaped($"{Label}(\\.{Label})*", "a domain name of at most 110 characters, without a dot at its end", MaxLength = 110)]
    public string Name { get; init; } = "screening.internal";
}
