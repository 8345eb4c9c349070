using Akka.Actor;
using Akka.Cluster;

namespace Screening.Actors.Cluster.Forming;

/// <summary>Names and clocks of other nodes, as they told them. Holds no more nodes than it is told to keep.</summary>
internal sealed class Peers(TimeSpan tolerance)
{
    private readonly SortedDictionary<Address, (string Node, TimeSpan Ahead)> _known = new(Member.AddressOrdering);

    /// <summary>Clocks that differ by more than the tolerance, for the operator.</summary>
    public IEnumerable<string> Warnings => _known.Values.Where(peer => IsOff(peer.Ahead)).Select(peer => Describe(peer.Node, peer.Ahead));

    /// <summary>The node's name; empty if it is not known.</summary>
    public string NameOf(Address address) => _known.TryGetValue(address, out var peer) ? peer.Node : "";

    /// <summary>The node for operators: its name with its address, or the address alone.</summary>
    public string LabelOf(Address address) => NameOf(address) is { Length: > 0 } name ? $"{name} ({address.Endpoint})" : address.Endpoint;

    /// <summary>Learns a node's name and clock.</summary>
    /// <param name="ahead">By how much its clock is ahead of this node's; negative: behind.</param>
    /// <returns>A warning that has not been given before; null: none.</returns>
    public string? Apply(NodeIdentity peer, TimeSpan ahead)
    {
        var isNew = IsOff(ahead) && !(_known.TryGetValue(peer.Address, out var last) && IsOff(last.Ahead));
        _known[peer.Address] = (peer.Node, ahead);
        return isNew ? Describe(peer.Node, ahead) : null;
    }

    /// <summary>Forgets all others.</summary>
    public void Keep(Func<Address, bool> wanted)
    {
        foreach (var gone in _known.Keys.Where(address => !wanted(address)).ToList())
            _known.Remove(gone);
    }

    private static string Describe(string node, TimeSpan ahead) => FormattableString.Invariant(
        $"the clock of {node} is {ahead.Duration().TotalSeconds:0.0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} this node's");

    private bool IsOff(TimeSpan ahead) => ahead.Duration() > tolerance;
}
