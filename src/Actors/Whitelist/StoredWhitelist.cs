namespace Screening.Actors.Whitelist;

/// <summary>
/// All that a store holds, read in one pass at the start, for entities that start before anything else is written. Kept as it is stored:
/// each entity unpacks its own part, so that all cores share the work. Safe for many threads.
/// </summary>
internal sealed class StoredWhitelist
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<StoredRow>> _rows = [];
    private readonly HashSet<string> _taken = [];
    private readonly Func<StoredRow, object?> _unpack;

    private StoredWhitelist(Func<StoredRow, object?> unpack) => _unpack = unpack;

    /// <summary>Reads everything.</summary>
    /// <param name="unpack">Makes an event or a snapshot of a row; null if it cannot be understood as it is.</param>
    /// <returns>Null: the store does not offer it; entities read by themselves.</returns>
    /// <exception cref="StoreException">It cannot be read now; entities read by themselves, later.</exception>
    public static async Task<StoredWhitelist?> ReadAsync(
        IWhitelistStore store, Func<StoredRow, object?> unpack, CancellationToken cancellation)
    {
        var read = new StoredWhitelist(unpack);
        return await store.TryReadAllAsync(read.Add, cancellation).ConfigureAwait(false) ? read : null;
    }

    /// <summary>What is stored of an entity, which may be nothing.</summary>
    /// <returns>
    /// Null: the entity must read by itself, because it was given its part already and may have written since, or because its part cannot
    /// be understood here.
    /// </returns>
    public StoredState? TryRemove(string entity)
    {
        List<StoredRow>? rows;
        lock (_lock)
        {
            if (!_taken.Add(entity))
                return null;
            if (!_rows.Remove(entity, out rows))
                return StoredState.Nothing;
        }

        return TryUnpack(rows);
    }

    private void Add(StoredRow row)
    {
        if (!_rows.TryGetValue(row.Entity, out var rows))
            _rows[row.Entity] = rows = [];
        rows.Add(row);
    }

    private StoredState? TryUnpack(List<StoredRow> rows)
    {
        object? snapshot = null;
        var (events, sequenceNr) = (new List<object>(), 0L);
        foreach (var row in rows)
        {
            sequenceNr = Math.Max(sequenceNr, row.SequenceNr);
            if (row.Bytes is null)
                continue;
            if (_unpack(row) is not { } content)
                return null;
            if (row.IsSnapshot)
                snapshot = content;
            else
                events.Add(content);
        }

        return new StoredState(snapshot, events, sequenceNr);
    }
}

/// <summary>Stands for a stored row that cannot be read.</summary>
internal sealed class UnreadableRow
{
    public static readonly UnreadableRow Instance = new();

    private UnreadableRow()
    {
    }
}
