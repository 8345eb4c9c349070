namespace Screening.Actors.Screening;

/// <summary>
/// The queries that were handed to the <see cref="ScreeningGate"/> and have not begun: how far this node is behind. A query that would be
/// begun too late to be answered in time is turned away at once, so that the node's time goes to those that can be. Safe for many threads.
/// </summary>
internal sealed class ScreeningBacklog
{
    /// <summary>
    /// Queries that may wait to begin. Two cores begin about 3,000 a second with ten lists to ask (docs/performance.md): the last of them
    /// begins after a third of the default deadline.
    /// </summary>
    public const int MaxWaiting = 1024;

    private int _waiting;

    /// <summary>A query comes.</summary>
    /// <returns>False: too many wait. True must be followed by <see cref="Leave"/>.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting)
            return true;
        Interlocked.Decrement(ref _waiting);
        return false;
    }

    /// <summary>A query begins.</summary>
    public void Leave() => Interlocked.Decrement(ref _waiting);
}
