using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;

namespace Screening.Actors.Tests.Checks;

public class BreakerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Breaker _breaker;

    public BreakerTests() => _breaker = new Breaker(_time, TimeSpan.FromSeconds(2));

    [Fact]
    public void It_opens_after_so_many_failures_in_a_row_and_an_answer_starts_the_count_over()
    {
        Fail(Breaker.Threshold - 1);
        _breaker.Answered();
        Fail(Breaker.Threshold - 1);
        Assert.True(_breaker.TryEnter());
        Fail(1);
        Assert.True(_breaker.IsOpen);
        Assert.False(_breaker.TryEnter());
    }

    [Fact]
    public void After_the_pause_one_question_is_let_through_and_its_answer_closes_it()
    {
        Fail(Breaker.Threshold);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True(_breaker.TryEnter());
        Assert.False(_breaker.TryEnter());
        _breaker.Answered();
        Assert.False(_breaker.IsOpen);
        Assert.True(_breaker.TryEnter());
    }

    [Fact]
    public void The_pause_doubles_with_each_failed_question_up_to_its_limit()
    {
        Fail(Breaker.Threshold);
        foreach (var pause in new[] { 500, 1000, 2000, 2000 })
        {
            _time.Advance(TimeSpan.FromMilliseconds(pause - 1));
            Assert.False(_breaker.TryEnter());
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(_breaker.TryEnter());
            _breaker.Failed();
        }
    }

    [Fact]
    public void Failures_of_questions_from_before_it_opened_do_not_lengthen_the_pause()
    {
        Fail(Breaker.Threshold + 50);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True(_breaker.TryEnter());
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            _breaker.Failed();
    }
}
