namespace Screening.Actors.Screening;

/// <summary>
/// The point in time by which an answer must leave, on the monotonic clock of one process. A query that is fanned out carries it
/// unchanged; between nodes it travels as the time left.
/// </summary>
/// <param name="Timestamp">A value of <see cref="TimeProvider.GetTimestamp"/>.</param>
public readonly record struct Deadline(long Timestamp)
{
    /// <summary>The point <paramref name="span"/> from now.</summary>
    public static Deadline After(TimeProvider time, TimeSpan span) =>
        new(time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency));

    /// <summary>What is left until then; zero once it has passed.</summary>
    public TimeSpan TimeLeft(TimeProvider time)
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), Timestamp);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
