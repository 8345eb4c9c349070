namespace Screening.Actors.Fleet;

/// <summary>How many of the last seconds' questions were answered late. For one thread, or under a lock.</summary>
internal sealed class LateGauge(TimeProvider time)
{
    // So few say nothing of the fleet.
    private const int FewestLate = 3;

    // How far back it looks, in two halves.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private long _windowStart = time.GetTimestamp();
    private (int InTime, int Late) _now;
    private (int InTime, int Late) _before;

    /// <summary>Part that was late, 0..1.</summary>
    public double Share
    {
        get
        {
            Turn();
            var late = _now.Late + _before.Late;
            return late < FewestLate ? 0 : (double)late / (late + _now.InTime + _before.InTime);
        }
    }

    public void Count(bool isLate)
    {
        Turn();
        _now = isLate ? (_now.InTime, _now.Late + 1) : (_now.InTime + 1, _now.Late);
    }

    private void Turn()
    {
        var passed = time.GetElapsedTime(_windowStart);
        if (passed < Window)
            return;
        _before = passed < Window * 2 ? _now : default;
        _now = default;
        _windowStart = time.GetTimestamp();
    }
}
