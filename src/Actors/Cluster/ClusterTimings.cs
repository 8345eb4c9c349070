namespace Screening.Actors.Cluster;

/// <summary>How long things take in the fleet. Tests take shorter ones.</summary>
internal sealed record ClusterTimings
{
    public static readonly ClusterTimings Default = new();

    /// <summary>
    /// How long the view of who is reachable must not change before a split is decided. Measured: at 20 s all keys answer again after 46 s,
    /// at 5 s after 16 s. Less than 5 s is no longer above the pauses of a loaded machine and the time that the views of two sides differ.
    /// </summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long after <see cref="StableAfter"/> a loss may be undecided before every node ends itself, because the view of the network
    /// never became stable. Each node reckons it by itself from the first change, while only the leader decides: so it covers the leader's
    /// tick (1 s), the delay of a minority before it asks for the lease, the lease's own timeout and the gossip of what was decided. Akka's
    /// "on" means 4 s at least, whatever those are: it ended a side that was about to get the lease.
    /// </summary>
    public TimeSpan Unstable => StableAfter * 0.75 + MinorityDelay + LeaseAnswer + TimeSpan.FromSeconds(3);

    /// <summary>How long the smaller side waits before it asks for the lease, so that the larger one gets it if it lives.</summary>
    public TimeSpan MinorityDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the store may take to answer about the lease.</summary>
    public TimeSpan LeaseAnswer { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often members show that they live.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What a member may be late: a full collection, a virtual machine that moves.</summary>
    public TimeSpan HeartbeatPause { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long an answer to a question between guards is waited for.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between the rounds of a node that looks for a cluster.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between the rounds of a node that is refused: nothing changes soon.</summary>
    public TimeSpan LookRefused { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between the rounds of a member: clocks, names, other clusters, the lock.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this a join that led to nothing ends the system, because a join cannot be withdrawn.</summary>
    public TimeSpan Join { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the store's lock holds for a cluster whose members do not prolong it.</summary>
    public TimeSpan Lock { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long the lease holds that decides a split of two. Shorter than the least time after which a lost node is given up: a holder that
    /// died must not keep the lease from the one that is left.
    /// </summary>
    public TimeSpan Lease => (HeartbeatPause + StableAfter) * 0.75;

    /// <summary>Clocks that differ by more are warned of: lives of passes are told by them.</summary>
    public TimeSpan Clock { get; init; } = TimeSpan.FromSeconds(5);
}
