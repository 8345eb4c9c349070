using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>When clients' addresses count as lost: the table <c>[clients]</c>.</summary>
public sealed record ClientWatchSettings
{
    /// <summary>Verdicts are suspended from this share of queries on, percent, 1..100; 0: never.</summary>
    public int SuspendShare { get; init; } = 60;

    /// <summary>Fewer queries than this say nothing; at least 1.</summary>
    public int SuspendMin { get; init; } = 60;

    /// <summary>The time in which queries are counted; above zero.</summary>
    public TimeSpan SuspendWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Addresses of proxies and load balancers that are not private.</summary>
    public ImmutableArray<Network> Proxies { get; init; } = [];
}
