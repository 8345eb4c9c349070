using Screening.Actors.Checks;

namespace Screening.Actors.Screening;

/// <summary>
/// The queries that wait for one screening, each until its own deadline, and what these deadlines leave for asking. Sends nothing; reads
/// the clock.
/// </summary>
internal sealed class WaitingQueries(TimeProvider time)
{
    // An answer is made this long before its deadline, since it still has to be written. Timer, thread and write take about 3 ms of it:
    // with every list dead and 100 new clients a second the default answer left 5.4 ms early at the median
    // (docs/performance.md, "Every list is dead"). Of less than 32 ms it is a quarter, or the checks would be left no time.
    private static readonly TimeSpan MaxHeadroom = TimeSpan.FromMilliseconds(8);

    private readonly List<ScreenClient> _queries = [];

    /// <summary>How many wait.</summary>
    public int Count => _queries.Count;

    /// <summary>
    /// The time until the next one must be answered, negative once it is past; <see cref="TimeSpan.MaxValue"/> if none waits.
    /// </summary>
    public TimeSpan TimeLeft => _queries.Count == 0 ? TimeSpan.MaxValue : _queries.Min(query => TimeLeftOf(query.Query));

    /// <summary>
    /// How long the fleet may be silent, so that the checks can still be asked here: a quarter of the time that the most urgent query has
    /// left, and not beyond half of its time, however often an answer of the fleet renews the wait; zero if none waits.
    /// </summary>
    public TimeSpan LongestSilence
    {
        get
        {
            var longest = _queries.Count == 0 ? TimeSpan.Zero : _queries.Min(query => LongestSilenceOf(query.Query));
            return longest > TimeSpan.Zero ? longest : TimeSpan.Zero;
        }
    }

    /// <summary>One more waits.</summary>
    public void Add(ScreenClient query) => _queries.Add(query);

    /// <summary>It no longer waits.</summary>
    public void Remove(ScreenClient query) => _queries.Remove(query);

    /// <summary>None waits any more.</summary>
    /// <returns>Those that did.</returns>
    public List<ScreenClient> RemoveAll()
    {
        List<ScreenClient> all = [.. _queries];
        _queries.Clear();
        return all;
    }

    /// <summary>Those that must be answered now.</summary>
    public List<ScreenClient> Overdue() => _queries.FindAll(IsOverdue);

    /// <summary>True if the query must be answered now.</summary>
    public bool IsOverdue(ScreenClient query) => TimeLeftOf(query.Query) <= TimeSpan.Zero;

    private TimeSpan TimeLeftOf(in ScreeningQuery query)
    {
        var quarter = TimeOf(query) / 4;
        return query.Deadline.TimeLeft(time) - (quarter < MaxHeadroom ? quarter : MaxHeadroom);
    }

    private TimeSpan LongestSilenceOf(in ScreeningQuery query)
    {
        var left = TimeLeftOf(query);
        var untilHalf = left - (TimeOf(query) / 2);
        return left / 4 < untilHalf ? left / 4 : untilHalf;
    }

    // All the time it was given.
    private TimeSpan TimeOf(in ScreeningQuery query) => time.GetElapsedTime(query.Started, query.Deadline.Timestamp);
}
