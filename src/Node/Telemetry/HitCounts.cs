using System.Runtime.InteropServices;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>Hits of one client that had the same answer.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many; at least 1.</param>
internal readonly record struct CountedHits(Decision First, long Count);

/// <summary>
/// Counts hits, so that a client that keeps coming costs a line a minute and not a line each time. Safe for many threads; a
/// client that is counted already costs no allocation.
/// </summary>
/// <remarks>
/// Invariant: each hit that is counted comes out exactly once, by <see cref="RemoveCounted"/> or because its client leaves for a new one.
/// A client is forgotten once it had no hit between two calls of <see cref="RemoveCounted"/>.
/// </remarks>
internal sealed class HitCounts
{
    /// <summary>Clients that are counted at once; then the oldest of a shard leaves for each new one.</summary>
    public const int Capacity = ShardCount * ShardCapacity;

    // Hits come on all threads at once; with one lock for all clients they would wait for each other.
    private const int ShardCount = 64;
    private const int ShardCapacity = 1024;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, ShardCount).Select(_ => new Shard())];

    /// <summary>Counts a hit, unless it is the first of its client: that one is the caller's to log.</summary>
    /// <param name="evicted">What was counted of a client that had to leave; its count is 0 if there is none.</param>
    /// <returns>False if it is the first. Called again, it is counted.</returns>
    public bool TryCount(in Decision hit, out CountedHits evicted)
    {
        var key = Key.Of(hit);
        return _shards[(key.GetHashCode() & int.MaxValue) % ShardCount].TryCount(key, hit, out evicted);
    }

    /// <summary>Removes all that was counted, and returns it.</summary>
    public IEnumerable<CountedHits> RemoveCounted() => _shards.SelectMany(shard => shard.RemoveCounted());

    // What hits have in common that are counted as one.
    private readonly record struct Key(
        ClientAddress Client, Profile Profile, Door Door, VerdictSource Source, VerdictAction Action, bool Allow)
    {
        public static Key Of(in Decision hit) => new(
            hit.Query.Client, hit.Query.Profile, hit.Query.Door, hit.Verdict.Source, hit.Verdict.Action, hit.Verdict.Allow);
    }

    private struct Hits
    {
        public Decision First;
        public long Count;

        public readonly CountedHits Counted => new(First, Count);
    }

    private sealed class Shard
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<Key, Hits> _hits = [];

        // The keys of the table, in the order in which they came.
        private readonly Queue<Key> _order = new();

        public bool TryCount(in Key key, in Decision hit, out CountedHits evicted)
        {
            evicted = default;
            lock (_lock)
            {
                ref var hits = ref CollectionsMarshal.GetValueRefOrAddDefault(_hits, key, out var isKnown);
                if (isKnown)
                {
                    if (hits.Count++ == 0)
                        hits.First = hit;
                    return true;
                }

                _order.Enqueue(key);
                if (_order.Count > ShardCapacity && _hits.Remove(_order.Dequeue(), out var oldest))
                    evicted = oldest.Counted;
                return false;
            }
        }

        public List<CountedHits> RemoveCounted()
        {
            var counted = new List<CountedHits>();
            lock (_lock)
            {
                for (var left = _order.Count; left > 0; left--)
                {
                    var key = _order.Dequeue();
                    ref var hits = ref CollectionsMarshal.GetValueRefOrNullRef(_hits, key);
                    if (hits.Count == 0)
                    {
                        _hits.Remove(key);
                        continue;
                    }

                    counted.Add(hits.Counted);
                    hits = default;
                    _order.Enqueue(key);
                }
            }

            return counted;
        }
    }
}
