using System.Net;

namespace Screening.Node.Sources.Dns;

/// <summary>How a resolver is asked.</summary>
public sealed record DnsTransportSettings
{
    /// <summary>Resolvers in order of preference; empty takes those of <see cref="ResolvConf"/>.</summary>
    public IReadOnlyList<IPEndPoint> Resolvers { get; init; } = [];

    /// <summary>The system's list of resolvers, resolv.conf(5).</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>Sockets, and so random source ports, per resolver.</summary>
    public int SocketsPerResolver { get; init; } = 8;

    /// <summary>Queries in flight; more are refused at once. At most 65,536 times <see cref="SocketsPerResolver"/>, halved.</summary>
    public int MaxInFlight { get; init; } = 20_000;

    /// <summary>Connections open at once for answers that do not fit a datagram.</summary>
    public int MaxTcp { get; init; } = 64;
}
