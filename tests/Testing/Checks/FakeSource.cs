using System.Collections.Concurrent;

namespace Screening.Testing.Checks;

/// <summary>The common part of the fake transports: remembers every question, answers by a function, and can be silent.</summary>
/// <typeparam name="TQuestion">What is asked.</typeparam>
/// <typeparam name="TAnswer">What comes back.</typeparam>
public abstract class FakeSource<TQuestion, TAnswer>
{
    private readonly ConcurrentQueue<TQuestion> _asked = new();
    private readonly SemaphoreSlim _arrived = new(0);

    /// <summary>Makes the answer; throws what the transport should throw.</summary>
    public required Func<TQuestion, TAnswer> Answer { get; set; }

    /// <summary>While set, questions wait for it before they are answered.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>Every question so far, in order.</summary>
    public IReadOnlyCollection<TQuestion> Asked => _asked;

    /// <summary>Makes every question from now on wait until <see cref="Release"/>.</summary>
    public void Silence() => Hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets the questions that wait be answered.</summary>
    public void Release()
    {
        var hold = Hold;
        Hold = null;
        hold?.TrySetResult();
    }

    /// <summary>Ends once so many more questions have come.</summary>
    public async Task WhenAskedAsync(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            if (!await _arrived.WaitAsync(Waiting.Limit).ConfigureAwait(false))
                throw new TimeoutException($"{GetType().Name} was asked {_asked.Count} times; {count} more were waited for, {i} came");
        }
    }

    protected async Task<TAnswer> AskAsync(TQuestion question, CancellationToken cancellation)
    {
        _asked.Enqueue(question);
        var hold = Hold;
        _arrived.Release();
        if (hold is not null)
            await hold.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return Answer(question);
    }
}
