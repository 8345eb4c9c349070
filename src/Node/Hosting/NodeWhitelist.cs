using System.Collections.Immutable;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting;

/// <summary>The whitelist of this node's fleet, for parts that are built before the actors start.</summary>
internal sealed class NodeWhitelist(ScreeningHandle screening) : IWhitelistAdmin
{
    private IWhitelistAdmin Fleet => screening.Fleet?.Whitelist ?? throw new WhitelistUnavailableException("this node has no fleet");

    public Task<WhitelistChange> SetAsync(
        GrantKind kind, Network network, TimeSpan life, string author, string reason, CancellationToken cancellation) =>
        Fleet.SetAsync(kind, network, life, author, reason, cancellation);

    public Task<WhitelistChange> ForgetAsync(Network network, CancellationToken cancellation) => Fleet.ForgetAsync(network, cancellation);

    public Task<ImmutableArray<WhitelistLine>> ShowAsync(ClientAddress client, CancellationToken cancellation) =>
        Fleet.ShowAsync(client, cancellation);

    public Task<WhitelistPage> ListAsync(Network? within, string? after, int limit, CancellationToken cancellation) =>
        Fleet.ListAsync(within, after, limit, cancellation);

    public Task<WhitelistChange> ImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation) =>
        Fleet.ImportAsync(lines, cancellation);

    public Task<WhitelistCount> CountAsync(Network network, CancellationToken cancellation) => Fleet.CountAsync(network, cancellation);

    public Task<int> CountImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation) =>
        Fleet.CountImportAsync(lines, cancellation);
}
