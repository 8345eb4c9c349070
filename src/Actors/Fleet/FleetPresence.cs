using System.Collections.Immutable;

namespace Screening.Actors.Fleet;

/// <summary>How far a node is on its way into the cluster.</summary>
internal enum FleetState
{
    /// <summary>The cluster system is not running.</summary>
    Down,

    /// <summary>It asks the seeds.</summary>
    Looking,

    /// <summary>Others do not let it in.</summary>
    Refused,

    /// <summary>It joins.</summary>
    Joining,

    /// <summary>It is a member.</summary>
    Up,
}

/// <summary>A member of the cluster.</summary>
/// <param name="Node">Its name; empty until it told.</param>
/// <param name="Address">By what others reach it, HOST:PORT.</param>
/// <param name="State">joining, up, leaving, exiting, down, or unreachable.</param>
internal sealed record FleetMember(string Node, string Address, ImmutableArray<string> Roles, string State);

/// <summary>What a node knows of its cluster.</summary>
/// <param name="Reason">Why it is not <see cref="FleetState.Up"/>; empty when there is nothing to say.</param>
/// <param name="ClusterId">The cluster; empty: in none.</param>
/// <param name="Members">In order of address; empty: in none.</param>
/// <param name="HasMajority">It is a member and reaches more than half of the cache members.</param>
/// <param name="Warnings">What an operator should look at: clocks that differ.</param>
internal sealed record FleetStatus(
    FleetState State, string Reason, string ClusterId, ImmutableArray<FleetMember> Members, bool HasMajority, ImmutableArray<string> Warnings)
{
    public static readonly FleetStatus Down = new(FleetState.Down, "the cluster system is not running", "", [], false, []);
}

/// <summary>Where the join guard writes what it knows, and everybody reads it. It outlives the cluster system.</summary>
internal sealed class FleetPresence
{
    private volatile FleetStatus _now = FleetStatus.Down;

    public FleetStatus Now
    {
        get => _now;
        internal set => _now = value;
    }

    /// <summary>Why the cluster system ends; empty when it was not this node's guard who ended it.</summary>
    internal string Why { get; set; } = "";
}
