using System.Diagnostics;

namespace Screening.Testing.Lab;

/// <summary>Waits for a condition by asking again and again until a deadline; no test sleeps for a fixed time and hopes.</summary>
public static class Poll
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks <paramref name="read"/> until it gives something that is not null.</summary>
    /// <param name="missing">Says, when the deadline has passed, what was there instead.</param>
    public static async Task<T> ForAsync<T>(Func<Task<T?>> read, TimeSpan within, string what, Func<string>? missing = null)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await read() is { } found)
                return found;

            if (clock.Elapsed > within)
                throw new TimeoutException($"{what}: not seen within {within.TotalSeconds:0.#} s.{Environment.NewLine}{missing?.Invoke()}");

            await Task.Delay(Step);
        }
    }

    public static Task<T> ForAsync<T>(Func<T?> read, TimeSpan within, string what, Func<string>? missing = null)
        where T : class
        => ForAsync(() => Task.FromResult(read()), within, what, missing);

    public static Task UntilAsync(Func<Task<bool>> condition, TimeSpan within, string what, Func<string>? missing = null)
        => ForAsync(async () => await condition() ? string.Empty : null, within, what, missing);

    public static Task UntilAsync(Func<bool> condition, TimeSpan within, string what, Func<string>? missing = null)
        => ForAsync(() => condition() ? string.Empty : null, within, what, missing);
}
