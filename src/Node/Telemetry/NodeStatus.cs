using System.Collections.Immutable;
using System.Reflection;
using Screening.Actors.Checks;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Whitelist;
using Screening.Node.Api;
using Screening.Node.Supervision;

namespace Screening.Node.Telemetry;

/// <summary>The node's own state, for <c>status</c> and readiness.</summary>
internal sealed class NodeStatus(string node, ScreeningHandle screening, Ladder ladder, ReloadState reload, Drain drain)
{
    private volatile IReadOnlyList<OpenEndpoint> _endpoints = [];

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(NodeStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The node's name.</summary>
    public string Node { get; } = node;

    /// <summary>True once the endpoints answer, and until load balancers are to send no more clients.</summary>
    public bool IsReady => _endpoints.Count > 0 && !IsDraining;

    /// <summary>True from the start of a drain, or of a stop, on.</summary>
    public bool IsDraining => drain.Since is not null;

    /// <summary>The listeners, once they are open; empty again while the node drains.</summary>
    public IReadOnlyList<OpenEndpoint> Endpoints
    {
        get => _endpoints;
        set => _endpoints = value;
    }

    /// <summary>The status as it is now. The fleet is asked what it holds.</summary>
    public async Task<StatusDocument> ReadAsync()
    {
        var fleet = screening.Fleet ?? throw new InvalidOperationException("a node has a whitelist, if only its own");
        var holdings = await fleet.AskTotalsAsync().ConfigureAwait(false);
        var degraded = ladder.Now();
        return new StatusDocument(
            1, Node, Version, degraded.Select(d => d.Rung).DefaultIfEmpty(0).Max(),
            [.. degraded.Select(d => new DegradedPart(d.What, d.Since, d.Rung))],
            new ConfigStatus(reload.File, reload.Loaded, reload.FailedSince, [.. reload.Faults], [.. reload.RestartNeeded]),
            [.. _endpoints], ClusterOf(fleet, holdings),
            new GrantsStatus(fleet.Grants.IsConfirmed, Math.Round(fleet.Grants.UnconfirmedFor.TotalSeconds, 1)),
            new StoreStatus(fleet.StoreProvider, fleet.Meter.Store.IsOk, fleet.Meter.Queued, fleet.Meter.Dropped, fleet.Meter.Journaled),
            new CacheStatus(
                screening.NearCache.Count, holdings.Entries, fleet.Meter.Entries, fleet.Grants.Count(GrantKind.Grant),
                fleet.Grants.Count(GrantKind.Ban)),
            screening.Screener.InFlight, Checks());
    }

    private static ClusterStatus ClusterOf(WhitelistRunner fleet, WhitelistTotals holdings)
    {
        var (cluster, caches) = (fleet.Cluster, fleet.Caches);
        return new ClusterStatus(
            cluster.State.Word(), [.. cluster.Members.Select(m => new MemberStatus(m.Node, m.Address, [.. m.Roles], m.State))],
            caches.Expected, Math.Max(0, caches.Expected - caches.Up), holdings.Shards, fleet.Meter.Shards, WhitelistLayout.Buckets,
            holdings.Recovering);
    }

    private ImmutableArray<CheckStatus> Checks() =>
    [
        .. screening.Checks.Health.OrderByDescending(c => c.Kind, StringComparer.Ordinal).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => new CheckStatus(c.Name, c.Kind, c.State.Word(), c.Reason, c.Since)),
    ];
}
