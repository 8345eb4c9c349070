using System.Collections.Immutable;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster;

/// <summary>
/// Everything that the cluster system needs to know. The <c>[cluster]</c>, <c>[cache]</c> and <c>[store]</c> settings as the actors see
/// them.
/// </summary>
public sealed record ClusterSettings
{
    /// <summary>This node's name.</summary>
    public required string Node { get; init; }

    /// <summary>Address that the remoting port is bound to.</summary>
    public string ListenHost { get; init; } = "127.0.0.1";

    /// <summary>False if this host has IPv6 only, so that [::] is no reason to reach names by IPv4.</summary>
    public bool HasIPv4 { get; init; } = true;

    /// <summary>The remoting port: it stays the same when the cluster system restarts. 0 only where there is none, without seeds.</summary>
    public required int ListenPort { get; init; }

    /// <summary>The name or address by which others reach this node.</summary>
    public required string PublicHost { get; init; }

    /// <summary>The port by which others reach this node.</summary>
    public required int PublicPort { get; init; }

    /// <summary>Nodes of role cache, names or addresses; a name may stand for several nodes. Empty: a cluster of one.</summary>
    public ImmutableArray<Seed> Seeds { get; init; } = [];

    /// <summary>Nodes of role cache that there should be (cluster.expected); 0: as many as the seeds stand for.</summary>
    public int Expected { get; init; }

    /// <summary>True: holds shards and votes.</summary>
    public bool IsCache { get; init; } = true;

    /// <summary>Which side survives a split of the network; "auto" is resolved already.</summary>
    public SplitBrainStrategy SplitBrain { get; init; } = SplitBrainStrategy.KeepMajority;

    /// <summary>How long the other checks wait at least for the fleet's first answer.</summary>
    public TimeSpan LookUpWait { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>A near entry is confirmed by its bucket after this.</summary>
    public TimeSpan NearLife { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest that anything lives.</summary>
    public TimeSpan MaxLife { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Entries in the fleet.</summary>
    public int MaxEntries { get; init; } = 10_000_000;

    /// <summary>Passes with another fingerprint count as well.</summary>
    public bool TrustAny { get; init; }

    /// <summary>TLS between nodes; null: plain.</summary>
    public PeerTls? Tls { get; init; }

    /// <summary>Folder where this node keeps its last copy of grants and bans (node.data_dir); empty: it keeps none.</summary>
    public string DataDir { get; init; } = "";

    /// <summary>Where the whitelist is stored.</summary>
    public required IWhitelistStore Store { get; init; }

    /// <summary>True if no other node may join.</summary>
    public bool IsAlone => Seeds.IsEmpty;
}

/// <summary>Where other nodes may be found.</summary>
public sealed record Seed(string Host, int Port);

/// <summary>TLS between nodes, with files in PEM form. Both sides show a certificate.</summary>
/// <param name="Certificate">This node's certificate, with any intermediate ones behind it.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Ca">The authorities, one of which must have signed each node's certificate.</param>
/// <param name="Peers">Names, one of which each node's certificate must bear.</param>
public sealed record PeerTls(string Certificate, string Key, string Ca, PeerNames Peers)
{
    /// <returns>Why the other nodes would not accept this node, or the files are of no use, for the operator; null: all is well.</returns>
    public string? Fault()
    {
        try
        {
            NodeCertificates.Check(this);
            return null;
        }
        catch (PeerTlsException fault)
        {
            return fault.Message;
        }
    }
}

/// <summary>Which side survives a split of the network.</summary>
public enum SplitBrainStrategy
{
    /// <summary>The side with more nodes of role cache.</summary>
    KeepMajority,

    /// <summary>The side with the oldest node.</summary>
    KeepOldest,

    /// <summary>The side that gets the store's lock.</summary>
    Lease,
}

internal static class SplitBrainStrategyNames
{
    extension(SplitBrainStrategy strategy)
    {
        /// <summary>The name that Akka has for it and that nodes send each other.</summary>
        public string Name => strategy switch
        {
            SplitBrainStrategy.KeepMajority => "keep-majority",
            SplitBrainStrategy.KeepOldest => "keep-oldest",
            SplitBrainStrategy.Lease => "lease-majority",
            _ => throw new ArgumentOutOfRangeException(nameof(strategy)),
        };
    }
}
