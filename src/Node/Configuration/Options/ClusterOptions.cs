using System.Collections.Immutable;
using Screening.Actors.Cluster;

namespace Screening.Node.Configuration;

/// <summary>How this node finds and trusts the others. <c>[cluster]</c></summary>
internal sealed record ClusterOptions
{
    /// <summary>Where Akka.Remote listens if there are seeds; port 0: any.</summary>
    public HostPort Listen { get; init; } = HostPort.Parse("127.0.0.1:4053");

    /// <summary>Host and port by which other nodes reach this one; null: those of <see cref="Listen"/>.</summary>
    [EmptyIsNone]
    [Reachable]
    public HostPort? Advertise { get; init; }

    /// <summary>
    /// All nodes of role cache, this one included; a name may have several addresses. Empty: a node on its own, which no other node can
    /// join.
    /// </summary>
    [Reachable]
    public ImmutableArray<HostPort> Seeds { get; init; } = [];

    /// <summary>Nodes of role cache, 0..10000; 0: the number of seeds.</summary>
    [Between(0, 10_000)]
    public int Expected { get; init; }

    /// <summary><c>cache</c>: holds shards and votes. Empty: an edge node.</summary>
    [OneOf(CacheRole)]
    public ImmutableArray<string> Roles { get; init; } = [CacheRole];

    /// <summary>Which side keeps running when the network splits.</summary>
    public SplitBrain SplitBrain { get; init; } = SplitBrain.Auto;

    /// <summary>
    /// Shortest time that DNSBL and custom checks wait for the fleet's first answer; at most a quarter of the deadline. 1ms..60s; 0: not
    /// at all.
    /// </summary>
    [Lasts("1ms", "60s", ZeroIsOff = true)]
    public TimeSpan LookupWait { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>
    /// True: nodes connect without TLS. Anyone who can reach the port, on loopback any local user, can then change everything.
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>
    /// Names that a node's certificate may bear: IP addresses, host names, or <c>*.DOMAIN</c> for all names of one label more. Empty: the
    /// hosts of <see cref="Seeds"/>.
    /// </summary>
    [PeerName]
    public ImmutableArray<string> Peers { get; init; } = [];

    public ClusterTlsOptions Tls { get; init; } = new();

    /// <summary>The role of nodes that hold shards.</summary>
    public const string CacheRole = "cache";

    /// <summary>True if this node holds shards and votes.</summary>
    public bool IsCache() => Roles.Contains(CacheRole);

    /// <summary>TLS between nodes. The files may be bad ones.</summary>
    public PeerTls PeerTls() => new(
        Tls.Certificate, Tls.Key, Tls.Ca, new PeerNames(Peers.IsEmpty ? Seeds.Select(seed => seed.Host) : Peers));
}

/// <summary>Files in PEM form for TLS between nodes: all three, or none for no TLS.</summary>
internal sealed record ClusterTlsOptions
{
    /// <summary>This node's certificate, with any intermediate ones behind it.</summary>
    [ReadableFile]
    public string Certificate { get; init; } = "";

    /// <summary>The private key of <see cref="Certificate"/>.</summary>
    [ReadableFile]
    public string Key { get; init; } = "";

    /// <summary>The authorities, one of which must have signed each node's certificate.</summary>
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
