using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>How many keys without an address one node may have in the fleet's whitelist.</summary>
internal sealed record DigestKeysSettings(int MaxKeys)
{
    // So many clients in 30 days are a busy site's, and its whitelist holds ten million.
    private const int EntriesPerDigest = 100;
    private const int Least = 1_000;

    /// <summary>
    /// A hundredth of <c>cache.max_entries</c>, at least 1,000: passes of clients never leave for keys that nobody can verify.
    /// </summary>
    public static DigestKeysSettings Of(int maxEntries) => new(Math.Max(Least, maxEntries / EntriesPerDigest));
}

/// <summary>
/// The keys without an address (digests, memcache_table(5) <c>key_digest</c>) that this node put into the fleet's whitelist since it
/// started. Anybody who reaches the memcache door can make up any number of them; with an address there is at least a client to look at.
/// </summary>
/// <remarks>
/// Invariant: there are never more than the limit; the one that was stored longest ago makes room. Safe for many threads.
/// </remarks>
internal sealed class DigestKeys(DigestKeysSettings settings, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly AgedTable<ClientAddress, ClientAddress> _keys = new(time);

    /// <summary>A key is stored.</summary>
    /// <param name="standIn">What stands for it in the whitelist.</param>
    /// <returns>The key that has to leave for it; null: none.</returns>
    public ClientAddress? Admit(ClientAddress standIn)
    {
        lock (_lock)
        {
            _keys.Put(standIn, standIn);
            if (_keys.Count <= settings.MaxKeys || !_keys.TryGetOldest(out var oldest, out _, out _))
                return null;
            _keys.Remove(oldest);
            return oldest;
        }
    }
}
