using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The revocations of a bucket that still refuse what comes late. Those over a client are found in time proportional to the number of
/// prefix lengths among them, however many there are.
/// </summary>
/// <remarks>
/// A revocation has to outlive what it took back. A screening that began before it ends later, a node that was cut off still holds the
/// pass, and an export may be imported weeks afterwards: a tombstone is kept for as long as any entry may live (<c>cache.max_life</c>).
/// <para/>
/// Invariant: there is one for a network, and none inside another of the same or a later number, which refuses all that it would.
/// </remarks>
internal sealed class Tombstones
{
    /// <summary>Beyond it the oldest twentieth leaves.</summary>
    public const int Max = 10_000;

    private readonly Dictionary<Network, Tombstone> _all = [];
    private int[] _lengthsIPv4 = [];
    private int[] _lengthsIPv6 = [];

    public int Count => _all.Count;

    public IEnumerable<Tombstone> All => _all.Values;

    public void Add(IEnumerable<Tombstone> tombstones)
    {
        foreach (var tombstone in tombstones)
        {
            if (!_all.TryGetValue(tombstone.Network, out var known) || known.Sequence < tombstone.Sequence)
                _all[tombstone.Network] = tombstone;
        }

        NoteLengths();
        RemoveWhere(IsInsideAnother);
        if (_all.Count <= Max)
            return;
        var leaving = _all.Values.OrderBy(t => t.Sequence).Take(_all.Count - Max + (Max / 20)).ToHashSet();
        RemoveWhere(leaving.Contains);
    }

    public void RemoveWhere(Func<Tombstone, bool> isMeant)
    {
        var removed = _all.Values.Where(isMeant).ToList();
        foreach (var tombstone in removed)
            _all.Remove(tombstone.Network);
        if (removed.Count > 0)
            NoteLengths();
    }

    /// <summary>The highest number and the latest time among those that hold all of a network; (0, lowest) if there is none.</summary>
    public (long Sequence, long MadeMs) Over(Network network)
    {
        var (sequence, made) = (0L, long.MinValue);
        foreach (var length in network.Address.IsIPv4 ? _lengthsIPv4 : _lengthsIPv6)
        {
            if (length > network.PrefixLength)
                break;
            if (_all.TryGetValue(Network.Of(network.Address, length), out var tombstone))
                (sequence, made) = (Math.Max(sequence, tombstone.Sequence), Math.Max(made, tombstone.MadeMs));
        }

        return (sequence, made);
    }

    private bool IsInsideAnother(Tombstone tombstone)
    {
        var (address, length) = (tombstone.Network.Address, tombstone.Network.PrefixLength);
        return length > 0 && Over(Network.Of(address, length - 1)).Sequence >= tombstone.Sequence;
    }

    private void NoteLengths()
    {
        _lengthsIPv4 = LengthsOf(isIPv4: true);
        _lengthsIPv6 = LengthsOf(isIPv4: false);
    }

    private int[] LengthsOf(bool isIPv4) =>
        [.. _all.Keys.Where(n => n.Address.IsIPv4 == isIPv4).Select(n => n.PrefixLength).Distinct().Order()];
}
