namespace Screening.Actors.Checks;

/// <summary>
/// Leaves a failing source alone: after <see cref="Threshold"/> failures in a row it opens for a while that doubles up to a limit;
/// then one question is let through, and its outcome closes or opens it again. Pure apart from its clock.
/// </summary>
internal sealed class Breaker(TimeProvider time, TimeSpan longestPause)
{
    /// <summary>
    /// Failures in a row that open it. Many more than chance loses, because turning away is felt by every client; few enough that a busy
    /// node has them within one timeout of its source.
    /// </summary>
    public const int Threshold = 10;

    // Long enough for a daemon to restart, and short beside the timeouts that a wrong opening would have cost.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    private readonly Backoff _pauses = new(FirstPause, longestPause);
    private Deadline _openUntil;
    private bool _probing;

    /// <summary>Failures since the last answer.</summary>
    public int FailuresInARow { get; private set; }

    /// <summary>True while questions are turned away.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Asks to let one question through; true must be followed by <see cref="Answered"/> or <see cref="Failed"/>.</summary>
    public bool TryEnter()
    {
        if (!IsOpen)
            return true;
        if (_probing || !_openUntil.IsOver(time))
            return false;
        return _probing = true;
    }

    public void Answered()
    {
        FailuresInARow = 0;
        IsOpen = false;
        _probing = false;
        _pauses.Reset();
    }

    public void Failed()
    {
        FailuresInARow++;
        if (IsOpen && !_probing)
            return; // The question was asked before it opened.
        if (!IsOpen && FailuresInARow < Threshold)
            return;
        _openUntil = Deadline.After(time, _pauses.Next());
        IsOpen = true;
        _probing = false;
    }
}
