using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class RoundTests
{
    [Fact]
    public void A_round_is_over_when_all_that_were_asked_have_answered()
    {
        var round = new Round(7).Asking([Nodes.At(3), Nodes.At(2), Nodes.At(3)]);
        Assert.Equal([Nodes.At(2), Nodes.At(3)], round.Asked);
        Assert.False(round.IsOver);
        round = round.With(Nodes.Answer(3, "looking", 7));
        Assert.False(round.IsOver);
        Assert.Equal([Nodes.At(2)], round.Silent);
        round = round.With(Nodes.Answer(2, "joining", 7));
        Assert.True(round.IsOver);
        Assert.Empty(round.Silent);
        Assert.Equal([Nodes.At(2), Nodes.At(3)], round.Answered.Keys);
    }

    [Fact]
    public void A_round_that_has_not_begun_is_not_over_and_one_that_asks_nobody_is()
    {
        Assert.False(new Round(1).IsOver);
        Assert.True(new Round(1).Asking([]).IsOver);
    }

    [Fact]
    public void Late_second_and_unasked_answers_change_nothing()
    {
        var round = new Round(7).Asking([Nodes.At(2), Nodes.At(3)]).With(Nodes.Answer(2, "looking", 7));
        Assert.Same(round, round.With(Nodes.Answer(3, "looking", 6)));
        Assert.Same(round, round.With(Nodes.Answer(2, "joining", 7)));
        Assert.Same(round, round.With(Nodes.Answer(4, "looking", 7)));
    }
}
