using System.Collections.Immutable;
using System.Net.NetworkInformation;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Http;

/// <summary>The addresses that belong to this node.</summary>
/// <param name="Find">Finds them anew; those of interfaces may change.</param>
internal sealed record OwnAddresses(Func<IReadOnlyList<Network>> Find)
{
    private static readonly Network LoopbackIPv4 = Network.Of(ClientAddress.FromIPv4(0x7f000000), 8);
    private static readonly Network LoopbackIPv6 = Network.Of(ClientAddress.FromBits(1));

    /// <summary>Those of this host's interfaces, those that the configuration names, and loopback.</summary>
    public static OwnAddresses Of(ScreeningOptions options)
    {
        var endpoints = options.Endpoints;
        string[] hosts =
        [
            options.Cluster.Listen.Host, options.Cluster.Advertise?.Host ?? "",
            .. new[] { endpoints.Plugin, endpoints.Policy, endpoints.Dnsbl, endpoints.Memcache, endpoints.Dnsblog, endpoints.Http }
                .SelectMany(addresses => addresses).Select(address => address.Host),
        ];
        Network[] named = [LoopbackIPv4, LoopbackIPv6, .. hosts.Select(AddressOf).OfType<Network>()];
        return new OwnAddresses(() => [.. named, .. OfInterfaces()]);
    }

    // A wildcard is not an address, and the addresses of a name are found among the interfaces.
    private static Network? AddressOf(string host) =>
        ClientAddress.TryParse(host, out var address) && (address.IsIPv4 ? address.IPv4Bits != 0 : address.Bits != 0)
            ? Network.Of(address)
            : null;

    private static IEnumerable<Network> OfInterfaces()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Select(unicast => Network.Of(ClientAddress.From(unicast.Address)))];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }
}

/// <summary>
/// Knows the networks that an operator is likely to have mistyped: so large that a change reaches much of the world, or with this node's
/// own address in them. A change of such a network has to be confirmed, whichever way it comes in.
/// </summary>
internal sealed class ReachGuard(OwnAddresses own)
{
    private const int LargestIPv4 = 8;
    private const int LargestIPv6 = 16;

    /// <summary>The parameter that confirms a change.</summary>
    public const string Confirmation = "yes";

    /// <summary>
    /// Why changes of these networks have to be confirmed, at most <paramref name="limit"/> reasons; none: they need not.
    /// </summary>
    public ImmutableArray<string> DoubtsOf(IEnumerable<Network> networks, int limit = 20)
    {
        var addresses = own.Find();
        return [.. networks.Select(network => DoubtOf(network, addresses)).OfType<string>().Take(limit)];
    }

    private static string? DoubtOf(Network network, IReadOnlyList<Network> addresses)
    {
        var largest = network.Address.IsIPv4 ? LargestIPv4 : LargestIPv6;
        if (network.PrefixLength < largest)
            return $"{network} is larger than /{largest}";
        foreach (var address in addresses)
        {
            if (network.Contains(address) || address.Contains(network))
                return $"{network} holds an address of this node, {CacheLine.TextOf(address)}";
        }

        return null;
    }
}
