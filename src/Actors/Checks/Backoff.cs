namespace Screening.Actors.Checks;

/// <summary>
/// How long to wait before the next attempt at something that fails: doubling from the first to the longest wait. For one thread, or under
/// a lock.
/// </summary>
public sealed class Backoff(TimeSpan first, TimeSpan longest)
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
