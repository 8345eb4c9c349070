namespace Screening.Node.Telemetry;

/// <summary>
/// A log line that peers can cause: written at once, then at most once a minute with the number of times, however often it happens. Nothing
/// is left out of the numbers.
/// </summary>
/// <param name="write">Writes the line. Gets the number of times since the line before, the latest peer, and what it did.</param>
internal sealed class PacedLine(TimeProvider time, Action<long, string, string> write)
{
    /// <summary>The least time between two lines.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _count;
    private (string Peer, string What) _latest;
    private bool _isPaused;

    /// <summary>Counts one time.</summary>
    public void Add(string peer, string what)
    {
        lock (_lock)
        {
            _count++;
            _latest = (peer, what);
            if (!_isPaused)
                Write();
        }
    }

    private void WriteLate()
    {
        lock (_lock)
        {
            _isPaused = false;
            if (_count > 0)
                Write();
        }
    }

    private void Write()
    {
        write(_count, _latest.Peer, _latest.What);
        _count = 0;
        _isPaused = true;
        _timer ??= time.CreateTimer(
            static line => ((PacedLine)line!).WriteLate(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Pace, Timeout.InfiniteTimeSpan);
    }
}
