using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>When clients' addresses count as lost behind a NAT or a load balancer.</summary>
internal sealed record ClientsOptions
{
    [Setting("verdicts about private and proxy addresses are suspended when a few such addresses, each with 10 queries or more, have this"
        + " share of all queries", Unit = "percent")]
    [Between(1, 100, ZeroIsOff = true)]
    public int SuspendShare { get; init; } = 60;

    [Setting("fewer queries than this suspend nothing")]
    [Between(1)]
    public int SuspendMin { get; init; } = 60;

    [Setting("the time in which they are counted")]
    [Between("1s", "1h")]
    public TimeSpan SuspendWindow { get; init; } = TimeSpan.FromMinutes(1);

    [Setting("addresses of proxies and load balancers that are not private", Range = "networks")]
    public ImmutableArray<Network> Proxies { get; init; } = [];
}
