using System.Globalization;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// How clients are spread: neighbours (a /24, or a /64 of IPv6) share one of 1,024 buckets, and 64 shards hold 16 buckets each. The
/// number of the bucket is part of what is stored, so these numbers never change in place: another layout is another version.
/// </summary>
public static class WhitelistLayout
{
    /// <summary>The version of this layout; a store of another version is refused.</summary>
    public const int Version = 1;

    /// <summary>Buckets of clients.</summary>
    public const int Buckets = 1024;

    /// <summary>Shards; each cache node holds some.</summary>
    public const int Shards = 64;

    /// <summary>The number that stands for the entity of grants and bans, beside the buckets.</summary>
    internal const int Grants = -1;

    private const int NeighboursIPv4 = 24;
    private const int NeighboursIPv6 = 64;

    /// <summary>The bucket of a client, 0..1023.</summary>
    public static int BucketOf(ClientAddress client) => Hash(client.Masked(NeighbourLength(client)).Bits);

    /// <summary>The one bucket that holds all clients of a network, if there is one.</summary>
    public static bool TryBucketOf(Network network, out int bucket)
    {
        bucket = BucketOf(network.Address);
        return network.PrefixLength >= NeighbourLength(network.Address);
    }

    /// <summary>Name of the entity: <c>bucket-17</c>, or <c>grants</c>.</summary>
    internal static string EntityOf(int bucket) =>
        bucket == Grants ? "grants" : string.Create(CultureInfo.InvariantCulture, $"bucket-{bucket}");

    /// <summary>Name of the shard, the number of the entity modulo the number of shards.</summary>
    internal static string ShardOf(int bucket) => (bucket == Grants ? 0 : bucket % Shards).ToString(CultureInfo.InvariantCulture);

    private static int NeighbourLength(ClientAddress client) => client.IsIPv4 ? NeighboursIPv4 : NeighboursIPv6;

    // The finalizer of SplitMix64 over both halves: the same on every machine and for ever.
    private static int Hash(UInt128 bits)
    {
        var hash = Mix((ulong)(bits >> 64) ^ Mix((ulong)bits));
        return (int)(hash % Buckets);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
