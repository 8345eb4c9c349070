using System.Collections.Immutable;
using Screening.Actors.Profiles;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// What one bucket knows: entries, and the revocations that keep refusing what comes late. Folds commands and stored events alike;
/// no clock, no actor, no store. Order is the bucket's own sequence, never a clock's.
/// </summary>
/// <remarks>
/// Invariants: no entry is held that a revocation of a higher sequence covers. An expired entry behaves as absent everywhere. The sequence
/// never goes back and jumps to the life's number when a life begins, so no number stands for two changes, whatever was not stored.
/// </remarks>
/// <param name="maxLife">Nothing lives longer than this from the time it is stored.</param>
/// <param name="capacity">Entries at most; beyond it the oldest changes leave.</param>
/// <param name="origins">Shared by all buckets of a node.</param>
internal sealed class BucketState(TimeSpan maxLife, int capacity, PassOrigins origins)
{
    // Values of one client's times that are remembered as forgotten. postscreen reads all five when a client connects and writes all five
    // when its tests end (postscreen_cache_map): a session that a revocation meets would bring the old values back.
    private const int MaxForgotten = 8;

    // How far a time of a tombstone and the beginning of a screening may be apart and still be in another order than they seem.
    private const long AgeSlackMs = 10_000;

    // The age of an imported line is in whole seconds.
    private const long ImportSlackMs = 1000;

    private readonly Dictionary<EntryKey, BucketEntry> _entries = [];
    private readonly Tombstones _tombstones = new();
    private readonly Dictionary<ClientAddress, ImmutableArray<PostscreenTimes>> _forgotten = [];
    private readonly Dictionary<long, long> _revocations = []; // When each was made, by its number.
    private readonly long _maxLifeMs = (long)maxLife.TotalMilliseconds;
    private long _first; // Number of the first life that it began itself.

    /// <summary>Number of the latest change.</summary>
    public long Sequence { get; private set; }

    /// <summary>The life that continues, and its latest revocation.</summary>
    public Epoch Epoch { get; private set; }

    /// <summary>Entries, expired ones that were not swept yet included.</summary>
    public int Count => _entries.Count;

    /// <summary>Revocations that still refuse.</summary>
    public int TombstoneCount => _tombstones.Count;

    /// <summary>Begins a life, with a number above that of every change so far.</summary>
    /// <param name="least">The number is not lower than this.</param>
    public void BeginLife(long least)
    {
        Sequence = Math.Max(least, Sequence + 1);
        _first = _first == 0 ? Sequence : _first;
        Epoch = Epoch with { Life = Sequence };
    }

    /// <summary>Looks for an unexpired pass.</summary>
    /// <param name="fingerprint">Fingerprint that it must have; empty: any.</param>
    public Pass? FindPass(EntryKey key, string fingerprint, long nowMs) =>
        _entries.TryGetValue(key, out var entry) && entry.TryFind(fingerprint, nowMs, out var pass) ? pass.Left(nowMs, _maxLifeMs) : null;

    /// <summary>postscreen's times that still hold.</summary>
    public PostscreenTimes FindTimes(ClientAddress client, long nowMs) => Current(Find(TimesKey(client)).Times, nowMs);

    /// <summary>Keeps the pass of a screening, unless a revocation came after the screening had begun.</summary>
    /// <param name="seen">The epoch that the screening began with. If it is not of this life, <paramref name="ageMs"/> decides.</param>
    /// <param name="ageMs">How long ago the screening began.</param>
    /// <returns>The entry as it is to be stored; null: refused.</returns>
    public StoredEntry? RecordPass(EntryKey key, Pass pass, Epoch seen, int ageMs, long nowMs)
    {
        var beganMs = nowMs - Math.Max(0, ageMs);
        return IsRevokedSince(key.Client, seen, beganMs) ? null : Put(key, pass, beganMs, nowMs);
    }

    /// <summary>Keeps a pass that was exported, unless a revocation came after it was made, or a longer one is there.</summary>
    /// <returns>The entry as it is to be stored; null: refused.</returns>
    public StoredEntry? ImportPass(EntryKey key, Pass pass, int ageSeconds, long nowMs)
    {
        var madeMs = nowMs - (Math.Max(0, ageSeconds) * 1000L);
        return IsRevokedSince(key.Client, madeMs - ImportSlackMs) || FindPass(key, pass.Fingerprint, nowMs)?.TtlSeconds >= pass.TtlSeconds
            ? null
            : Put(key, pass, madeMs, nowMs);
    }

    /// <summary>Merges postscreen's times, field by field the later, without what was forgotten.</summary>
    /// <param name="by">The node that they come from.</param>
    /// <returns>The entry as it is to be stored; null: nothing changed.</returns>
    public StoredEntry? RecordTimes(ClientAddress client, PostscreenTimes times, long nowMs, string by = "")
    {
        times = WithoutForgotten(client, Current(times, nowMs));
        var (key, entry) = (TimesKey(client), Find(TimesKey(client)));
        var merged = entry.Times.Max(times);
        return merged.IsEmpty || merged == entry.Times ? null : Change(key, entry.With(merged, by));
    }

    /// <summary>Merges postscreen's times that were exported, unless a revocation came after that.</summary>
    /// <returns>The entry as it is to be stored; null: nothing changed.</returns>
    public StoredEntry? ImportTimes(ClientAddress client, PostscreenTimes times, int ageSeconds, long nowMs, string by = "") =>
        IsRevokedSince(client, nowMs - (ageSeconds * 1000L) - ImportSlackMs) ? null : RecordTimes(client, times, nowMs, by);

    /// <summary>Drops postscreen's times; the pass stays.</summary>
    /// <returns>The entry as it is to be stored; null: there were none.</returns>
    public StoredEntry? ForgetTimes(ClientAddress client)
    {
        var (key, entry) = (TimesKey(client), Find(TimesKey(client)));
        return entry.Times.IsEmpty ? null : Change(key, entry.With(default(PostscreenTimes), ""));
    }

    /// <summary>Takes back all entries of some networks, and all that come late, as one revocation.</summary>
    /// <returns>What is to be stored, and how many unexpired entries there were.</returns>
    public (BucketChanged Changed, int Count) Revoke(IEnumerable<Network> networks, long nowMs)
    {
        var sequence = Sequence + 1;
        var tombstones = networks.Distinct().Select(n => new Tombstone(n, sequence, nowMs)).ToImmutableArray();
        var taken = Bury(tombstones).Where(e => e.Value.ExpiresMs > nowMs).ToList();
        var forgotten = taken.Where(e => e.Value.Times.Latest * 1000 > nowMs)
            .Select(e => new ForgottenTimes(e.Key.Client, e.Value.Times)).ToImmutableArray();
        Remember(forgotten);
        return (new BucketChanged([], tombstones, forgotten), taken.Count);
    }

    /// <summary>Folds a stored event.</summary>
    public void Apply(BucketChanged changed)
    {
        Bury(changed.Tombstones);
        Remember(changed.Forgotten);
        foreach (var entry in changed.Entries)
        {
            Sequence = Math.Max(Sequence, entry.Sequence);
            if (entry.Sequence > _tombstones.Over(Network.Of(entry.Client)).Sequence)
                Keep(new EntryKey(entry.Client, entry.Profile), BucketEntry.Of(entry, origins));
        }
    }

    /// <summary>Folds a stored snapshot.</summary>
    public void Apply(BucketSnapshot snapshot)
    {
        Apply(new BucketChanged(snapshot.Entries, snapshot.Tombstones, snapshot.Forgotten));
        Sequence = Math.Max(Sequence, snapshot.Sequence);
    }

    /// <summary>
    /// Puts on top of a recovered state what a bucket learnt while it was recovering, and continues its life. All of that came after all
    /// that is stored, but for passes of screenings that began before a stored revocation: these are left out.
    /// </summary>
    /// <returns>The clients whose passes were left out: they have been told to nodes as they came.</returns>
    public ImmutableArray<Network> Absorb(BucketState learnt)
    {
        // Only if a clock went back have its numbers been used before.
        var shift = Math.Max(0, Sequence + 1 - learnt._first);
        var revoked = new HashSet<Network>();
        var kept = new List<(EntryKey Key, BucketEntry Entry)>();
        foreach (var (key, entry) in learnt._entries)
        {
            var passes = entry.Passes.RemoveAll(p => IsRevokedSince(key.Client, p.MadeMs - AgeSlackMs));
            if (passes.Length < entry.Passes.Length)
                revoked.Add(Network.Of(key.Client));
            kept.Add((key, BucketEntry.Of(passes, WithoutForgotten(key.Client, entry.Times), entry.TimesBy, entry.Sequence + shift)));
        }

        Bury([.. learnt._tombstones.All.Select(t => t with { Sequence = t.Sequence + shift })]);
        foreach (var (key, entry) in kept)
        {
            var known = Find(key);
            var timesBy = entry.Times.IsEmpty ? known.TimesBy : entry.TimesBy;
            Keep(key, BucketEntry.Of([.. entry.Passes, .. known.Passes], known.Times.Max(entry.Times), timesBy, entry.Sequence));
        }

        foreach (var (client, times) in learnt._forgotten)
            Remember(times.Select(t => new ForgottenTimes(client, t)));
        Sequence = Math.Max(Sequence, learnt.Sequence + shift);
        Epoch = Epoch with { Life = learnt.Epoch.Life + shift };
        return [.. revoked];
    }

    /// <summary>
    /// Revocations among stored ones that this state never had: those of another node that held the bucket at the same time.
    /// </summary>
    public IEnumerable<Tombstone> UnknownAmong(IEnumerable<Tombstone> stored, long nowMs) =>
        stored.Where(t => !_revocations.ContainsKey(t.Sequence) && t.MadeMs + _maxLifeMs > nowMs);

    /// <summary>Everything that still holds.</summary>
    public BucketSnapshot Snapshot(long nowMs) => new(
        Sequence,
        [.. _entries.Where(e => e.Value.ExpiresMs > nowMs).Select(e => e.Value.Stored(e.Key))],
        [.. _tombstones.All.Where(t => t.MadeMs + _maxLifeMs > nowMs)],
        [.. _forgotten.SelectMany(f => f.Value, (f, times) => new ForgottenTimes(f.Key, times)).Where(f => f.Times.Latest * 1000 > nowMs)]);

    /// <summary>Entries in order of address.</summary>
    /// <param name="limit">Addresses at most; all lines of an address come together.</param>
    public (ImmutableArray<EntryLine> Lines, bool More) List(Network? within, ClientAddress? after, int limit, long nowMs)
    {
        var clients = _entries
            .Where(e => e.Value.ExpiresMs > nowMs && (within is null || within.Value.Contains(e.Key.Client))
                && (after is null || e.Key.Client.Bits > after.Value.Bits))
            .GroupBy(e => e.Key.Client)
            .OrderBy(client => client.Key.Bits)
            .Take(limit + 1)
            .ToList();
        var lines = clients.Take(limit).SelectMany(client => client).SelectMany(e => LinesOf(e.Key, e.Value, nowMs));
        return ([.. lines], clients.Count > limit);
    }

    /// <summary>Unexpired entries of a network.</summary>
    public int CountInside(Network network, long nowMs) => _entries.Count(e => e.Value.ExpiresMs > nowMs && network.Contains(e.Key.Client));

    /// <summary>Drops what is expired, and corrects what a clock ahead of this one stored: nothing was made later than now.</summary>
    /// <returns>Entries dropped.</returns>
    public int Sweep(long nowMs)
    {
        var before = _entries.Count;
        foreach (var (key, entry) in _entries.Where(e => e.Value.ExpiresMs <= nowMs || e.Value.IsMadeAfter(nowMs)).ToList())
        {
            if (entry.ExpiresMs <= nowMs)
                _entries.Remove(key);
            else
                Keep(key, entry.MadeBy(nowMs));
        }

        _tombstones.RemoveWhere(t => t.MadeMs + _maxLifeMs <= nowMs);
        foreach (var (number, _) in _revocations.Where(r => r.Value + _maxLifeMs <= nowMs).ToList())
            _revocations.Remove(number);
        foreach (var client in _forgotten.Where(f => f.Value.All(t => t.Latest * 1000 <= nowMs)).Select(f => f.Key).ToList())
            _forgotten.Remove(client);
        if (_entries.Count < _entries.Capacity / 2)
            _entries.TrimExcess();
        return before - _entries.Count;
    }

    private static EntryKey TimesKey(ClientAddress client) => new(client, Profile.DefaultName);

    private PostscreenTimes Current(in PostscreenTimes times, long nowMs) =>
        times.CappedAt((nowMs + _maxLifeMs) / 1000).Unexpired(nowMs / 1000);

    private PostscreenTimes WithoutForgotten(ClientAddress client, PostscreenTimes times) =>
        _forgotten.TryGetValue(client, out var forgotten) ? forgotten.Aggregate(times, (t, f) => t.Without(f)) : times;

    private bool IsRevokedSince(ClientAddress client, Epoch seen, long beganMs)
    {
        if (seen.Life != Epoch.Life)
            return IsRevokedSince(client, beganMs - AgeSlackMs);
        return seen.Revocation < Epoch.Revocation && _tombstones.Over(Network.Of(client)).Sequence > seen.Revocation;
    }

    private bool IsRevokedSince(ClientAddress client, long timeMs) => _tombstones.Over(Network.Of(client)).MadeMs >= timeMs;

    private BucketEntry Find(EntryKey key) => _entries.GetValueOrDefault(key);

    private IEnumerable<EntryLine> LinesOf(EntryKey key, BucketEntry entry, long nowMs)
    {
        var times = Current(entry.Times, nowMs);
        var passes = entry.Passes.Where(p => p.Counts("", nowMs)).ToList();
        if (passes.Count == 0)
            yield return new EntryLine(key.Client, key.Profile, null, 0, times, entry.TimesBy);
        for (var i = 0; i < passes.Count; i++)
        {
            yield return new EntryLine(
                key.Client, key.Profile, passes[i].Left(nowMs, _maxLifeMs), passes[i].AgeSeconds(nowMs), i == 0 ? times : default,
                i == 0 ? entry.TimesBy : "");
        }
    }

    private StoredEntry Put(EntryKey key, Pass pass, long madeMs, long nowMs)
    {
        var expiresMs = nowMs + Math.Min(pass.TtlSeconds * 1000L, _maxLifeMs);
        var origin = origins.Of(pass.Fingerprint, pass.By, pass.Reason);
        return Change(key, Find(key).With(new KeptPass(expiresMs, madeMs, pass.Allow, pass.Score, origin), nowMs));
    }

    private StoredEntry Change(EntryKey key, BucketEntry entry)
    {
        var changed = entry.With(++Sequence);
        Keep(key, changed);
        return changed.Stored(key);
    }

    private void Keep(EntryKey key, BucketEntry entry)
    {
        if (entry.IsEmpty)
        {
            _entries.Remove(key);
            return;
        }

        // By itself a dictionary doubles: half of what a million entries take could be empty.
        if (_entries.Count == _entries.Capacity)
            _entries.EnsureCapacity(_entries.Count + (_entries.Count / 8) + 1);
        _entries[key] = entry;
        MakeRoom();
    }

    // Returns the entries that this took.
    private List<KeyValuePair<EntryKey, BucketEntry>> Bury(ImmutableArray<Tombstone> tombstones)
    {
        if (tombstones.IsEmpty)
            return [];
        foreach (var tombstone in tombstones)
            _revocations[tombstone.Sequence] = tombstone.MadeMs;
        var latest = tombstones.Max(t => t.Sequence);
        Sequence = Math.Max(Sequence, latest);
        Epoch = Epoch with { Revocation = Math.Max(Epoch.Revocation, latest) };
        _tombstones.Add(tombstones);
        var taken = _entries.Where(e => e.Value.Sequence < _tombstones.Over(Network.Of(e.Key.Client)).Sequence).ToList();
        foreach (var (key, _) in taken)
            _entries.Remove(key);
        return taken;
    }

    private void Remember(IEnumerable<ForgottenTimes> forgotten)
    {
        foreach (var (client, times) in forgotten)
        {
            var known = _forgotten.GetValueOrDefault(client, []);
            if (!known.Contains(times))
                _forgotten[client] = [.. known.TakeLast(MaxForgotten - 1), times];
        }

        if (_forgotten.Count <= capacity)
            return;
        var count = Portion + _forgotten.Count - capacity;
        foreach (var (client, _) in _forgotten.OrderBy(f => f.Value.Max(t => t.Latest)).Take(count).ToList())
            _forgotten.Remove(client);
    }

    // Beyond the bound the oldest twentieth leaves at once, so that not every entry pays for the search.
    private void MakeRoom()
    {
        if (_entries.Count <= capacity)
            return;
        foreach (var key in _entries.OrderBy(e => e.Value.Sequence).Take(Portion).Select(e => e.Key).ToList())
            _entries.Remove(key);
    }

    private int Portion => Math.Max(1, capacity / 20);
}
