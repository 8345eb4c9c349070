using Akka.Cluster;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class StandingTests
{
    private static readonly MemberStatus?[] Statuses =
        [null, MemberStatus.Joining, MemberStatus.WeaklyUp, MemberStatus.Up, MemberStatus.Leaving, MemberStatus.Exiting, MemberStatus.Down];

    /// <summary>
    /// What a node tells that has got so far, for each thing that the cluster may say of it, in the order of <see cref="Statuses"/>.
    /// </summary>
    [Theory]
    [InlineData("Looking", "Looking Joining Member Member Leaving Leaving Leaving")]
    [InlineData("Refused", "Looking Joining Member Member Leaving Leaving Leaving")]
    [InlineData("Joining", "Joining Joining Member Member Leaving Leaving Leaving")]
    [InlineData("Up", "Leaving Joining Member Member Leaving Leaving Leaving")]
    public void A_node_tells_how_far_it_is(string state, string phases)
    {
        var standing = Standing.Looking with { State = Enum.Parse<JoinState>(state) };
        Assert.Equal(phases, string.Join(' ', Statuses.Select(status => standing.PhaseOf(status))));
        Assert.All(Statuses, status => Assert.Equal(NodePhase.Leaving, (standing with { IsEnding = true }).PhaseOf(status)));
    }

    [Theory]
    [InlineData("Looking", "", false, false)]
    [InlineData("Refused", "", true, false)]
    [InlineData("Joining", "other", true, false)]
    [InlineData("Joining", "own", false, true)]
    [InlineData("Up", "own", false, false)]
    [InlineData("Up", "own", true, true)]
    [InlineData("Up", "other", true, true)]
    public void The_last_of_a_cluster_and_a_founder_that_never_came_up_give_the_lock_back(
        string state, string clusterId, bool isOnlyCache, bool gives)
    {
        var standing = Standing.Looking with { State = Enum.Parse<JoinState>(state), ClusterId = clusterId };
        Assert.Equal(gives, standing.OwnsLock(isOnlyCache, "own"));
    }
}
