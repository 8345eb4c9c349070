using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Access;

/// <summary>
/// Networks with a value each, found by the longest that contains an address. Never changed once built, so it is read from
/// any thread without a lock; a lookup allocates nothing and visits at most one node for each bit of the address.
/// </summary>
/// <remarks>
/// A binary trie with path compression: a node is a network that is in the set, or one where two such part. Nodes lie in one
/// array, 32 bytes each, at most two for each network and two roots; children are indices, -1 for none. IPv4 and IPv6 have a
/// root each, for <c>::/0</c> does not contain the mapped addresses that IPv4 has inside.
/// </remarks>
/// <typeparam name="T">What belongs to a network.</typeparam>
public sealed class NetworkTrie<T>
{
    /// <summary>The trie without networks.</summary>
    public static readonly NetworkTrie<T> Empty = new([], []);

    private readonly NetworkTrieNode[] _nodes;
    private readonly T[] _values;

    internal NetworkTrie(NetworkTrieNode[] nodes, T[] values) => (_nodes, _values) = (nodes, values);

    /// <summary>How many networks there are.</summary>
    public int Count => _values.Length;

    /// <summary>Builds a trie.</summary>
    /// <param name="entries">The networks, in any order.</param>
    /// <param name="merge">Makes one value of two for the same network, the earlier first.</param>
    public static NetworkTrie<T> Build(IEnumerable<(Network Network, T Value)> entries, Func<T, T, T> merge) =>
        NetworkTrieBuilder<T>.Build([.. entries], merge);

    /// <summary>Finds the longest network that contains the client.</summary>
    /// <returns>False when none does.</returns>
    public bool TryMatch(ClientAddress client, out Network network, out T value)
    {
        var best = -1;
        var bits = client.Bits;
        for (var next = _nodes.Length == 0 ? -1 : client.IsIPv4 ? NetworkTrieNode.IPv4Root : NetworkTrieNode.IPv6Root; next >= 0;)
        {
            ref readonly var node = ref _nodes[next];
            if (!node.Contains(bits))
                break;
            if (node.Value >= 0)
                best = next;
            next = node.Length == 128 ? -1 : node.Child(bits);
        }

        if (best < 0)
        {
            network = default;
            value = default!;
            return false;
        }

        ref readonly var found = ref _nodes[best];
        network = Network.Of(ClientAddress.FromBits(found.Bits), client.IsIPv4 ? found.Length - 96 : found.Length);
        value = _values[found.Value];
        return true;
    }
}
