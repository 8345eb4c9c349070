namespace Screening.Actors.Whitelist;

/// <summary>
/// Tells whether the wall clock can be trusted, by the monotonic one: whoever removes things for good asks it first. For one thread.
/// </summary>
/// <remarks>
/// A look answers with the very time that it judged. A caller that read the clock a second time could get an hour that no look ever saw: a
/// clock that is set right between the two readings seems never to have been wrong, and yet gave the time by which something is removed.
/// </remarks>
internal sealed class ClockWatch(TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    private DateTimeOffset _wall = time.GetUtcNow();
    private long _stamp = time.GetTimestamp();
    private long _steadySince = time.GetTimestamp();

    /// <summary>Reads the wall clock, and how long it has not jumped as far as each look since the start could see.</summary>
    public (DateTimeOffset Now, TimeSpan SteadyFor) Look()
    {
        var (wall, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        var jump = wall - _wall - time.GetElapsedTime(_stamp, stamp);
        if (jump.Duration() > Tolerance)
            _steadySince = stamp;
        (_wall, _stamp) = (wall, stamp);
        return (wall, time.GetElapsedTime(_steadySince, stamp));
    }
}
