namespace Screening.Node.Endpoints.Http;

/// <summary>
/// A text that is expensive to make and the same for every caller. Invariant: one is made at a time, and a caller gets one that was begun
/// after it asked. So the cost does not grow with the number of callers, and no caller gets an old text.
/// </summary>
/// <param name="make">Makes the text.</param>
internal sealed class SharedText(Func<Task<byte[]>> make)
{
    private readonly Lock _lock = new();
    private Task<byte[]> _running = Task.FromResult<byte[]>([]);
    private Task<byte[]>? _next;

    /// <summary>The text as it is from now on.</summary>
    public Task<byte[]> GetAsync()
    {
        lock (_lock)
        {
            if (_next is not null)
                return _next;
            if (_running.IsCompleted)
                return _running = make();
            return _next = MakeAfterAsync(_running);
        }
    }

    private async Task<byte[]> MakeAfterAsync(Task running)
    {
        // It yields even if the other has just ended: _next is set first.
        await running.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            (_running, _next) = (_next!, null);
        return await make().ConfigureAwait(false);
    }
}
