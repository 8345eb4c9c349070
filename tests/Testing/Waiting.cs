namespace Screening.Testing;

/// <summary>Waits that end, and say what was missing.</summary>
public static class Waiting
{
    /// <summary>Ends a hang, and nothing else: far more than anything takes on a machine with a load of twenty.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Waits for a task.</summary>
    public static async Task Within(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"still waiting for: {what}");
        }
    }

    /// <inheritdoc cref="Within(Task, string)"/>
    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        await ((Task)task).Within(what);
        return await task;
    }

    /// <summary>Looks again and again, for what nobody tells of.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(deadline) > Limit)
                throw new TimeoutException($"still waiting until: {what}");
            await Task.Delay(2);
        }
    }
}
