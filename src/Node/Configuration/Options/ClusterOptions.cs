using System.Collections.Immutable;
using Screening.Actors.Cluster;

namespace Screening.Node.Configuration;

/// <summary>How this node finds and trusts the others.</summary>
internal sealed record ClusterOptions
{
    /// <summary>The role of nodes that hold shards.</summary>
    public const string CacheRole = "cache";

    [Setting("where other nodes connect; opened only with `seeds`")]
    public HostPort Listen { get; init; } = HostPort.Parse("127.0.0.1:4053");

    [Setting("the one name or address by which other nodes reach this one; empty: as `listen`", EmptyIsNone = true)]
    [Reachable]
    public HostPort? Advertise { get; init; }

    [Setting("all nodes of role cache, this one included, each once ([names or addresses](fleet.md#names-and-addresses)). Empty: a single"
        + " node")]
    [Reachable]
    public ImmutableArray<HostPort> Seeds { get; init; } = [];

    [Setting("nodes of role cache; 0: the number of seeds. Without PostgreSQL, more than half of them must answer before a cluster is"
        + " founded")]
    [Between(0, 10_000)]
    public int Expected { get; init; }

    [Setting("whether the node holds a part of the whitelist and has a vote; empty: an edge node")]
    [OneOf(CacheRole)]
    public ImmutableArray<string> Roles { get; init; } = [CacheRole];

    [Setting("which side continues [when the network splits](fleet.md#when-the-network-splits)")]
    public SplitBrain SplitBrain { get; init; } = SplitBrain.Auto;

    [Setting("how long DNSBL and custom checks wait for the fleet's first answer; longer while answers take longer, never beyond a quarter"
        + " of the deadline")]
    [Between("1ms", "60s", ZeroIsOff = true)]
    public TimeSpan LookupWait { get; init; } = TimeSpan.FromMilliseconds(30);

    [Setting("no TLS between nodes. Needed with `seeds` and without `tls`, on loopback too: whoever can connect to the port can do"
        + " everything that an operator can")]
    public bool Insecure { get; init; }

    [Setting("names that the certificates of nodes may have, this one's included; empty: the hosts of `seeds`,"
        + " see [certificates.md](certificates.md)")]
    [PeerName]
    public ImmutableArray<string> Peers { get; init; } = [];

    [Setting("files in PEM form for TLS between nodes, all or none; replaced files take effect without a restart")]
    public ClusterTlsOptions Tls { get; init; } = new();

    /// <summary>True if this node holds shards and votes.</summary>
    public bool IsCache() => Roles.Contains(CacheRole);

    /// <summary>TLS between nodes. The files may be bad ones.</summary>
    public PeerTls PeerTls() => new(
        Tls.Certificate, Tls.Key, Tls.Ca, new PeerNames(Peers.IsEmpty ? Seeds.Select(seed => seed.Host) : Peers));
}

/// <summary>Files in PEM form for TLS between nodes.</summary>
internal sealed record ClusterTlsOptions
{
    [Setting("this node's certificate, with any intermediate ones after it")]
    [ReadableFile]
    public string Certificate { get; init; } = "";

    [Setting("the certificate's private key")]
    [ReadableFile]
    public string Key { get; init; } = "";

    [Setting("the authorities, one of which must have signed each node's certificate")]
    [ReadableFile]
    public string Ca { get; init; } = "";
}

/// <summary>Which side keeps running when the network splits.</summary>
internal enum SplitBrain
{
    /// <summary>Three nodes and more: keep-majority; two: lease with PostgreSQL, else keep-oldest.</summary>
    Auto,

    /// <summary>The side with more nodes of role cache.</summary>
    KeepMajority,

    /// <summary>The side with the oldest node.</summary>
    KeepOldest,

    /// <summary>The side that holds a row in PostgreSQL.</summary>
    Lease,
}
