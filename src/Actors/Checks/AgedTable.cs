using System.Diagnostics.CodeAnalysis;

namespace Screening.Actors.Checks;

/// <summary>
/// A table of what is waited for, by number, which also finds what has been waited for too long. For one thread, or under a lock.
/// </summary>
/// <remarks>A number is used once: it is never added again after it was removed.</remarks>
internal sealed class AgedTable<TValue>(TimeProvider time)
{
    private readonly Dictionary<long, (TValue Value, long Since)> _entries = [];

    // In order of age. What was removed leaves this queue only as it grows old.
    private readonly Queue<(long Key, long Since)> _age = new();

    public int Count => _entries.Count;

    public void Add(long key, TValue value)
    {
        var now = time.GetTimestamp();
        _entries.Add(key, (value, now));
        _age.Enqueue((key, now));
    }

    public bool TryGet(long key, [MaybeNullWhen(false)] out TValue value)
    {
        var isThere = _entries.TryGetValue(key, out var entry);
        value = entry.Value;
        return isThere;
    }

    /// <summary>Takes an entry out.</summary>
    /// <param name="age">How long it was in.</param>
    public bool Remove(long key, [MaybeNullWhen(false)] out TValue value, out TimeSpan age)
    {
        var isThere = _entries.Remove(key, out var entry);
        (value, age) = (entry.Value, isThere ? time.GetElapsedTime(entry.Since) : default);
        return isThere;
    }

    /// <summary>Takes the oldest entry out if it has been in for longer than <paramref name="limit"/>.</summary>
    public bool RemoveOlderThan(TimeSpan limit, [MaybeNullWhen(false)] out TValue value)
    {
        while (_age.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) > limit)
        {
            if (Remove(_age.Dequeue().Key, out value, out _))
                return true;
        }

        value = default;
        return false;
    }

    public void Clear()
    {
        _entries.Clear();
        _age.Clear();
    }
}
