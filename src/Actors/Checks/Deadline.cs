namespace Screening.Actors.Checks;

/// <summary>
/// A point in time on the monotonic clock of one process, such as the one by which an answer must leave. A query that is fanned out carries
/// it unchanged; between nodes it travels as the time left, since their clocks differ. The one place where a length of time becomes a
/// point.
/// </summary>
/// <param name="Timestamp">A value of <see cref="TimeProvider.GetTimestamp"/>.</param>
public readonly record struct Deadline(long Timestamp)
{
    /// <summary>The point <paramref name="span"/> from now.</summary>
    public static Deadline After(TimeProvider time, TimeSpan span) => After(time, time.GetTimestamp(), span);

    /// <summary>The point <paramref name="span"/> from a timestamp.</summary>
    public static Deadline After(TimeProvider time, long timestamp, TimeSpan span) =>
        new(timestamp + (long)(span.TotalSeconds * time.TimestampFrequency));

    /// <summary>True from that point on.</summary>
    public bool IsOver(TimeProvider time) => time.GetTimestamp() >= Timestamp;

    /// <summary>What is left until then; zero once it has passed.</summary>
    public TimeSpan TimeLeft(TimeProvider time)
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), Timestamp);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
