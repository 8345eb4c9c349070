using System.Diagnostics.CodeAnalysis;

namespace Screening.Actors.Checks;

/// <summary>
/// A table of pending items by number, which also finds those that have been pending for too long. For one thread, or under a lock.
/// </summary>
/// <remarks>A number is used once: it is never added again after it has been removed.</remarks>
internal sealed class AgedTable<TValue>(TimeProvider time)
{
    private readonly Dictionary<long, (TValue Value, long Since)> _entries = [];

    // In order of age. Entries that were removed leave this queue only when they are old.
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

    /// <summary>Removes an entry.</summary>
    /// <param name="age">How long it was in the table.</param>
    public bool Remove(long key, [MaybeNullWhen(false)] out TValue value, out TimeSpan age)
    {
        var isThere = _entries.Remove(key, out var entry);
        (value, age) = (entry.Value, isThere ? time.GetElapsedTime(entry.Since) : default);
        return isThere;
    }

    /// <summary>Removes the oldest entry if it has been in the table for longer than <paramref name="limit"/>.</summary>
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
