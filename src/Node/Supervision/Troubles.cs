using System.Collections.Concurrent;

namespace Screening.Node.Supervision;

/// <summary>A fault that lasts.</summary>
/// <param name="Rung">Its rung on the ladder of degradation, 1..5; 0: queries are not affected.</param>
/// <param name="What">The fault, for the operator.</param>
/// <param name="Since">When it was first reported.</param>
internal sealed record Trouble(int Rung, string What, DateTimeOffset Since);

/// <summary>
/// The lasting faults that parts of the node report about themselves: at most one of each part, from its first report until it is cleared.
/// Whoever reports also logs. Safe for many threads.
/// </summary>
internal sealed class Troubles(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Trouble> _current = new();

    /// <summary>The current troubles by part.</summary>
    public IReadOnlyDictionary<string, Trouble> Current => _current;

    /// <summary>Reports a trouble, or that it is now another; the time of its first report stays.</summary>
    public void Report(string part, int rung, string what) => _current.AddOrUpdate(
        part, _ => new Trouble(rung, what, time.GetUtcNow()), (_, known) => known with { Rung = rung, What = what });

    /// <summary>The part works again.</summary>
    public void Clear(string part) => _current.TryRemove(part, out _);

    /// <summary>What a part has reported; null: nothing.</summary>
    public Trouble? Find(string part) => _current.GetValueOrDefault(part);
}
