using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class RivalsTests
{
    /// <summary>What others tell a cluster "m" of two cache members, and whether it gives up for that when it is seen twice.</summary>
    [Theory]
    [InlineData("5 a:3", true)]
    [InlineData("5 z:3", true)]
    [InlineData("5 a:2", true)]
    [InlineData("5 z:2", false)]
    [InlineData("5 a:1", false)]
    [InlineData("5 m:3", false)]
    [InlineData("5 a:3!", false)]
    [InlineData("5 looking", false)]
    [InlineData("5 joining", false)]
    [InlineData("5 z:2, 6 a:3", true)]
    [InlineData("", false)]
    public void The_lesser_of_two_clusters_gives_up_when_it_has_seen_the_other_twice(string others, bool givesUp)
    {
        var rivals = new Rivals(3);
        var answers = Nodes.Round(others).Answered.Values;
        Assert.Null(rivals.Compare("m", 2, false, answers));
        Assert.Equal(givesUp, rivals.Compare("m", 2, false, answers) is not null);
    }

    [Fact]
    public void The_reason_names_both()
    {
        var rivals = new Rivals(3);
        var answers = Nodes.Round("5 a:3").Answered.Values;
        rivals.Compare("m", 2, false, answers);
        Assert.Equal(
            "mx5 (10.0.0.5:4053) is in another cluster, a of 3; this cluster of 2 ends", rivals.Compare("m", 2, false, answers));
    }

    [Fact]
    public void Another_one_or_none_between_begins_anew()
    {
        var rivals = new Rivals(3);
        string[] seen = ["5 a:3", "", "5 a:3", "5 b:3", "5 a:3"];
        Assert.All(seen, others => Assert.Null(rivals.Compare("m", 2, false, Nodes.Round(others).Answered.Values)));
        Assert.NotNull(rivals.Compare("m", 2, false, Nodes.Round("5 a:3").Answered.Values));
    }

    [Fact]
    public void A_cluster_with_a_split_of_its_own_decides_that_first()
    {
        var rivals = new Rivals(3);
        var answers = Nodes.Round("5 a:3").Answered.Values;
        Assert.Null(rivals.Compare("m", 2, true, answers));
        Assert.Null(rivals.Compare("m", 2, true, answers));
        Assert.Null(rivals.Compare("m", 2, false, answers));
        Assert.NotNull(rivals.Compare("m", 2, false, answers));
    }

    [Fact]
    [Trait("Finding", "B4")]
    public void A_cluster_whose_lock_another_one_keeps_gives_up()
    {
        var rivals = new Rivals(2);
        LockState[] states = [LockState.Held, LockState.Held, LockState.Taken, LockState.Held, LockState.Unknown, LockState.Held];
        Assert.All(states, state => Assert.Null(rivals.Compare(state)));
        Assert.Equal("the database holds the lock for another cluster", rivals.Compare(LockState.Held));
    }
}
