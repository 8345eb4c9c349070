using System.Globalization;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// Says when the cluster of this node gives up for another one: for a greater one that was seen in two rounds running, and for one that has
/// held the lock in the database for so long that it cannot be left over from a cluster that was killed. Pure but for what it remembers.
/// </summary>
/// <remarks>
/// Akka never merges two clusters. Left alone they would both serve, with two writers for each bucket. Greater is the one with more members
/// of role cache, and of two equal ones that with the lesser name: both sides compare the same numbers, so one of them ends and not both.
/// </remarks>
/// <param name="deniedRounds">How often in a row the lock may be denied.</param>
internal sealed class Rivals(int deniedRounds)
{
    private string _seen = "";
    private int _denied;

    /// <summary>Compares this node's cluster with those that others told of.</summary>
    /// <param name="hasUnreachable">This node sees members that it cannot reach: they have a split of their own to decide first.</param>
    /// <param name="others">Answers of nodes outside this cluster.</param>
    /// <returns>Why this node leaves; null: it stays.</returns>
    public string? Compare(string clusterId, int cacheMembers, bool hasUnreachable, IEnumerable<NodePresence> others)
    {
        var greater = hasUnreachable ? null : others.FirstOrDefault(other =>
            other is { Phase: NodePhase.Member, HasUnreachable: false } && other.ClusterId != clusterId
            && (other.CacheMembers > cacheMembers
                || (other.CacheMembers == cacheMembers && string.CompareOrdinal(other.ClusterId, clusterId) < 0)));

        // Twice, because a node that is just moving from one cluster to the other still answers for the one that it leaves.
        var isKnown = greater is not null && greater.ClusterId == _seen;
        _seen = greater?.ClusterId ?? "";
        return isKnown
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{greater!.From.Label} is in another cluster, {greater.ClusterId} of {greater.CacheMembers};"
                    + $" this cluster of {cacheMembers} ends")
            : null;
    }

    /// <summary>Hears whether the lock of this node's cluster could be prolonged.</summary>
    /// <returns>Why this node leaves; null: it stays.</returns>
    public string? Compare(LockState state)
    {
        // A database that is away denies nothing: the cluster lives on without it.
        _denied = state switch
        {
            LockState.Taken => 0,
            LockState.Held => _denied + 1,
            _ => _denied,
        };
        return _denied > deniedRounds ? "the database holds the lock for another cluster" : null;
    }
}
