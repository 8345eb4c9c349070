using System.Net.NetworkInformation;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// The peers that may connect to an endpoint without <c>?allow=</c>: those on loopback, in private networks, and in the networks that this
/// host's interfaces are on.
/// </summary>
/// <remarks>
/// Interfaces come and go. They are read again when a peer is in none of the networks, at most once in <see cref="ReadAgainAfter"/>: so a
/// peer on a new network waits no longer than that, and a flood of strangers costs one reading in that time.
/// </remarks>
/// <param name="readInterfaces">Reads the networks that this host's interfaces are on.</param>
internal sealed class NearbyNetworks(Func<IReadOnlyList<Network>> readInterfaces, TimeProvider time)
{
    /// <summary>How long networks that were read are relied on.</summary>
    public static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(10);

    // Loopback; RFC 1918; RFC 6598 (carrier-grade NAT); RFC 3927 and RFC 4291 section 2.5.6 (link-local); RFC 4193 (unique local).
    private static readonly Network[] Private =
    [
        .. new[]
        {
            ("127.0.0.0", 8), ("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("100.64.0.0", 10), ("169.254.0.0", 16),
            ("::1", 128), ("fe80::", 10), ("fc00::", 7),
        }.Select(network => Network.Of(ClientAddress.Parse(network.Item1), network.Item2)),
    ];

    private readonly Lock _reading = new();
    private volatile IReadOnlyList<Network> _ofInterfaces = [];
    private long? _readAt;

    /// <summary>True if the peer is near.</summary>
    public bool Contains(ClientAddress peer)
    {
        if (IsIn(Private, peer) || IsIn(_ofInterfaces, peer))
            return true;
        lock (_reading)
        {
            if (_readAt is { } at && time.GetElapsedTime(at) < ReadAgainAfter)
                return IsIn(_ofInterfaces, peer);
            _ofInterfaces = readInterfaces();
            _readAt = time.GetTimestamp();
        }

        return IsIn(_ofInterfaces, peer);
    }

    /// <summary>The networks that this host's interfaces are on now; none if the system does not tell.</summary>
    public static IReadOnlyList<Network> OfInterfaces()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                    .Select(unicast => Network.Of(ClientAddress.From(unicast.Address), unicast.PrefixLength)),
            ];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private static bool IsIn(IReadOnlyList<Network> networks, ClientAddress peer)
    {
        // For each datagram: an enumerator would be an object.
        for (var i = 0; i < networks.Count; i++)
        {
            if (networks[i].Contains(peer))
                return true;
        }

        return false;
    }
}
