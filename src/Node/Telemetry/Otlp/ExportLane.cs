using Screening.Node.Configuration;

namespace Screening.Node.Telemetry.Otlp;

/// <summary>
/// The way of one signal to the collector: what waits is bounded, and what does not arrive is counted. Safe for many threads.
/// </summary>
internal sealed class ExportLane(OtlpSignal signal)
{
    /// <summary>Spans or log lines that wait or are being sent, at most; further ones are dropped.</summary>
    public const int MaxWaiting = 2048;

    /// <summary>How many of them are sent together.</summary>
    public const int MaxBatch = 512;

    private int _waiting;
    private long _dropped;
    private volatile bool _isFailing;
    private volatile string _reason = "";

    /// <summary>The signal's word: the label <c>signal</c> of <c>screening_otlp_dropped_total</c>.</summary>
    public string Word { get; } = signal.ToString().ToLowerInvariant();

    /// <summary>What was dropped since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>The last batch was not taken.</summary>
    public bool IsFailing => _isFailing;

    /// <summary>What came of the last request: why the batch was not taken, if it was not.</summary>
    public string Reason
    {
        get => _reason;
        set => _reason = value;
    }

    /// <summary>Lets one in; false, and counted as dropped, if there is no room.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting)
            return true;
        Interlocked.Decrement(ref _waiting);
        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>A batch was sent, or given up.</summary>
    public void Leave(long count, bool isTaken)
    {
        Interlocked.Add(ref _waiting, (int)-count);
        Report(count, isTaken);
    }

    /// <summary>The same for what never waited.</summary>
    public void Report(long count, bool isTaken)
    {
        _isFailing = !isTaken;
        if (!isTaken)
            Interlocked.Add(ref _dropped, count);
    }
}
