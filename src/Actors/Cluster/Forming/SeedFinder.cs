using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// Turns seeds into the addresses at which nodes are asked: one address for a node, never two. Remoting takes a message only under the one
/// address by which its receiver is known, and a second connection between two systems under another address cuts off the first.
/// <list type="bullet">
/// <item>A node that is itself known by a name asks names as they are written.</item>
/// <item>A node that is known by an address resolves names and asks the addresses of its own family: several are several nodes.</item>
/// </list>
/// A seed that is written as an address is asked as it is.
/// </summary>
internal sealed class SeedFinder(ClusterSystemSetup setup, Address self)
{
    private static readonly TimeSpan ResolveLimit = TimeSpan.FromSeconds(2);

    private readonly SeedProbe _probe = new(setup);
    private readonly IPAddress? _ownAddress = IPAddress.TryParse(setup.Settings.PublicHost, out var own) ? own : null;

    /// <summary>Resolves all seeds and tries which of them accept a connection. Completes within some seconds.</summary>
    /// <param name="isKnown">Addresses that need not be tried, since they answered a moment ago.</param>
    public async Task<SeedsFound> FindAsync(Func<Address, bool> isKnown)
    {
        var seeds = await Task.WhenAll(setup.Settings.Seeds.Select(ResolveAsync)).ConfigureAwait(false);
        var places = seeds.SelectMany(seed => seed.Addresses).Append(self).Distinct().ToImmutableArray();
        var others = places.Where(address => address != self).ToList();
        var tried = await Task.WhenAll(others.Where(address => !isKnown(address)).Select(ProbeAsync)).ConfigureAwait(false);
        var refused = tried.Where(result => result.Fault is not null).ToDictionary(result => result.Address, result => result.Fault!);
        var all = seeds.Where(seed => seed.Fault is not null).Select(seed => (Where: seed.Seed.Host, Fault: seed.Fault!))
            .Concat(refused.Select(result => (Where: result.Key.Endpoint, Fault: result.Value)));
        return new SeedsFound(
            places.Length + seeds.Count(seed => seed.Fault is not null),
            [.. others.Where(address => !refused.ContainsKey(address))],
            all.DistinctBy(fault => fault.Where)
                .ToImmutableSortedDictionary(fault => fault.Where, fault => fault.Fault, StringComparer.Ordinal));
    }

    private async Task<(Seed Seed, ImmutableArray<Address> Addresses, string? Fault)> ResolveAsync(Seed seed)
    {
        if (IPAddress.TryParse(seed.Host, out var literal))
            return (seed, [AddressOf(Write(literal), seed.Port)], null);
        if (_ownAddress is null)
            return (seed, [AddressOf(seed.Host, seed.Port)], null);
        try
        {
            using var limit = new CancellationTokenSource(ResolveLimit, setup.Time);
            var found = await setup.Resolve(seed.Host, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            ImmutableArray<Address> usable =
                [.. found.Where(address => FamilyOf(address) == FamilyOf(_ownAddress))
                    .Select(address => AddressOf(Write(address), seed.Port)).Distinct()];
            return (seed, usable, usable.IsEmpty ? $"the name has no address of the family of this node's own, {_ownAddress}" : null);
        }
        catch (OperationCanceledException)
        {
            return (seed, [], "the name could not be resolved in time");
        }
        catch (Exception fault)
        {
            // Whatever a resolver throws, the other seeds are asked all the same.
            return (seed, [], fault.Message);
        }
    }

    private async Task<(Address Address, string? Fault)> ProbeAsync(Address address) =>
        (address, await _probe.TryAsync(address).ConfigureAwait(false));

    private Address AddressOf(string host, int port) => self.WithHost(host).WithPort(port);

    private static AddressFamily FamilyOf(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : address.AddressFamily;

    // As Akka writes the address of a node that is known by it.
    private static string Write(IPAddress address) =>
        FamilyOf(address) == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.MapToIPv4().ToString();
}

/// <summary>What the seeds stand for at the moment.</summary>
/// <param name="Places">Different nodes, this one included, and one for each seed that could not be resolved.</param>
/// <param name="Reachable">Addresses of others that accept connections.</param>
/// <param name="Faults">Why others cannot be asked, by name or HOST:PORT.</param>
internal sealed record SeedsFound(int Places, ImmutableArray<Address> Reachable, ImmutableSortedDictionary<string, string> Faults)
{
    public static readonly SeedsFound Nothing = new(1, [], ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));
}
