namespace Screening.Node.Supervision;

/// <summary>How long to wait before the next attempt: doubling from the first to the longest wait.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _last;

    /// <summary>The wait that is due now.</summary>
    public TimeSpan Next()
    {
        var doubled = _last == TimeSpan.Zero ? first : _last * 2;
        _last = doubled < longest ? doubled : longest;
        return _last;
    }

    /// <summary>It went well: the next wait is the first one again.</summary>
    public void Reset() => _last = TimeSpan.Zero;
}
