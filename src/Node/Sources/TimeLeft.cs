namespace Screening.Node.Sources;

/// <summary>What is left of a question's timeout, which begins when this is made: waiting for a session or a turn counts too.</summary>
internal readonly struct TimeLeft(TimeProvider time, TimeSpan timeout)
{
    private readonly long _started = time.GetTimestamp();

    /// <summary>At least zero.</summary>
    public TimeSpan Now => timeout - time.GetElapsedTime(_started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
