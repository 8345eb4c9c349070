namespace Screening.Actors.Whitelist;

/// <summary>
/// The changes that an entity made in its life, as far as there is room: for nodes that missed some, and to put them on top of another
/// state. For one thread.
/// </summary>
internal sealed class GrantsLog
{
    private const int MaxChanges = 5000;
    private const int MaxLines = 50_000;

    // Whoever missed more is better off with a copy, which is fetched at the speed of its reader.
    private const int MaxLinesAtOnce = 10_000;

    private readonly Queue<GrantsChanged> _changes = new();
    private int _lines;

    /// <summary>True if no change of this life had to leave.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>All that are kept, in order.</summary>
    public IReadOnlyCollection<GrantsChanged> Changes => _changes;

    public void Add(GrantsChanged changed)
    {
        _changes.Enqueue(changed);
        _lines += changed.Change.Set.Length;
        while (_changes.Count > MaxChanges || _lines > MaxLines)
        {
            _lines -= _changes.Dequeue().Change.Set.Length;
            IsWhole = false;
        }
    }

    /// <summary>The changes that led away from a version.</summary>
    /// <returns>Null: they are not all at hand, or too many.</returns>
    public IReadOnlyList<GrantsChanged>? Since(GrantsVersion version)
    {
        var missed = _changes.SkipWhile(changed => !changed.Before.IsSameContent(version)).ToList();
        return missed.Count == 0 || missed.Sum(changed => changed.Change.Set.Length) > MaxLinesAtOnce ? null : missed;
    }

    /// <summary>Forgets all: a new life begins.</summary>
    public void Clear()
    {
        _changes.Clear();
        (_lines, IsWhole) = (0, true);
    }
}
