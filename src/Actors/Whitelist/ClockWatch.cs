namespace Screening.Actors.Whitelist;

/// <summary>Tells whether the wall clock can be trusted, by the monotonic one: whoever removes things for good asks it first. For one thread.</summary>
internal sealed class ClockWatch(TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    private DateTimeOffset _wall = time.GetUtcNow();
    private long _stamp = time.GetTimestamp();
    private long _steadySince = time.GetTimestamp();

    /// <summary>How long the wall clock has not jumped, as far as each look since the start could see.</summary>
    public TimeSpan LookForSteadiness()
    {
        var (wall, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        var jump = wall - _wall - time.GetElapsedTime(_stamp, stamp);
        if (jump.Duration() > Tolerance)
            _steadySince = stamp;
        (_wall, _stamp) = (wall, stamp);
        return time.GetElapsedTime(_steadySince, stamp);
    }
}
