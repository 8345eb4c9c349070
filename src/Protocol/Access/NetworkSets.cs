using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Access;

/// <summary>Sets of addresses of one family, as disjoint networks. Of two networks one contains the other, or they share nothing.</summary>
internal static class NetworkSets
{
    /// <summary>All addresses of the network's family that are not in it: at each of its bits, the other branch.</summary>
    public static ImmutableArray<Network> Complement(Network network)
    {
        var rest = ImmutableArray.CreateBuilder<Network>(network.PrefixLength);
        for (var length = 1; length <= network.PrefixLength; length++)
        {
            var bit = UInt128.One << (network.Address.BitLength - length);
            var sibling = ClientAddress.FromBits((network.Address.Bits ^ bit) & ~(bit - 1));

            // ::ffff:0:0/96, next to ::fffe:0:0/96, holds the IPv4 addresses: another family.
            if (sibling.IsIPv4 == network.Address.IsIPv4)
                rest.Add(Network.Of(sibling, length));
        }

        return rest.DrainToImmutable();
    }

    /// <summary>All addresses that are in both.</summary>
    public static ImmutableArray<Network> Intersect(ImmutableArray<Network> left, ImmutableArray<Network> right)
    {
        var both = ImmutableArray.CreateBuilder<Network>();
        foreach (var one in left)
        {
            foreach (var other in right)
            {
                if (one.Contains(other))
                    both.Add(other);
                else if (other.Contains(one))
                    both.Add(one);
            }
        }

        return both.DrainToImmutable();
    }
}
