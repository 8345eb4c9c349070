using Screening.Actors.Checks;

namespace Screening.Actors.Tests.Checks;

public class BackoffTests
{
    [Fact]
    public void Waits_double_up_to_the_longest_and_start_over_after_success()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        Assert.Equal([1, 2, 4, 5, 5], Enumerable.Range(0, 5).Select(_ => backoff.Next().TotalSeconds));
        backoff.Reset();
        Assert.Equal(TimeSpan.FromSeconds(1), backoff.Next());
    }
}
