using System.Diagnostics.CodeAnalysis;

namespace Screening.Actors.Checks;

/// <summary>
/// A table that knows the age of its entries, so that its owner can bound them by number or by time. For one thread, or under a lock; where
/// many threads find and few put, a <c>BoundedTable</c> finds without a lock.
/// </summary>
/// <remarks>
/// Invariant: the list holds just the entries of the dictionary, oldest first. An entry that is put again is the newest, and nothing refers
/// to one that is removed. Places of removed entries are used again, so that a table whose entries come and go does not allocate.
/// </remarks>
/// <param name="comparer">Null: the default one.</param>
public sealed class AgedTable<TKey, TValue>(TimeProvider time, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    // Places that are kept for new entries. As a rule one leaves for each that comes.
    private const int MaxFree = 1024;

    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = new(comparer);
    private readonly LinkedList<Entry> _age = [];
    private readonly LinkedList<Entry> _free = [];

    /// <summary>Entries in the table.</summary>
    public int Count => _entries.Count;

    /// <summary>The keys, in no order.</summary>
    public IReadOnlyCollection<TKey> Keys => _entries.Keys;

    /// <summary>Adds an entry, or puts it in the place of the one with its key. It is the newest then.</summary>
    public void Put(TKey key, TValue value)
    {
        Remove(key, out _, out _);
        var node = _free.Last ?? new LinkedListNode<Entry>(default);
        node.List?.Remove(node);
        node.Value = new Entry(key, value, time.GetTimestamp());
        _entries.Add(key, node);
        _age.AddLast(node);
    }

    /// <summary>Gives an entry another value; its age stays.</summary>
    /// <returns>False: there is no such entry.</returns>
    public bool TryReplace(TKey key, TValue value)
    {
        if (!_entries.TryGetValue(key, out var node))
            return false;
        node.ValueRef = node.Value with { Value = value };
        return true;
    }

    /// <summary>Finds an entry.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => Found(_entries.GetValueOrDefault(key), out value);

    /// <summary>Finds an entry by another form of its key, such as a span of a string.</summary>
    public bool TryGet<TForm>(TForm key, [MaybeNullWhen(false)] out TValue value)
        where TForm : notnull, allows ref struct =>
        Found(_entries.GetAlternateLookup<TForm>().TryGetValue(key, out var node) ? node : null, out value);

    /// <summary>Removes an entry.</summary>
    public bool Remove(TKey key) => Remove(key, out _, out _);

    /// <summary>Removes an entry.</summary>
    /// <param name="age">How long it was in the table.</param>
    public bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value, out TimeSpan age)
    {
        age = default;
        if (!_entries.Remove(key, out var node))
            return Found(null, out value);
        age = time.GetElapsedTime(node.Value.Since);
        value = node.Value.Value;
        Free(node);
        return true;
    }

    /// <summary>The entry that was put longest ago.</summary>
    /// <returns>False: the table is empty.</returns>
    public bool TryGetOldest([MaybeNullWhen(false)] out TKey key, [MaybeNullWhen(false)] out TValue value, out TimeSpan age)
    {
        (key, value, age) = (default, default, default);
        if (_age.First is not { } node)
            return false;
        (key, value, age) = (node.Value.Key, node.Value.Value, time.GetElapsedTime(node.Value.Since));
        return true;
    }

    /// <summary>Removes the oldest entry if it has been in the table for longer than <paramref name="limit"/>.</summary>
    public bool RemoveOlderThan(TimeSpan limit, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return TryGetOldest(out var key, out _, out var age) && age > limit && Remove(key, out value, out _);
    }

    /// <summary>Removes all.</summary>
    public void Clear()
    {
        _entries.Clear();
        _age.Clear();
    }

    private void Free(LinkedListNode<Entry> node)
    {
        _age.Remove(node);
        node.Value = default;
        if (_free.Count < MaxFree)
            _free.AddLast(node);
    }

    private static bool Found(LinkedListNode<Entry>? node, [MaybeNullWhen(false)] out TValue value)
    {
        value = node is null ? default : node.Value.Value;
        return node is not null;
    }

    private readonly record struct Entry(TKey Key, TValue Value, long Since);
}
