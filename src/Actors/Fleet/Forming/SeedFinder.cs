using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace Screening.Actors.Fleet.Forming;

/// <summary>
/// Where to ask for other nodes. A name may stand for one node that is known by this name, or for several that are known by their addresses,
/// and remoting takes a message only under the address by which its receiver is known. So names are asked one way and the other in turn,
/// beginning with the one by which this node is known itself, until one is answered.
/// </summary>
internal sealed class SeedFinder(FleetHostSetup setup, Address self)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Dictionary<FleetSeed, bool> _byName = [];
    private int _rounds;
    private bool _next = !IPAddress.TryParse(setup.Settings.PublicHost, out _);

    /// <summary>True once names have been asked both ways; before that, silence says nothing.</summary>
    public bool HasAskedAll => _rounds > 1 || setup.Settings.Seeds.All(seed => IPAddress.TryParse(seed.Host, out _));

    /// <summary>Addresses in the order of seeds, and those of one name in order of address. The same on all nodes that see the same.</summary>
    public async Task<ImmutableArray<SeedPlace>> FindAsync()
    {
        _rounds++;
        var byName = _next;
        _next = !_next;
        var known = setup.Settings.Seeds.ToDictionary(seed => seed, seed => _byName.GetValueOrDefault(seed, byName));
        var places = await Task.WhenAll(setup.Settings.Seeds.Select(seed => FindAsync(seed, known[seed]))).ConfigureAwait(false);
        return [.. places.SelectMany(place => place).DistinctBy(place => place.Address)];
    }

    /// <summary>Somebody answered there.</summary>
    public void Answered(SeedPlace place) => _byName[place.Seed] = place.ByName;

    private async Task<IEnumerable<SeedPlace>> FindAsync(FleetSeed seed, bool byName)
    {
        SeedPlace Place(string host, bool named) => new(seed, named, self.WithHost(host).WithPort(seed.Port));

        if (IPAddress.TryParse(seed.Host, out var literal))
        {
            return [Place(Write(literal), true)];
        }

        if (byName)
        {
            return [Place(seed.Host, true)];
        }

        try
        {
            using var limit = new CancellationTokenSource(Limit, setup.Time);
            var found = await setup.Resolve(seed.Host, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            return found.Select(Write).Distinct().Order(StringComparer.Ordinal).Select(host => Place(host, false));
        }
        catch (Exception e) when (e is SocketException or ArgumentException or OperationCanceledException)
        {
            return [];
        }
    }

    private static string Write(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 ? $"[{address}]" : address.MapToIPv4().ToString();
}

/// <summary>Where a seed may be.</summary>
internal sealed record SeedPlace(FleetSeed Seed, bool ByName, Address Address);
