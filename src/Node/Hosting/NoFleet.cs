using System.Collections.Immutable;
using Screening.Actors.Fleet;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting;

/// <summary>The whitelist of a node that is in no cluster: there is none.</summary>
internal sealed class NoFleet : IFleetWhitelist
{
    private static FleetUnavailableException NotRunning => new("the cluster system is not running");

    public Task<WhitelistChange> SetRuleAsync(
        RuleKind kind, Network network, TimeSpan life, string author, string reason, CancellationToken cancellation) => throw NotRunning;

    public Task<WhitelistChange> ForgetAsync(Network network, CancellationToken cancellation) => throw NotRunning;

    public Task<ImmutableArray<WhitelistLine>> ShowAsync(ClientAddress client, CancellationToken cancellation) => throw NotRunning;

    public Task<WhitelistPage> ListAsync(Network? within, string? after, int limit, CancellationToken cancellation) => throw NotRunning;

    public Task<WhitelistChange> ImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation) => throw NotRunning;
}
