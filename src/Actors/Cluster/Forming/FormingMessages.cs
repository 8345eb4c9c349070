using Akka.Actor;

namespace Screening.Actors.Cluster.Forming;

// Exchanged by the join guards of nodes, over the remoting port and before any of them is a member.

/// <summary>Asks a node what it is and whether it is in a cluster. Answered with <see cref="NodePresence"/>.</summary>
/// <param name="Round">The asker's round, 1 or more; the answer repeats it.</param>
/// <param name="From">The asker.</param>
internal sealed record AskPresence(long Round, NodeIdentity From);

/// <summary>What a node is.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Address">The one address by which it takes messages.</param>
/// <param name="IsCache">It holds shards and may found a cluster.</param>
/// <param name="Layout">Version of the whitelist's layout.</param>
/// <param name="Provider">sqlite, postgresql or memory.</param>
/// <param name="SplitBrain">How it decides a split: keep-majority, keep-oldest or lease-majority.</param>
/// <param name="ClockMs">Its clock, milliseconds since 1970.</param>
internal sealed record NodeIdentity(
    string Node, Address Address, bool IsCache, int Layout, string Provider, string SplitBrain, long ClockMs)
{
    /// <summary>Its name with its address, for operators.</summary>
    public string Label => $"{Node} ({Address.Endpoint})";
}

/// <summary>How far a node is on its way through a cluster. The numbers are sent.</summary>
internal enum NodePhase : byte
{
    /// <summary>It is in no cluster.</summary>
    Looking = 0,

    /// <summary>It joins or founds a cluster and is not a member yet.</summary>
    Joining = 1,

    /// <summary>It is a member.</summary>
    Member = 2,

    /// <summary>It leaves its cluster and ends.</summary>
    Leaving = 3,
}

/// <summary>A node's answer, and what it tells the members of its cluster, unasked, when it ends.</summary>
/// <param name="Round">As asked; <see cref="Unasked"/>: the node ends now.</param>
/// <param name="ClusterId">The cluster of a member; otherwise empty.</param>
/// <param name="CacheMembers">How many members of role cache it sees.</param>
/// <param name="HasUnreachable">It sees members that it cannot reach.</param>
/// <param name="Refusal">Why the asker may not be in the same cluster; empty: it may.</param>
internal sealed record NodePresence(
    long Round, NodeIdentity From, NodePhase Phase, string ClusterId, int CacheMembers, bool HasUnreachable, string Refusal)
{
    /// <summary>The number of no round.</summary>
    public const long Unasked = 0;

    /// <summary>True if the asker may join it or found a cluster with it.</summary>
    public bool IsOpen => Refusal.Length == 0;
}
