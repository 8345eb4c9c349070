using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// What one bucket knows: entries, and the revocations that go on to refuse what comes late. Folds commands and stored events alike;
/// no clock, no actor, no store. Order is the bucket's own sequence, never a clock's.
/// </summary>
/// <remarks>
/// Invariant: no entry is held that a revocation of a higher sequence covers. An expired entry behaves as absent everywhere.
/// </remarks>
/// <param name="maxLife">Nothing lives longer than this from the time it is stored.</param>
/// <param name="capacity">Entries at most; beyond it the oldest changes leave.</param>
internal sealed class BucketState(TimeSpan maxLife, int capacity)
{
    /// <summary>Revocations that are remembered; beyond it the oldest leave.</summary>
    public const int MaxTombstones = 10_000;

    private readonly Dictionary<EntryKey, BucketEntry> _entries = [];
    private readonly List<Tombstone> _tombstones = [];
    private readonly long _maxLifeMs = (long)maxLife.TotalMilliseconds;

    /// <summary>Number of the latest change.</summary>
    public long Sequence { get; private set; }

    /// <summary>Number of the latest revocation; 0: none is known.</summary>
    public long Revocation { get; private set; }

    /// <summary>Entries, expired ones that were not swept yet included.</summary>
    public int Count => _entries.Count;

    /// <summary>The revocations that still refuse.</summary>
    public IReadOnlyList<Tombstone> Tombstones => _tombstones;

    /// <summary>Looks for an unexpired pass.</summary>
    /// <param name="policy">Fingerprint of the policy that must have made it; empty: any.</param>
    public Pass? FindPass(EntryKey key, string policy, long nowMs) =>
        _entries.TryGetValue(key, out var entry) && entry.PassExpiresMs > nowMs && (policy.Length == 0 || entry.Origin!.Policy == policy)
            ? entry.PassLeft(nowMs)
            : null;

    /// <summary>postscreen's times that still hold.</summary>
    public PostscreenTimes FindTimes(ClientAddress client, long nowMs) =>
        _entries.TryGetValue(TimesKey(client), out var entry) ? entry.Times.Unexpired(nowMs / 1000) : default;

    /// <summary>Keeps a pass, unless a revocation came after the screening that made it had begun.</summary>
    /// <param name="seenEpoch">The epoch that the screening began with; 0: not known.</param>
    /// <returns>The entry as it is to be stored; null: refused.</returns>
    public StoredEntry? RecordPass(EntryKey key, Pass pass, int ageSeconds, long seenEpoch, long nowMs)
    {
        if (IsRevokedSince(key.Client, seenEpoch))
            return null;
        var life = Math.Min(pass.TtlSeconds * 1000L, _maxLifeMs);
        var stored = new StoredPass(
            nowMs + life, nowMs - (ageSeconds * 1000L), pass.Allow, pass.Score, pass.Policy, pass.By, pass.Reason);
        var times = _entries.TryGetValue(key, out var entry) ? entry.Times : default;
        return Put(key, stored, times);
    }

    /// <summary>Merges postscreen's times, field by field the later, without what was forgotten.</summary>
    /// <returns>The entry as it is to be stored; null: nothing changed.</returns>
    public StoredEntry? RecordTimes(ClientAddress client, PostscreenTimes times, long nowMs)
    {
        times = times.CappedAt((nowMs + _maxLifeMs) / 1000).Unexpired(nowMs / 1000);
        foreach (var forgotten in _tombstones.SelectMany(t => t.Times).Where(f => f.Client == client))
            times = times.Without(forgotten.Times);
        var key = TimesKey(client);
        _entries.TryGetValue(key, out var entry);
        var merged = entry.Times.Max(times);
        return merged.IsEmpty || merged == entry.Times ? null : Put(key, entry.StoredPass, merged);
    }

    /// <summary>Drops postscreen's times; the pass stays.</summary>
    /// <returns>The entry as it is to be stored; null: there were none.</returns>
    public StoredEntry? ForgetTimes(ClientAddress client)
    {
        var key = TimesKey(client);
        return _entries.TryGetValue(key, out var entry) && !entry.Times.IsEmpty ? Put(key, entry.StoredPass, default) : null;
    }

    /// <summary>Takes back all entries of a network, and all that come late.</summary>
    public (Tombstone Tombstone, int Count) Revoke(Network network, long nowMs)
    {
        var taken = _entries.Where(e => network.Contains(e.Key.Client) && e.Value.ExpiresMs > nowMs).ToList();
        var forgotten = taken.Where(e => !e.Value.Times.IsEmpty).Select(e => new ForgottenTimes(e.Key.Client, e.Value.Times));
        var before = _tombstones.Where(t => network.Contains(t.Network)).SelectMany(t => t.Times);
        var tombstone = new Tombstone(network, Sequence + 1, nowMs + _maxLifeMs, [.. before, .. forgotten]);
        Bury(tombstone);
        return (tombstone, taken.Count);
    }

    /// <summary>Folds a stored event.</summary>
    public void Apply(BucketChanged changed)
    {
        foreach (var tombstone in changed.Tombstones)
            Bury(tombstone);
        foreach (var entry in changed.Entries)
            Take(entry);
    }

    /// <summary>Folds a stored snapshot.</summary>
    public void Apply(BucketSnapshot snapshot)
    {
        Apply(new BucketChanged(snapshot.Entries, snapshot.Tombstones));
        Sequence = Math.Max(Sequence, snapshot.Sequence);
    }

    /// <summary>
    /// Puts on top of a recovered state what a bucket learnt while it was recovering. All of that came after all that is stored, whatever
    /// numbers it was given meanwhile.
    /// </summary>
    public void Absorb(BucketState overlay)
    {
        var before = Sequence;
        foreach (var tombstone in overlay._tombstones)
            Bury(tombstone with { Sequence = before + tombstone.Sequence });
        foreach (var (key, entry) in overlay._entries)
        {
            var times = _entries.TryGetValue(key, out var known) ? known.Times.Max(entry.Times) : entry.Times;
            Take(entry.Stored(key) with { Sequence = before + entry.Sequence, Times = times, Pass = entry.StoredPass ?? known.StoredPass });
        }

        Sequence = before + overlay.Sequence;
    }

    /// <summary>Everything that still holds.</summary>
    public BucketSnapshot Snapshot(long nowMs) => new(
        Sequence,
        [.. _entries.Where(e => e.Value.ExpiresMs > nowMs).Select(e => e.Value.Stored(e.Key))],
        [.. _tombstones.Where(t => t.UntilMs > nowMs)]);

    /// <summary>Entries in order of address.</summary>
    /// <param name="limit">Addresses at most; all profiles of an address come together.</param>
    public (ImmutableArray<EntryLine> Lines, bool More) List(Network? within, ClientAddress? after, int limit, long nowMs)
    {
        var clients = _entries
            .Where(e => e.Value.ExpiresMs > nowMs && (within is null || within.Value.Contains(e.Key.Client))
                && (after is null || e.Key.Client.Bits > after.Value.Bits))
            .GroupBy(e => e.Key.Client)
            .OrderBy(client => client.Key.Bits)
            .Take(limit + 1)
            .ToList();
        var lines = clients.Take(limit).SelectMany(client => client).Select(e => new EntryLine(
            e.Key.Client, e.Key.Profile, e.Value.PassExpiresMs > nowMs ? e.Value.PassLeft(nowMs) : null, e.Value.AgeSeconds(nowMs),
            e.Value.Times.Unexpired(nowMs / 1000)));
        return ([.. lines], clients.Count > limit);
    }

    /// <summary>Drops what is expired.</summary>
    /// <returns>Entries dropped.</returns>
    public int Sweep(long nowMs)
    {
        var before = _entries.Count;
        foreach (var (key, entry) in _entries)
        {
            if (entry.ExpiresMs <= nowMs)
                _entries.Remove(key); // Allowed while enumerating.
        }

        _tombstones.RemoveAll(t => t.UntilMs <= nowMs);
        return before - _entries.Count;
    }

    private static EntryKey TimesKey(ClientAddress client) => new(client, Screening.ScreeningPolicy.DefaultProfile);

    private bool IsRevokedSince(ClientAddress client, long seen)
    {
        if (seen >= Revocation)
            return false;
        foreach (var tombstone in _tombstones)
        {
            if (tombstone.Sequence > seen && tombstone.Network.Contains(client))
                return true;
        }

        return false;
    }

    private StoredEntry Put(EntryKey key, StoredPass? pass, in PostscreenTimes times)
    {
        var entry = BucketEntry.Of(pass, times, ++Sequence);
        _entries[key] = entry;
        MakeRoom();
        return entry.Stored(key);
    }

    // An entry from elsewhere, with its number.
    private void Take(StoredEntry stored)
    {
        Sequence = Math.Max(Sequence, stored.Sequence);
        if (IsRevokedSince(stored.Client, stored.Sequence))
            return;
        _entries[new EntryKey(stored.Client, stored.Profile)] = BucketEntry.Of(stored.Pass, stored.Times, stored.Sequence);
        MakeRoom();
    }

    private void Bury(Tombstone tombstone)
    {
        Sequence = Math.Max(Sequence, tombstone.Sequence);
        Revocation = Math.Max(Revocation, tombstone.Sequence);
        // The new one covers what older ones inside it covered.
        _tombstones.RemoveAll(t => t.Sequence <= tombstone.Sequence && tombstone.Network.Contains(t.Network));
        if (_tombstones.Count >= MaxTombstones)
            _tombstones.RemoveAt(0);
        _tombstones.Add(tombstone);
        foreach (var (key, entry) in _entries)
        {
            if (entry.Sequence < tombstone.Sequence && tombstone.Network.Contains(key.Client))
                _entries.Remove(key);
        }
    }

    // Beyond the bound the oldest twentieth leaves at once, so that not every entry pays for the search.
    private void MakeRoom()
    {
        if (_entries.Count <= capacity)
            return;
        var leaving = Math.Max(1, capacity / 20);
        foreach (var key in _entries.OrderBy(e => e.Value.Sequence).Take(leaving).Select(e => e.Key).ToList())
            _entries.Remove(key);
    }
}
