using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// postscreen's five times that this node knows: what its own postscreen stored and what the fleet pushes. Safe for many threads. What the
/// client's bucket says replaces what is here; until the bucket was heard, what is stored here is merged with what is there.
/// </summary>
internal sealed class NearTimes(TimeProvider time, int capacity, long life)
{
    // After this a change that was told to the bucket is lost.
    private static readonly TimeSpan ToldTimeout = TimeSpan.FromSeconds(2);

    private readonly BoundedTable<ClientAddress, Entry> _entries = new(capacity);
    private readonly Dictionary<ClientAddress, (long Number, long Since)> _told = [];
    private readonly Lock _lock = new();
    private long _lastNumber;

    public int Count => _entries.Count;

    private long NowSeconds => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Looks for times that still hold.</summary>
    /// <param name="isConfirmed">They are the bucket's, and not too old to rely on (cache.near_life).</param>
    public bool TryGet(ClientAddress client, out PostscreenTimes times, out bool isConfirmed)
    {
        var isKnown = _entries.TryFind(client, out var entry);
        times = isKnown ? entry.Times.Unexpired(NowSeconds) : default;
        isConfirmed = isKnown && time.GetTimestamp() < entry.ConfirmBy;
        return !times.IsEmpty;
    }

    /// <summary>Adds what postscreen stored here. The bucket need not have heard of it.</summary>
    public void Merge(ClientAddress client, in PostscreenTimes times)
    {
        lock (_lock)
        {
            var known = _entries.TryFind(client, out var entry) ? entry.Times.Unexpired(NowSeconds) : default;
            Put(client, known.Max(times));
        }
    }

    /// <summary>Replaces what is here by what the client's bucket says; empty: there are none.</summary>
    /// <remarks>Not while the bucket has yet to hear of a change that was made here: what it says is older than that.</remarks>
    public void Replace(ClientAddress client, in PostscreenTimes times)
    {
        lock (_lock)
        {
            if (!_told.TryGetValue(client, out var told) || time.GetElapsedTime(told.Since) >= ToldTimeout)
                Set(client, times);
        }
    }

    /// <summary>Removes what is here.</summary>
    public void Remove(ClientAddress client)
    {
        lock (_lock)
            Set(client, default);
    }

    /// <summary>A change that was made here is on its way to the client's bucket.</summary>
    /// <returns>Its number, for <see cref="TryHear"/>.</returns>
    public long Tell(ClientAddress client)
    {
        lock (_lock)
        {
            _told[client] = (++_lastNumber, time.GetTimestamp());
            return _lastNumber;
        }
    }

    /// <summary>The bucket has heard of the change of that number, or it is lost. False if a later one is on its way.</summary>
    public bool TryHear(ClientAddress client, long number)
    {
        lock (_lock)
            return _told.TryGetValue(client, out var told) && told.Number == number && _told.Remove(client);
    }

    public int Forget(Func<ClientAddress, bool> isMeant) => _entries.RemoveWhere((client, _) => isMeant(client));

    /// <summary>Drops what is expired.</summary>
    public int Sweep()
    {
        var now = NowSeconds;
        return _entries.RemoveWhere((_, entry) => entry.Times.Latest <= now);
    }

    private void Set(ClientAddress client, in PostscreenTimes times)
    {
        if (!times.IsEmpty)
            Put(client, times);
        else
            _entries.Remove(client);
    }

    private void Put(ClientAddress client, in PostscreenTimes times) =>
        _entries.Put(client, new Entry(times, time.GetTimestamp() + life));

    private readonly record struct Entry(PostscreenTimes Times, long ConfirmBy);
}
