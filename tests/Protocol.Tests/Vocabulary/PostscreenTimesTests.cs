using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Vocabulary;

public sealed class PostscreenTimesTests
{
    [Theory]
    [InlineData("0 0 0 0 0", true, 0)]
    [InlineData("1 0 1 0 1", true, 1)]
    [InlineData("2 0 0 0 0", false, 2)]
    [InlineData("9 5 6 7 8", false, 9)]
    [InlineData("5 9 6 7 8", false, 9)]
    [InlineData("5 6 9 7 8", false, 9)]
    [InlineData("5 6 7 9 8", false, 9)]
    [InlineData("5 6 7 8 9", false, 9)]
    public void The_latest_test_says_whether_any_was_passed(string times, bool isEmpty, long latest) =>
        Assert.Equal((isEmpty, latest), (Of(times).IsEmpty, Of(times).Latest));

    [Fact]
    public void All_until_one_time_is_that_time_five_times() => Assert.Equal(Of("7 7 7 7 7"), PostscreenTimes.AllUntil(7));

    [Theory]
    [InlineData("1 9 3 9 5", "9 2 9 4 9", "9 9 9 9 9")]
    [InlineData("9 1 9 1 9", "1 9 1 9 1", "9 9 9 9 9")]
    [InlineData("1 2 3 4 5", "0 0 0 0 0", "1 2 3 4 5")]
    public void Each_test_keeps_the_later_time(string one, string other, string expected)
    {
        Assert.Equal(Of(expected), Of(one).Max(Of(other)));
        Assert.Equal(Of(expected), Of(other).Max(Of(one)));
    }

    [Theory]
    [InlineData("10 20 30 40 50", 5, "5 5 5 5 5")]
    [InlineData("10 20 30 40 50", 30, "10 20 30 30 30")]
    [InlineData("50 40 30 20 10", 30, "30 30 30 20 10")]
    public void No_time_is_later_than_the_cap(string times, long cap, string expected) =>
        Assert.Equal(Of(expected), Of(times).CappedAt(cap));

    [Theory]
    [InlineData("10 11 12 13 14", 9, "10 11 12 13 14")]
    [InlineData("10 11 12 13 14", 12, "1 1 1 13 14")]
    [InlineData("14 13 12 11 10", 11, "14 13 12 1 1")]
    [InlineData("0 1 0 1 0", 12, "0 1 0 1 0")] // Never passed stays so, and disabled too.
    public void What_is_over_is_done_again(string times, long now, string expected) =>
        Assert.Equal(Of(expected), Of(times).Unexpired(now));

    [Theory]
    [InlineData("10 11 12 13 14", "10 0 12 0 14", "0 11 0 13 0")]
    [InlineData("10 11 12 13 14", "0 11 0 13 0", "10 0 12 0 14")]
    [InlineData("10 11 12 13 14", "11 10 9 14 13", "10 11 12 13 14")]
    [InlineData("1 0 1 0 1", "1 0 1 0 1", "1 0 1 0 1")] // These are no times.
    public void What_was_forgotten_was_never_passed(string times, string forgotten, string expected) =>
        Assert.Equal(Of(expected), Of(times).Without(Of(forgotten)));

    private static PostscreenTimes Of(string times)
    {
        var t = times.Split(' ').Select(long.Parse).ToArray();
        return new PostscreenTimes(t[0], t[1], t[2], t[3], t[4]);
    }
}
