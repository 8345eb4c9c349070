using Screening.Actors.Whitelist;

namespace Screening.Actors.Tests.Whitelist;

public class EpochTests
{
    [Theory]
    [InlineData(1, 9, 2, 0)] // The life counts first: a bucket that lost its memory starts again above what it was.
    [InlineData(2, 3, 2, 4)]
    [InlineData(0, 0, 1, 0)]
    public void Epochs_are_ordered_by_life_and_within_a_life_by_revocation(long life, long revocation, long nextLife, long nextRevocation)
    {
        var (earlier, later) = (new Epoch(life, revocation), new Epoch(nextLife, nextRevocation));
        Assert.Equal((true, false), (earlier < later, later < earlier));
        Assert.Equal((true, false), (earlier <= later, later <= earlier));
        Assert.Equal((false, true), (earlier > later, later > earlier));
        Assert.Equal((false, true), (earlier >= later, later >= earlier));
        Assert.Equal((-1, 1), (Math.Sign(earlier.CompareTo(later)), Math.Sign(later.CompareTo(earlier))));
    }

    [Fact]
    public void An_epoch_is_neither_earlier_nor_later_than_its_equal()
    {
        var (one, other) = (new Epoch(5, 3), new Epoch(5, 3));
        Assert.Equal((false, false), (one < other, one > other));
        Assert.Equal((true, true), (one <= other, one >= other));
    }

    [Fact]
    public void Only_the_default_is_not_known()
    {
        Assert.False(default(Epoch).IsKnown);
        Assert.True(new Epoch(1, 0).IsKnown);
    }
}
