using System.Collections.Concurrent;

namespace Screening.Actors.Whitelist;

/// <summary>An entry of a <see cref="BoundedTable{TKey,TEntry}"/>. Belongs to one table, and is put into it once.</summary>
internal abstract class BoundedEntry<TKey>(TKey key)
{
    public TKey Key { get; } = key;

    /// <summary>The neighbours in order of age; the table's own.</summary>
    internal BoundedEntry<TKey>? Older { get; set; }

    internal BoundedEntry<TKey>? Newer { get; set; }
}

/// <summary>
/// A table with a bound, for many threads: beyond it the entry that was put longest ago leaves. Finding takes no lock and allocates
/// nothing.
/// </summary>
/// <remarks>
/// Invariant: under the lock, the list holds just the entries of the dictionary, oldest first. So the bound counts entries, and an entry
/// that is put again takes one place, the newest.
/// </remarks>
internal sealed class BoundedTable<TKey, TEntry>(int capacity)
    where TKey : struct, IEquatable<TKey>
    where TEntry : BoundedEntry<TKey>
{
    private readonly ConcurrentDictionary<TKey, TEntry> _entries = new();
    private readonly Lock _lock = new();
    private BoundedEntry<TKey>? _oldest;
    private BoundedEntry<TKey>? _newest;
    private int _count; // The dictionary's own takes all of its locks.

    public int Count => Volatile.Read(ref _count);

    public TEntry? Find(TKey key) => _entries.GetValueOrDefault(key);

    /// <summary>Puts an entry in the place of the one with its key, if there is one.</summary>
    /// <param name="keeps">True: that one stays, and the new one is not put.</param>
    public void Put(TEntry entry, Func<TEntry, bool>? keeps = null)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(entry.Key, out var known))
            {
                if (keeps is not null && keeps(known))
                    return;
                Unlink(known);
            }

            _entries[entry.Key] = entry;
            Link(entry);
            if (_count > capacity)
                RemoveLocked((TEntry)_oldest!);
        }
    }

    /// <summary>Removes an entry, but not another one that took its place.</summary>
    public bool Remove(TEntry entry)
    {
        lock (_lock)
            return RemoveLocked(entry);
    }

    /// <summary>Removes what is meant and returns how many that were. Walks the whole table, without holding up others.</summary>
    public int RemoveWhere(Func<TEntry, bool> isMeant)
    {
        var removed = 0;
        foreach (var (_, entry) in _entries)
        {
            if (isMeant(entry) && Remove(entry))
                removed++;
        }

        return removed;
    }

    private bool RemoveLocked(TEntry entry)
    {
        if (!_entries.TryRemove(KeyValuePair.Create(entry.Key, entry)))
            return false;
        Unlink(entry);
        return true;
    }

    private void Link(TEntry entry)
    {
        _count++;
        entry.Older = _newest;
        if (_newest is null)
            _oldest = entry;
        else
            _newest.Newer = entry;
        _newest = entry;
    }

    private void Unlink(TEntry entry)
    {
        _count--;
        if (entry.Older is null)
            _oldest = entry.Newer;
        else
            entry.Older.Newer = entry.Newer;
        if (entry.Newer is null)
            _newest = entry.Older;
        else
            entry.Newer.Older = entry.Older;
    }
}
