using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Telemetry;

public sealed class VerdictMeterTests
{
    private readonly VerdictMeter _meter = new([.001, .1]);

    [Fact]
    public void Answers_and_their_times_come_out_once_however_many_threads_count()
    {
        const int each = 20_000;
        long verdicts = 0, times = 0;
        var seconds = 0d;
        var counting = Task.Run(() => Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < each; i++)
                _meter.Count(Door.Policy, VerdictAction.Drop, VerdictSource.Ban, TimeSpan.FromMilliseconds(2));
        }));
        var isOver = false;
        while (!isOver)
        {
            isOver = counting.IsCompleted;
            foreach (var (door, action, source, count) in _meter.RemoveVerdicts())
            {
                Assert.Equal((Door.Policy, VerdictAction.Drop, VerdictSource.Ban), (door, action, source));
                verdicts += count;
            }

            foreach (var (mean, count) in _meter.RemoveTimes())
            {
                Assert.InRange(mean, 0, .1);
                times += count;
                seconds += mean * count;
            }
        }

        Assert.Equal((4 * each, 4 * each), (verdicts, times));
        Assert.InRange(seconds, 4 * each * .0019, 4 * each * .0021);
    }

    [Fact]
    public void A_time_belongs_to_the_first_class_whose_bound_it_does_not_exceed()
    {
        foreach (var ms in (double[])[0, 1, 1.0001, 100, 100.0001, 5000])
            _meter.Count(Door.Plugin, VerdictAction.Pass, VerdictSource.Near, TimeSpan.FromMilliseconds(ms));
        Assert.Equal([2, 2, 2], _meter.RemoveTimes().Select(time => time.Count));
        Assert.Empty(_meter.RemoveTimes());
    }
}
