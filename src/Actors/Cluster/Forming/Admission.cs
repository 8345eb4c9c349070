namespace Screening.Actors.Cluster.Forming;

/// <summary>Says which nodes may be in one cluster. Both sides come to the same answer.</summary>
/// <remarks>Akka asks only whether settings of its own are compatible; none of these is one.</remarks>
internal static class Admission
{
    /// <returns>Why the two cannot be in one cluster; empty: they can.</returns>
    public static string Refusal(NodeIdentity here, NodeIdentity there)
    {
        // The layout says which bucket an address is in: two of them would look for one client in two places.
        if (here.Layout != there.Layout)
            return FormattableString.Invariant($"the whitelist's layout is {here.Layout} here and {there.Layout} there");

        // Each member may come to decide a split, edges too: two rules would let both sides live.
        if (here.SplitBrain != there.SplitBrain)
        {
            return $"a split is decided by {here.SplitBrain} here and by {there.SplitBrain} there;"
                + " cluster.split_brain, cluster.expected and, for lease, store.provider must be the same on all nodes, edges included";
        }

        if (!here.IsCache || !there.IsCache || here.Address == there.Address)
            return "";

        // A bucket that moves recovers where it comes to: from another store it would come up with other passes, or with none.
        if (here.Provider != there.Provider)
            return $"store.provider is {here.Provider} here and {there.Provider} there";
        return here.Provider == "sqlite"
            ? "store.provider is sqlite, which keeps the whitelist on one node; more nodes of role cache need postgresql"
            : "";
    }
}
