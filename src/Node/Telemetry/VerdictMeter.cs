using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>
/// Counts answers by door, action, source and time. Hits come on all processors at once, hundreds of thousands a second, so each processor
/// has numbers of its own; they are taken out and added up when somebody asks. Safe for many threads, allocates nothing.
/// </summary>
/// <remarks>
/// Invariant: each answer comes out exactly once. A sum of times that is read while another thread is between its two additions counts with
/// the next reading.
/// </remarks>
/// <param name="buckets">Upper bounds of the classes of times, seconds, ascending.</param>
internal sealed class VerdictMeter(double[] buckets)
{
    private const int Sources = 8;
    private const int Actions = 4;
    private const int Kinds = 8 * Actions * Sources;

    private readonly long[] _bounds = [.. buckets.Select(seconds => (long)Math.Round(seconds * TimeSpan.TicksPerSecond))];
    private readonly Stripe[] _stripes =
        [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 64)).Select(_ => new Stripe(buckets.Length + 1))];

    public void Count(Door door, VerdictAction action, VerdictSource source, TimeSpan elapsed)
    {
        var stripe = _stripes[(uint)Thread.GetCurrentProcessorId() % (uint)_stripes.Length];
        Interlocked.Increment(ref stripe.Verdicts[((((int)door * Actions) + (int)action) * Sources) + (int)source]);
        var (ticks, time) = (elapsed.Ticks, 0);
        while (time < _bounds.Length && ticks > _bounds[time])
            time++;
        Interlocked.Add(ref stripe.Ticks[time], ticks);
        Interlocked.Increment(ref stripe.Times[time]);
    }

    /// <summary>Takes out the answers that were counted since the last time.</summary>
    public IEnumerable<(Door Door, VerdictAction Action, VerdictSource Source, long Count)> RemoveVerdicts()
    {
        for (var kind = 0; kind < Kinds; kind++)
        {
            var count = _stripes.Sum(stripe => Interlocked.Exchange(ref stripe.Verdicts[kind], 0));
            if (count > 0)
            {
                yield return ((Door)(kind / (Actions * Sources)), (VerdictAction)(kind / Sources % Actions),
                    (VerdictSource)(kind % Sources), count);
            }
        }
    }

    /// <summary>Takes out their times: how many fell into each class, and their mean.</summary>
    public IEnumerable<(double MeanSeconds, long Count)> RemoveTimes()
    {
        for (var time = 0; time <= _bounds.Length; time++)
        {
            var count = _stripes.Sum(stripe => Interlocked.Exchange(ref stripe.Times[time], 0));
            if (count == 0)
                continue;
            var mean = (double)_stripes.Sum(stripe => Interlocked.Exchange(ref stripe.Ticks[time], 0)) / count / TimeSpan.TicksPerSecond;
            yield return (time < _bounds.Length ? Math.Min(mean, buckets[time]) : mean, count);
        }
    }

    private sealed class Stripe(int times)
    {
        public long[] Verdicts { get; } = new long[Kinds];

        public long[] Times { get; } = new long[times];

        public long[] Ticks { get; } = new long[times];
    }
}
