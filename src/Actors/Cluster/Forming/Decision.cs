using System.Collections.Immutable;
using Akka.Actor;

namespace Screening.Actors.Cluster.Forming;

/// <summary>What a node that looks for a cluster does next.</summary>
internal abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Joins a cluster by those of its members that answered.</summary>
    public sealed record Join(string ClusterId, NodeIdentity By, ImmutableArray<Address> Members) : Decision;

    /// <summary>Asks the database for the lock of the founder.</summary>
    public sealed record AcquireLock : Decision;

    /// <summary>Asks the database whether it answers, and for nothing else.</summary>
    public sealed record TestDatabase : Decision;

    /// <summary>Founds a cluster.</summary>
    public sealed record Found : Decision;

    /// <summary>Looks again soon.</summary>
    /// <param name="Reason">For the operator; empty: nothing that would be of interest.</param>
    public sealed record Wait(string Reason) : Decision;

    /// <summary>Looks again later: the others do not let this node in.</summary>
    public sealed record Refused(string Reason) : Decision;
}

/// <summary>What the database answered about the founder's lock.</summary>
/// <param name="Fault">Why it could not be asked; otherwise empty.</param>
internal sealed record LockAnswer(LockState State, string Fault = "");

internal enum LockState
{
    /// <summary>This node or its cluster holds the lock.</summary>
    Taken,

    /// <summary>Another one holds it.</summary>
    Held,

    /// <summary>The database answers; the lock was not asked for.</summary>
    NotAsked,

    /// <summary>The database cannot be asked, or its answer was lost.</summary>
    Unknown,
}
