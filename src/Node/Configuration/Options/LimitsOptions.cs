namespace Screening.Node.Configuration;

/// <summary>Bounds on what peers can make this node hold. <c>[limits]</c></summary>
internal sealed record LimitsOptions
{
    /// <summary>Clients being screened at once; over it the default answer goes out. At least 1 (postscreen_pre_queue_limit).</summary>
    [Between(1, int.MaxValue)]
    public int InFlight { get; init; } = 20_000;

    /// <summary>Requests of one connection without an answer yet. At least 1.</summary>
    [Between(1, int.MaxValue)]
    public int PerConnection { get; init; } = 4096;

    /// <summary>
    /// Connections of each door, from all addresses and on unix sockets. From three quarters on a new one takes the place of the one that has
    /// been idle longest. At least 1 (default_process_limit).
    /// </summary>
    [Between(1, int.MaxValue)]
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections from one address, to each door. At least 1 (postscreen_client_connection_count_limit).</summary>
    [Between(1, int.MaxValue)]
    public int ConnectionsPerAddress { get; init; } = 1000;
}
