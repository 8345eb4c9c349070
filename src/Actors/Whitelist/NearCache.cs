using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The passes that this node knows, its own and those that the fleet pushes, read by the endpoints without any actor. Safe for many
/// threads; an expired entry behaves as absent; when full, the oldest entry makes room.
/// </summary>
/// <remarks>
/// A hit allocates nothing and never extends an entry. After <c>cache.near_life</c> an entry has to be confirmed by its bucket. Each
/// bucket's epoch, the number of its latest revocation, is remembered: who sees a later one than the news told has missed a revocation,
/// and drops what it has of that bucket.
/// </remarks>
public sealed class NearCache
{
    private readonly BoundedTable<Key, Entry> _entries;
    private readonly ConcurrentDictionary<string, string> _profiles = new(StringComparer.Ordinal);
    private readonly Known[] _epochs = [.. Enumerable.Repeat(Known.Nothing, WhitelistLayout.Buckets)];
    private readonly TimeProvider _time;
    private readonly long _nearLife;
    private readonly bool _trustAny;

    /// <param name="nearLife">How long an entry serves unconfirmed (cache.near_life).</param>
    /// <param name="trustAny">Passes that another policy made count as well (cache.trust).</param>
    public NearCache(TimeProvider time, int capacity, TimeSpan nearLife, bool trustAny = false)
    {
        _time = time;
        _entries = new BoundedTable<Key, Entry>(capacity);
        _nearLife = (long)(nearLife.TotalSeconds * time.TimestampFrequency);
        _trustAny = trustAny;
        Times = new NearTimes(time, capacity, _nearLife);
    }

    /// <summary>postscreen's own times, which are independent of the passes but are taken back with them.</summary>
    internal NearTimes Times { get; }

    /// <summary>Entries, expired ones that were not swept yet included.</summary>
    public int Count => _entries.Count;

    /// <summary>Looks for an unexpired pass made under the policy <paramref name="policy"/>.</summary>
    /// <param name="verdict">With true, the pass with the ttl that is left.</param>
    public bool TryGet(ClientAddress client, ScreeningPolicy policy, out Verdict verdict)
    {
        verdict = default;
        if (_entries.Find(new Key(client, policy.Profile)) is not { } entry || !(_trustAny || entry.Policy == policy.Fingerprint))
            return false;
        var now = _time.GetTimestamp();
        var left = _time.GetElapsedTime(now, entry.Expires);
        if (left <= TimeSpan.Zero || now >= entry.ConfirmBy)
            return false;
        verdict = new Verdict(
            VerdictAction.Pass, entry.Allow, Math.Max(1, (int)left.TotalSeconds), entry.Score, VerdictSource.Near);
        return true;
    }

    /// <summary>Keeps a complete pass of this node for its ttl, unless a revocation came since <paramref name="seenEpoch"/>.</summary>
    internal void Store(ClientAddress client, ScreeningPolicy policy, in Verdict pass, Epoch seenEpoch)
    {
        if (pass.Action != VerdictAction.Pass || pass.TtlSeconds < 1)
            throw new ArgumentException("only a pass with a ttl is kept", nameof(pass));
        if (EpochOf(client) == seenEpoch)
            Put(new Key(client, policy.Profile), policy.Fingerprint, pass.TtlSeconds, pass.Allow, pass.Score);
    }

    /// <summary>The fingerprint that a pass must have been made by to count here; empty: any.</summary>
    internal string PolicyAsked(ScreeningPolicy policy) => _trustAny ? "" : policy.Fingerprint;

    /// <summary>The epoch of a client's bucket as far as this node knows.</summary>
    internal Epoch EpochOf(ClientAddress client) => Volatile.Read(ref _epochs[WhitelistLayout.BucketOf(client)]).Epoch;

    /// <summary>Takes over a pass that the fleet pushes.</summary>
    internal void Store(PassNews news)
    {
        if (TryLearn(news.Bucket, news.Epoch) && _profiles.GetValueOrDefault(news.Profile) is { } profile && news.Pass.TtlSeconds >= 1)
            Put(new Key(news.Client, profile), news.Pass.Policy, news.Pass.TtlSeconds, news.Pass.Allow, news.Pass.Score);
    }

    /// <summary>Takes over postscreen's times that the fleet pushes.</summary>
    internal void Store(TimesNews news)
    {
        if (TryLearn(news.Bucket, news.Epoch))
            Times.Replace(news.Client, news.Times);
    }

    /// <summary>Takes back what the fleet took back.</summary>
    internal void Revoke(RevocationNews news)
    {
        TryAdvance(news.Bucket, news.Epoch, news.Before);
        foreach (var network in news.Networks)
            Forget(network);
    }

    /// <summary>Compares a bucket's epoch with what is known here.</summary>
    /// <returns>False: it is older than what is known here, and what came with it does not count.</returns>
    internal bool TryLearn(int bucket, Epoch epoch) => TryAdvance(bucket, epoch, missing: null);

    // Never back. What is known here moves first and entries are dropped then, for whoever stores looks at it before and after.
    private bool TryAdvance(int bucket, Epoch epoch, long? missing)
    {
        while (epoch.IsKnown)
        {
            var known = Volatile.Read(ref _epochs[bucket]);
            if (epoch <= known.Epoch)
                return epoch == known.Epoch;
            if (Interlocked.CompareExchange(ref _epochs[bucket], new Known(epoch), known) != known)
                continue;
            if (epoch.Revocation > known.Epoch.Revocation && missing != known.Epoch.Revocation)
                Forget(client => WhitelistLayout.BucketOf(client) == bucket);
            return true;
        }

        return true;
    }

    /// <summary>The profiles that this node has: passes of others are of no use here.</summary>
    internal void Use(IEnumerable<string> profiles)
    {
        foreach (var profile in profiles)
            _profiles.TryAdd(profile, profile);
    }

    /// <summary>Forgets the clients of a network in every profile.</summary>
    public int Forget(Network network) => Forget(network.Contains);

    /// <summary>Drops expired entries and returns how many. Walks the whole cache: call it off the hot path.</summary>
    public int Sweep()
    {
        var now = _time.GetTimestamp();
        return Times.Sweep() + _entries.RemoveWhere((_, entry) => Math.Min(entry.Expires, entry.ConfirmBy) <= now);
    }

    private void Put(Key key, string policy, int ttlSeconds, bool allow, int score)
    {
        var now = _time.GetTimestamp();
        _entries.Put(key, new Entry(policy, now + (ttlSeconds * _time.TimestampFrequency), now + _nearLife, allow, score));
    }

    private int Forget(Func<ClientAddress, bool> isMeant) => Times.Forget(isMeant) + _entries.RemoveWhere((key, _) => isMeant(key.Client));

    // The profile is compared by reference: ScreeningPolicy interns it, and news take the name from Use.
    private readonly struct Key(ClientAddress client, string profile) : IEquatable<Key>
    {
        private readonly string _profile = profile;

        public ClientAddress Client { get; } = client;

        public bool Equals(Key other) => Client == other.Client && ReferenceEquals(_profile, other._profile);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(Client.Bits, RuntimeHelpers.GetHashCode(_profile));
    }

    private sealed record Known(Epoch Epoch)
    {
        public static readonly Known Nothing = new(default(Epoch));
    }

    private sealed class Entry(string policy, long expires, long confirmBy, bool allow, int score)
    {
        public string Policy { get; } = policy;

        public long Expires { get; } = expires;

        public long ConfirmBy { get; } = confirmBy;

        public bool Allow { get; } = allow;

        public int Score { get; } = score;
    }
}
