using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Access;

/// <summary>
/// Builds a <see cref="NetworkTrie{T}"/> in one pass over the sorted networks: sorted, each network stands behind those that
/// contain it, so only the path to the last one can still get children.
/// </summary>
internal sealed class NetworkTrieBuilder<T>
{
    private readonly List<NetworkTrieNode> _nodes = [];
    private readonly Stack<int> _path = new();

    public static NetworkTrie<T> Build((Network Network, T Value)[] entries, Func<T, T, T> merge)
    {
        if (entries.Length == 0)
            return NetworkTrie<T>.Empty;
        var order = Enumerable.Range(0, entries.Length).ToArray();
        Array.Sort(order, (left, right) => Compare(entries[left].Network, entries[right].Network) is var sign and not 0
            ? sign
            : left.CompareTo(right));

        var builder = new NetworkTrieBuilder<T>();
        builder._nodes.Add(new NetworkTrieNode(ClientAddress.FromIPv4(0).Bits, 96, -1));
        builder._nodes.Add(new NetworkTrieNode(0, 0, -1));
        var values = new List<T>(entries.Length);
        Network? last = null;
        foreach (var index in order)
        {
            var (network, value) = entries[index];
            if (network == last)
            {
                values[^1] = merge(values[^1], value);
                continue;
            }

            builder.Add(network, values.Count);
            values.Add(value);
            last = network;
        }

        return new NetworkTrie<T>([.. builder._nodes], [.. values]);
    }

    private static int Compare(Network left, Network right)
    {
        var family = right.Address.IsIPv4.CompareTo(left.Address.IsIPv4);
        if (family != 0)
            return family;
        var address = left.Address.CompareTo(right.Address);
        return address != 0 ? address : left.PrefixLength.CompareTo(right.PrefixLength);
    }

    private void Add(Network network, int value)
    {
        var bits = network.Address.Bits;
        var length = network.PrefixLength + (128 - network.Address.BitLength);
        var root = network.Address.IsIPv4 ? NetworkTrieNode.IPv4Root : NetworkTrieNode.IPv6Root;

        var left = -1;
        while (_path.TryPeek(out var last) && !_nodes[last].Contains(bits))
            left = _path.Pop();
        if (_path.Count == 0)
        {
            // The first of its family: all there was belongs to the other.
            left = -1;
            _path.Push(root);
        }

        var parent = _path.Peek();
        if (left >= 0)
            parent = Fork(parent, left, bits);
        if (_nodes[parent].Length == length)
        {
            // Only a root can be there already: forks end before the network that makes them.
            _nodes[parent] = _nodes[parent].WithValue(value);
            return;
        }

        _nodes.Add(new NetworkTrieNode(bits, length, value));
        Attach(parent, bits, _nodes.Count - 1);
        _path.Push(_nodes.Count - 1);
    }

    // The node under which both the child just left and the new bits hang: the parent, if they part at its own bit.
    private int Fork(int parent, int child, UInt128 bits)
    {
        var childBits = _nodes[child].Bits;
        var common = (int)UInt128.LeadingZeroCount(childBits ^ bits);
        if (common == _nodes[parent].Length)
            return parent;
        var masked = bits & (UInt128.MaxValue << (128 - common));
        _nodes.Add(new NetworkTrieNode(masked, common, -1));
        var fork = _nodes.Count - 1;
        Attach(fork, childBits, child);
        Attach(parent, bits, fork);
        _path.Push(fork);
        return fork;
    }

    private void Attach(int parent, UInt128 bits, int child)
    {
        var node = _nodes[parent];
        node.SetChild(bits, child);
        _nodes[parent] = node;
    }
}
