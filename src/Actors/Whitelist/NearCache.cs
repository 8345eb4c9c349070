using System.Collections.Frozen;
using Screening.Actors.Profiles;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The passes that this node knows, its own and those that the fleet pushes, read by the endpoints without any actor. Safe for many
/// threads; an expired entry behaves as absent; when full, the entry that was stored longest ago makes room.
/// </summary>
/// <remarks>
/// A hit allocates nothing and never extends an entry. After <c>cache.near_life</c> an entry has to be confirmed by its bucket. The epoch
/// of each bucket is remembered and never goes back: what bears an older one is dropped, and a node that learns of a revocation which it
/// was not told drops all that it has of that bucket. Invariant: no entry stays that was stored under an epoch before a revocation of its
/// client that this node has heard of. For this the epoch moves before entries are dropped, and whoever stores looks at it before and
/// after.
/// </remarks>
public sealed class NearCache
{
    private readonly BoundedTable<Key, Entry> _entries;
    private readonly EpochBox[] _epochs = [.. Enumerable.Repeat(EpochBox.Unknown, WhitelistLayout.Buckets)];
    private readonly TimeProvider _time;
    private readonly long _nearLife;
    private readonly bool _trustAny;
    private volatile FrozenDictionary<string, Profile> _profiles = FrozenDictionary<string, Profile>.Empty;

    /// <param name="nearLife">How long an entry serves unconfirmed (cache.near_life).</param>
    /// <param name="trustAny">Passes with another fingerprint count as well (cache.trust).</param>
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

    /// <summary>Looks for an unexpired pass that counts for <paramref name="profile"/>.</summary>
    /// <param name="verdict">With true, the pass with the ttl that is left.</param>
    public bool TryGet(ClientAddress client, Profile profile, out Verdict verdict) =>
        TryGet(client, profile, _time.GetTimestamp(), out verdict);

    /// <inheritdoc cref="TryGet(ClientAddress, Profile, out Verdict)"/>
    /// <param name="now">A timestamp of just now, where one is at hand: reading the clock is a good part of a look-up.</param>
    public bool TryGet(ClientAddress client, Profile profile, long now, out Verdict verdict)
    {
        verdict = default;
        if (!_entries.TryFind(new Key(client, profile.Name), out var entry)
            || !(_trustAny || entry.Fingerprint == profile.Fingerprint))
        {
            return false;
        }

        if (now >= entry.LiveUntil)
            return false;
        var left = _time.GetElapsedTime(now, entry.Expires);
        verdict = new Verdict(
            VerdictAction.Pass, entry.Allow, Math.Max(1, (int)left.TotalSeconds), entry.Score, VerdictSource.Near);
        return true;
    }

    /// <summary>Keeps a complete pass of this node for its ttl, unless the epoch of its bucket is another by now.</summary>
    /// <param name="seen">The epoch that its screening began with, or that the bucket told with it.</param>
    internal void Store(ClientAddress client, Profile profile, in Verdict pass, Epoch seen)
    {
        if (pass.Action != VerdictAction.Pass || pass.TtlSeconds < 1)
            throw new ArgumentException("only a pass with a ttl is kept", nameof(pass));
        Put(new Key(client, profile.Name), profile.Fingerprint, pass.TtlSeconds, pass.Allow, pass.Score, seen);
    }

    /// <summary>Keeps a pass that the fleet tells, if this node has its profile and its fingerprint counts here.</summary>
    internal void Store(PassNews news)
    {
        if (!TryLearn(news.Bucket, news.Epoch) || news.Pass.TtlSeconds < 1 || !_profiles.TryGetValue(news.Profile, out var own))
            return;
        var pass = news.Pass;
        var isOwn = pass.Fingerprint == own.Fingerprint;
        if (!isOwn && !_trustAny)
            return;
        Put(
            new Key(news.Client, own.Name), pass.Fingerprint, pass.TtlSeconds, pass.Allow, pass.Score, SeenWith(news),
            keeps: isOwn ? null : UnexpiredOf(own.Fingerprint));
    }

    /// <summary>Replaces postscreen's times of a client by what its bucket says.</summary>
    internal void Store(TimesNews news)
    {
        if (!TryLearn(news.Bucket, news.Epoch))
            return;
        var seen = SeenWith(news);
        Times.Replace(news.Client, news.Times);
        if (EpochOf(news.Bucket) != seen)
            Times.Replace(news.Client, default);
    }

    /// <summary>Takes back what the fleet took back.</summary>
    internal void Revoke(RevocationNews news)
    {
        TryAdvance(news.Bucket, news.Epoch, news.Before);
        var networks = NetworkTrie<bool>.Build(news.Networks.Select(n => (n, true)), (known, _) => known);
        Forget(client => networks.TryMatch(client, out _, out _));
    }

    /// <summary>Compares a bucket's epoch with what is known here.</summary>
    /// <returns>False: it is older than what is known here, and what it came with does not count.</returns>
    internal bool TryLearn(int bucket, Epoch epoch) => TryAdvance(bucket, epoch, before: null);

    /// <summary>The epoch of a client's bucket as far as this node knows.</summary>
    internal Epoch EpochOf(ClientAddress client) => EpochOf(WhitelistLayout.BucketOf(client));

    /// <summary>The fingerprint that a pass must have been made by to count here; empty: any.</summary>
    internal string FingerprintAsked(Profile profile) => _trustAny ? "" : profile.Fingerprint;

    /// <summary>The profiles that this node has, as they judge now: passes of others are of no use here.</summary>
    internal void Use(IEnumerable<Profile> profiles) =>
        _profiles = profiles.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    /// <summary>Forgets the clients of a network in every profile.</summary>
    public int Forget(Network network) => Forget(network.Contains);

    /// <summary>Drops expired entries and returns how many. Walks the whole cache: call it off the hot path.</summary>
    public int Sweep()
    {
        var now = _time.GetTimestamp();
        return Times.Sweep() + _entries.RemoveWhere((_, entry) => entry.LiveUntil <= now);
    }

    private Epoch EpochOf(int bucket) => Volatile.Read(ref _epochs[bucket]).Epoch;

    // News that tell no epoch hold under the one that is known as they come.
    private Epoch SeenWith(NewsItem news) => news.Epoch.IsKnown ? news.Epoch : EpochOf(news.Bucket);

    private bool TryAdvance(int bucket, Epoch epoch, long? before)
    {
        while (epoch.IsKnown)
        {
            var known = Volatile.Read(ref _epochs[bucket]);
            if (epoch <= known.Epoch)
                return epoch == known.Epoch;
            if (Interlocked.CompareExchange(ref _epochs[bucket], new EpochBox(epoch), known) != known)
                continue;
            if (epoch.Revocation > known.Epoch.Revocation && before != known.Epoch.Revocation)
                Forget(client => WhitelistLayout.BucketOf(client) == bucket);
            return true;
        }

        return true;
    }

    private void Put(Key key, string fingerprint, int ttlSeconds, bool allow, int score, Epoch seen, Func<Entry, bool>? keeps = null)
    {
        if (EpochOf(key.Client) != seen)
            return;
        var now = _time.GetTimestamp();
        var expires = now + (ttlSeconds * _time.TimestampFrequency);
        var entry = new Entry(fingerprint, expires, LiveUntil: Math.Min(expires, now + _nearLife), allow, score);
        _entries.Put(key, entry, keeps);
        if (EpochOf(key.Client) != seen)
            _entries.Remove(key, entry);
    }

    private Func<Entry, bool> UnexpiredOf(string fingerprint) =>
        known => known.Fingerprint == fingerprint && _time.GetTimestamp() < known.LiveUntil;

    private int Forget(Func<ClientAddress, bool> isMeant) =>
        Times.Forget(isMeant) + _entries.RemoveWhere((key, _) => isMeant(key.Client));

    private readonly struct Key(ClientAddress client, string profile) : IEquatable<Key>
    {
        // In two halves: a UInt128 is aligned to 16 bytes.
        private readonly ulong _high = (ulong)(client.Bits >> 64);
        private readonly ulong _low = (ulong)client.Bits;
        private readonly string _profile = profile;

        public ClientAddress Client => ClientAddress.FromBits(new UInt128(_high, _low));

        public bool Equals(Key other) => _high == other._high && _low == other._low && _profile == other._profile;

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        // By the client alone: it has a pass in one profile or a few, and hashing a name would cost each hit.
        public override int GetHashCode() => HashCode.Combine(_high, _low);
    }

    // One reference, so that both numbers are read and exchanged at once.
    private sealed class EpochBox(Epoch epoch)
    {
        public static readonly EpochBox Unknown = new(default);

        public Epoch Epoch { get; } = epoch;
    }

    private readonly record struct Entry(string Fingerprint, long Expires, long LiveUntil, bool Allow, int Score);
}
