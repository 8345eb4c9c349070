using Akka.Cluster;

namespace Screening.Actors.Cluster.Forming;

/// <summary>How far this node has got on its way through a cluster, and what follows from that. Pure.</summary>
/// <param name="Reason">Why it is not in a cluster, for the operator; otherwise empty.</param>
/// <param name="ClusterId">The cluster that it joins, founds or is in; empty: none yet.</param>
/// <param name="IsEnding">It has decided to end its system.</param>
internal sealed record Standing(JoinState State, string Reason, string ClusterId, bool IsEnding)
{
    public static readonly Standing Looking = new(JoinState.Looking, "", "", false);

    public bool IsUp => State == JoinState.Up;

    /// <summary>
    /// What it tells nodes that ask. Only a node that is Looking counts as a vote, and nobody founds beside one that is Joining.
    /// </summary>
    /// <param name="own">What the cluster says of this node; null: it is no member.</param>
    public NodePhase PhaseOf(MemberStatus? own) => own switch
    {
        _ when IsEnding => NodePhase.Leaving,
        MemberStatus.Up or MemberStatus.WeaklyUp => NodePhase.Member,
        MemberStatus.Joining => NodePhase.Joining,
        null when State is JoinState.Looking or JoinState.Refused => NodePhase.Looking,

        // Told to join, and Akka has not got there yet: to be taken for Looking now would let another one found.
        null when State is JoinState.Joining => NodePhase.Joining,
        _ => NodePhase.Leaving,
    };

    /// <summary>
    /// True if a node that ends now must give back the lock in the database: the last cache node of its cluster, and a founder that never
    /// came up. One that was downed must not: the lock is its cluster's, which lives on elsewhere.
    /// </summary>
    /// <param name="isOnlyCache">No other member of role cache is left, and this one was not downed.</param>
    /// <param name="foundedId">The cluster that this node founds, if it founds one.</param>
    public bool OwnsLock(bool isOnlyCache, string foundedId) => State switch
    {
        JoinState.Up => isOnlyCache,
        JoinState.Joining => ClusterId == foundedId,
        _ => false,
    };
}
