using Microsoft.Extensions.Logging;

namespace Screening.Actors.Cluster.Forming;

/// <summary>What the join guard tells operators of the cluster and its members, in place of what Akka logs of them.</summary>
internal static partial class GuardLog
{
    [LoggerMessage(ClusterEventIds.Joining, LogLevel.Information, "Joining cluster {Cluster} of {Node}")]
    public static partial void Joining(this ILogger log, string cluster, string node);

    [LoggerMessage(ClusterEventIds.Founding, LogLevel.Information, "Founding cluster {Cluster}")]
    public static partial void Founding(this ILogger log, string cluster);

    [LoggerMessage(ClusterEventIds.IsMember, LogLevel.Information, "This node is a member of cluster {Cluster}, one of {Members}")]
    public static partial void IsMember(this ILogger log, string cluster, int members);

    [LoggerMessage(ClusterEventIds.IsOutside, LogLevel.Information, "Not in a cluster: {Reason}")]
    public static partial void IsOutside(this ILogger log, string reason);

    [LoggerMessage(ClusterEventIds.IsRefused, LogLevel.Warning, "Not in a cluster: {Reason}")]
    public static partial void IsRefused(this ILogger log, string reason);

    [LoggerMessage(ClusterEventIds.SeedFails, LogLevel.Information, "Seed {Seed} cannot be reached: {Fault}")]
    public static partial void SeedFails(this ILogger log, string seed, string fault);

    [LoggerMessage(ClusterEventIds.SystemEnds, LogLevel.Warning, "The cluster system ends: {Reason}")]
    public static partial void Ends(this ILogger log, string reason);

    [LoggerMessage(ClusterEventIds.ClocksDiffer, LogLevel.Warning, "Clocks differ: {Warning}")]
    public static partial void ClocksDiffer(this ILogger log, string warning);

    [LoggerMessage(ClusterEventIds.RoundFailed, LogLevel.Warning, "The other nodes could not be asked and will be asked again: {Fault}")]
    public static partial void RoundFailed(this ILogger log, string fault);

    [LoggerMessage(ClusterEventIds.MemberIsUp, LogLevel.Information, "Member {Node} is up")]
    public static partial void MemberIsUp(this ILogger log, string node);

    [LoggerMessage(ClusterEventIds.MemberLeft, LogLevel.Information, "Member {Node} left")]
    public static partial void MemberLeft(this ILogger log, string node);

    [LoggerMessage(ClusterEventIds.MemberIsUnreachable, LogLevel.Warning, "Member {Node} cannot be reached")]
    public static partial void MemberIsUnreachable(this ILogger log, string node);

    [LoggerMessage(ClusterEventIds.MemberIsBack, LogLevel.Information, "Member {Node} can be reached again")]
    public static partial void MemberIsBack(this ILogger log, string node);

    [LoggerMessage(ClusterEventIds.MemberIsRemoved, LogLevel.Warning,
        "Member {Node} was removed, because it could not be reached; others hold its part of the whitelist now")]
    public static partial void MemberIsRemoved(this ILogger log, string node);
}
