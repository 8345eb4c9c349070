namespace Screening.Node.Store;

/// <summary>
/// Threads that the pool gives at once, beside its usual minimum of one for each processor, while calls may hold some of it. Beyond the
/// minimum it gives one every half second, and meanwhile nothing that is asked of the node is answered.
/// </summary>
/// <param name="count">How many calls may hold a thread at the same time.</param>
internal sealed class SpareThreads(int count)
{
    private static readonly Lock Gate = new();

    /// <summary>True while the pool gives them.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>Changes the pool's minimum if it is not so yet.</summary>
    public void Hold(bool isHeld)
    {
        lock (Gate)
        {
            if (IsHeld == isHeld)
                return;
            IsHeld = isHeld;
            ThreadPool.GetMinThreads(out var workers, out var completions);
            ThreadPool.SetMinThreads(isHeld ? workers + count : workers - count, completions);
        }
    }
}
