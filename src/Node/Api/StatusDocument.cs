using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Screening.Node.Api;

/// <summary>How a node is: what <c>status</c> shows.</summary>
/// <param name="V">The version of the shape.</param>
/// <param name="Rung">The highest rung of the ladder of degradation that is entered; 0: none.</param>
/// <param name="InFlight">Queries that are being screened.</param>
internal sealed record StatusDocument(
    int V,
    string Node,
    string Version,
    int Rung,
    ImmutableArray<DegradedPart> Degraded,
    ConfigStatus Config,
    ImmutableArray<OpenEndpoint> Endpoints,
    ClusterStatus Cluster,
    GrantsStatus Grants,
    StoreStatus Store,
    CacheStatus Cache,
    int InFlight,
    ImmutableArray<CheckStatus> Checks);

/// <summary>Something that does not work.</summary>
/// <param name="Rung">Its rung on the ladder; 0: only worth a look.</param>
internal sealed record DegradedPart(string What, [property: JsonConverter(typeof(MillisecondTime))] DateTimeOffset Since, int Rung);

/// <summary>The configuration in use.</summary>
/// <param name="File">Null: there is none.</param>
/// <param name="FailedSince">Since when reloads have been failing; null: the latest one succeeded.</param>
/// <param name="Faults">All faults of the latest reload.</param>
/// <param name="RestartNeeded">The tables whose change takes a restart.</param>
internal sealed record ConfigStatus(
    string? File,
    [property: JsonConverter(typeof(MillisecondTime))] DateTimeOffset Loaded,
    [property: JsonConverter(typeof(MillisecondTime))] DateTimeOffset? FailedSince,
    ImmutableArray<string> Faults,
    ImmutableArray<string> RestartNeeded);

/// <summary>One open listener.</summary>
/// <param name="Kind">The door, or <c>cluster</c>.</param>
/// <param name="Uri">The address, with the port that was taken.</param>
internal sealed record OpenEndpoint(string Kind, string Uri);

/// <summary>The cluster as this node sees it.</summary>
/// <param name="Expected">Cache members that there should be.</param>
/// <param name="Missing">Those of them that are not up.</param>
/// <param name="Shards">Shards that have a home.</param>
/// <param name="Recovering">Buckets that are not read from the store yet.</param>
internal sealed record ClusterStatus(
    string State, ImmutableArray<MemberStatus> Members, int Expected, int Missing, int Shards, int ShardsHere, int Buckets, int Recovering);

/// <summary>One member of the cluster.</summary>
/// <param name="Address">HOST:PORT; empty in a cluster of one.</param>
internal sealed record MemberStatus(string Node, string Address, ImmutableArray<string> Roles, string State);

/// <summary>This node's copy of grants and bans.</summary>
/// <param name="ConfirmedSAgo">Seconds since the fleet confirmed it.</param>
internal sealed record GrantsStatus(bool Confirmed, double ConfirmedSAgo);

/// <summary>The store of the whitelist.</summary>
/// <param name="Queued">Changes that wait for it.</param>
/// <param name="Dropped">Changes that were given up.</param>
internal sealed record StoreStatus(string Provider, bool Ok, long Queued, long Dropped, long Journaled);

/// <summary>What is kept of clients.</summary>
/// <param name="Near">Passes in this node's near cache.</param>
/// <param name="Entries">Entries of the fleet.</param>
/// <param name="Here">Those of them that this node holds.</param>
internal sealed record CacheStatus(int Near, long Entries, long Here, int Grants, int Bans);

/// <summary>The health of a check.</summary>
/// <param name="State"><c>ok</c>, <c>ill</c> (its last answers failed) or <c>open</c> (it is not asked for a while).</param>
/// <param name="Reason">The last failure, while it is not ok.</param>
internal sealed record CheckStatus(
    string Name, string Kind, string State, string? Reason, [property: JsonConverter(typeof(MillisecondTime))] DateTimeOffset Since);
