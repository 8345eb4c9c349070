using System.Collections.Immutable;
using Akka.Cluster;
using Microsoft.Extensions.Logging;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// What the join guard tells operators of the cluster and its members, in place of what Akka logs of them. Rounds repeat every second and
/// mostly find the same: each thing is told once, until it changes.
/// </summary>
internal sealed partial class GuardReport(ILogger log, TimeProvider time)
{
    // Nodes of a fleet start together, and what one of them finds in its first seconds is over before anybody reads it.
    private static readonly TimeSpan QuietStart = TimeSpan.FromSeconds(5);

    private readonly ILogger _log = log;
    private readonly long _started = time.GetTimestamp();
    private string _reason = "";
    private string _fault = "";
    private ImmutableSortedDictionary<string, string> _seedFaults = SeedsFound.Nothing.Faults;

    private bool IsQuiet => time.GetElapsedTime(_started) < QuietStart;

    /// <summary>Tells why this node is in no cluster. A refusal needs an operator and is told at once.</summary>
    /// <param name="reason">Empty: it is in one, or on its way.</param>
    public void Outside(JoinState state, string reason)
    {
        if (reason.Length == 0 || reason == _reason || (IsQuiet && state != JoinState.Refused))
            return;
        _reason = reason;
        if (state == JoinState.Refused)
            IsRefused(reason);
        else
            IsOutside(reason);
    }

    /// <summary>Tells of seeds that cannot be asked.</summary>
    public void Seeds(SeedsFound found)
    {
        if (IsQuiet)
            return;
        foreach (var (where, fault) in found.Faults.Where(fault => _seedFaults.GetValueOrDefault(fault.Key) != fault.Value))
            SeedFails(where, fault);
        _seedFaults = found.Faults;
    }

    /// <summary>Tells of a round that failed, which is a fault of this node or of its surroundings.</summary>
    public void RoundFailed(string fault)
    {
        if (fault != _fault)
            RoundFails(fault);
        _fault = fault;
    }

    /// <summary>Tells of another node that came or went.</summary>
    public void Changed(ClusterEvent.IMemberEvent change, string node)
    {
        switch (change)
        {
            case ClusterEvent.MemberUp:
                MemberIsUp(node);
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down }:
                MemberIsRemoved(node);
                break;
            case ClusterEvent.MemberRemoved:
                MemberLeft(node);
                break;
        }
    }

    /// <summary>Tells of a member that cannot be reached, or can again.</summary>
    public void Changed(ClusterEvent.ReachabilityEvent change, string node)
    {
        if (change is ClusterEvent.UnreachableMember)
            MemberIsUnreachable(node);
        else
            MemberIsBack(node);
    }

    [LoggerMessage(ClusterEventIds.Joining, LogLevel.Information, "Joining cluster {Cluster} of {Node}")]
    public partial void Joining(string cluster, string node);

    [LoggerMessage(ClusterEventIds.Founding, LogLevel.Information, "Founding cluster {Cluster}")]
    public partial void Founding(string cluster);

    [LoggerMessage(ClusterEventIds.IsMember, LogLevel.Information, "This node is a member of cluster {Cluster}, one of {Members}")]
    public partial void IsMember(string cluster, int members);

    [LoggerMessage(ClusterEventIds.IsOutside, LogLevel.Information, "Not in a cluster: {Reason}")]
    private partial void IsOutside(string reason);

    [LoggerMessage(ClusterEventIds.IsRefused, LogLevel.Warning, "Not in a cluster: {Reason}")]
    private partial void IsRefused(string reason);

    [LoggerMessage(ClusterEventIds.SeedFails, LogLevel.Information, "Seed {Seed} cannot be reached: {Fault}")]
    private partial void SeedFails(string seed, string fault);

    [LoggerMessage(ClusterEventIds.SystemEnds, LogLevel.Warning, "The cluster system ends: {Reason}")]
    public partial void Ends(string reason);

    [LoggerMessage(ClusterEventIds.ClocksDiffer, LogLevel.Warning, "Clocks differ: {Warning}")]
    public partial void ClocksDiffer(string warning);

    [LoggerMessage(ClusterEventIds.RoundFailed, LogLevel.Warning, "The other nodes could not be asked and will be asked again: {Fault}")]
    private partial void RoundFails(string fault);

    [LoggerMessage(ClusterEventIds.MemberIsUp, LogLevel.Information, "Member {Node} is up")]
    private partial void MemberIsUp(string node);

    [LoggerMessage(ClusterEventIds.MemberLeft, LogLevel.Information, "Member {Node} left")]
    private partial void MemberLeft(string node);

    [LoggerMessage(ClusterEventIds.MemberIsUnreachable, LogLevel.Warning, "Member {Node} cannot be reached")]
    private partial void MemberIsUnreachable(string node);

    [LoggerMessage(ClusterEventIds.MemberIsBack, LogLevel.Information, "Member {Node} can be reached again")]
    private partial void MemberIsBack(string node);

    [LoggerMessage(ClusterEventIds.MemberIsRemoved, LogLevel.Warning,
        "Member {Node} was removed, because it could not be reached; others hold its part of the whitelist now")]
    private partial void MemberIsRemoved(string node);
}
