using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The passes that this node knows, read by the endpoints without any actor. Safe for many threads; an expired entry behaves as absent;
/// when full, the oldest entry makes room.
/// </summary>
/// <remarks>A hit allocates nothing and never extends an entry.</remarks>
public sealed class NearCache(TimeProvider time, int capacity)
{
    private readonly ConcurrentDictionary<Key, Entry> _entries = new();

    // Every entry stands here once for each time it was stored, in order; so the queue's bound is the dictionary's bound.
    private readonly ConcurrentQueue<Entry> _age = new();
    private int _ageCount;

    /// <summary>Entries, expired ones that were not swept yet included.</summary>
    public int Count => _entries.Count;

    /// <summary>Looks for an unexpired pass made under the policy <paramref name="policy"/>.</summary>
    /// <param name="verdict">With true, the pass with the ttl that is left.</param>
    public bool TryGet(ClientAddress client, ScreeningPolicy policy, out Verdict verdict)
    {
        verdict = default;
        if (!_entries.TryGetValue(new Key(client, policy.Profile), out var entry) || entry.Fingerprint != policy.Fingerprint)
            return false;
        var left = time.GetElapsedTime(time.GetTimestamp(), entry.Expires);
        if (left <= TimeSpan.Zero)
            return false;
        verdict = new Verdict(
            VerdictAction.Pass, entry.Allow, Math.Max(1, (int)left.TotalSeconds), entry.Score, VerdictSource.Near);
        return true;
    }

    /// <summary>Keeps a complete pass for its ttl.</summary>
    public void Store(ClientAddress client, ScreeningPolicy policy, in Verdict pass)
    {
        if (pass.Action != VerdictAction.Pass || pass.TtlSeconds < 1)
            throw new ArgumentException("only a pass with a ttl is kept", nameof(pass));
        var key = new Key(client, policy.Profile);
        var expires = time.GetTimestamp() + (pass.TtlSeconds * time.TimestampFrequency);
        var entry = new Entry(key, policy.Fingerprint, expires, pass.Allow, pass.Score);
        _entries[key] = entry;
        _age.Enqueue(entry);
        if (Interlocked.Increment(ref _ageCount) > capacity && _age.TryDequeue(out var oldest))
        {
            Interlocked.Decrement(ref _ageCount);
            Remove(oldest);
        }
    }

    /// <summary>Forgets a client under every profile's name that is given.</summary>
    public bool Forget(ClientAddress client, string profile) => _entries.TryRemove(new Key(client, string.Intern(profile)), out _);

    /// <summary>Drops expired entries and returns how many. Walks the whole cache: call it off the hot path.</summary>
    public int Sweep()
    {
        var now = time.GetTimestamp();
        var swept = 0;
        foreach (var (_, entry) in _entries)
        {
            if (entry.Expires <= now && Remove(entry))
                swept++;
        }

        return swept;
    }

    // Removes this very entry, not one that has taken its place.
    private bool Remove(Entry entry) => _entries.TryRemove(KeyValuePair.Create(entry.Key, entry));

    // The profile is compared by reference: ScreeningPolicy interns it.
    private readonly struct Key(ClientAddress client, string profile) : IEquatable<Key>
    {
        private readonly ClientAddress _client = client;
        private readonly string _profile = profile;

        public bool Equals(Key other) => _client == other._client && ReferenceEquals(_profile, other._profile);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(_client.Bits, RuntimeHelpers.GetHashCode(_profile));
    }

    private sealed class Entry(Key key, string fingerprint, long expires, bool allow, int score)
    {
        public Key Key { get; } = key;

        public string Fingerprint { get; } = fingerprint;

        public long Expires { get; } = expires;

        public bool Allow { get; } = allow;

        public int Score { get; } = score;
    }
}
