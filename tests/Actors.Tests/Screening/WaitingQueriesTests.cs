using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Screening;

public class WaitingQueriesTests
{
    private static readonly Profile Profile = new("default", "p1", new VerdictSettings(), []);

    private readonly FakeTimeProvider _time = new();
    private readonly WaitingQueries _waiting;

    public WaitingQueriesTests() => _waiting = new WaitingQueries(_time);

    [Theory]
    [InlineData(1000, 992)]
    [InlineData(32, 24)]
    [InlineData(20, 15)]
    [InlineData(0, 0)]
    public void A_query_is_answered_8_ms_or_a_quarter_of_its_time_before_its_deadline(int deadlineMs, int leftMs)
    {
        Add(deadlineMs);
        Assert.Equal(leftMs, _waiting.TimeLeft.TotalMilliseconds);
        _time.Advance(TimeSpan.FromMilliseconds(leftMs));
        Assert.Single(_waiting.Overdue());
    }

    [Fact]
    public void Each_query_has_its_own_deadline()
    {
        var (late, soon) = (Add(1000), Add(300));
        Assert.Equal(292, _waiting.TimeLeft.TotalMilliseconds);
        _time.Advance(TimeSpan.FromMilliseconds(291));
        Assert.Empty(_waiting.Overdue());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Same(soon, Assert.Single(_waiting.Overdue()));
        _waiting.Remove(soon);
        Assert.Equal(700, _waiting.TimeLeft.TotalMilliseconds);
        Assert.Same(late, Assert.Single(_waiting.RemoveAll()));
        Assert.Equal((0, TimeSpan.MaxValue, TimeSpan.Zero), (_waiting.Count, _waiting.TimeLeft, _waiting.LongestSilence));
    }

    [Theory]
    [InlineData(0, 248)] // A quarter of what is left.
    [InlineData(400, 92)] // 148 ms would be a quarter; half of the time is over after 500 ms, less 8 ms.
    [InlineData(492, 0)]
    [InlineData(2000, 0)]
    public void The_fleet_may_be_silent_for_a_quarter_of_the_time_left_and_never_beyond_half_of_it(int passedMs, int silenceMs)
    {
        Add(1000);
        _time.Advance(TimeSpan.FromMilliseconds(passedMs));
        Assert.Equal(silenceMs, _waiting.LongestSilence.TotalMilliseconds);
    }

    private ScreenClient Add(int deadlineMs)
    {
        var deadline = Deadline.After(_time, TimeSpan.FromMilliseconds(deadlineMs));
        var query = new ScreenClient(
            new ScreeningQuery(ClientAddress.FromIPv4(1), Profile, Door.Plugin, _time.GetTimestamp(), deadline),
            new TaskCompletionSource<Decision>());
        _waiting.Add(query);
        return query;
    }
}
