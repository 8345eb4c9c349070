using System.Collections.Concurrent;

namespace Screening.Actors.Whitelist;

/// <summary>A table with a bound, for many threads: what is put into it first leaves first when it is full. Finding allocates nothing.</summary>
internal sealed class BoundedTable<TKey, TValue>(int capacity)
    where TKey : struct, IEquatable<TKey>
    where TValue : class
{
    private readonly ConcurrentDictionary<TKey, TValue> _entries = new();

    // Every entry stands here once for each time it was put, in order; so the queue's bound is the dictionary's bound.
    private readonly ConcurrentQueue<KeyValuePair<TKey, TValue>> _age = new();
    private int _ageCount;

    public int Count => _entries.Count;

    public TValue? Find(TKey key) => _entries.GetValueOrDefault(key);

    public void Put(TKey key, TValue value)
    {
        _entries[key] = value;
        _age.Enqueue(KeyValuePair.Create(key, value));
        if (Interlocked.Increment(ref _ageCount) <= capacity || !_age.TryDequeue(out var oldest))
            return;
        Interlocked.Decrement(ref _ageCount);
        _entries.TryRemove(oldest); // Not what has taken its place meanwhile.
    }

    public bool Remove(TKey key) => _entries.TryRemove(key, out _);

    /// <summary>Removes what is meant and returns how many that were. Walks the whole table.</summary>
    public int RemoveWhere(Func<TKey, TValue, bool> isMeant)
    {
        var removed = 0;
        foreach (var entry in _entries)
        {
            if (isMeant(entry.Key, entry.Value) && _entries.TryRemove(entry))
                removed++;
        }

        return removed;
    }
}
