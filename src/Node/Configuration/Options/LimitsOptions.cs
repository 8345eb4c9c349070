namespace Screening.Node.Configuration;

/// <summary>Limits on the resources that peers can use. <c>[limits]</c></summary>
internal sealed record LimitsOptions
{
    /// <summary>
    /// Clients that are screened at the same time; beyond it the default answer is sent. At least 1 (postscreen_pre_queue_limit).
    /// </summary>
    [Between(1, int.MaxValue)]
    public int InFlight { get; init; } = 20_000;

    /// <summary>Unanswered requests of one connection. At least 1.</summary>
    [Between(1, int.MaxValue)]
    public int PerConnection { get; init; } = 4096;

    /// <summary>
    /// Connections of each door, from all addresses and on unix sockets. When three quarters are in use, each new one replaces the one that
    /// has been idle longest. At least 1 (default_process_limit).
    /// </summary>
    [Between(1, int.MaxValue)]
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections from one address, to each door. At least 1 (postscreen_client_connection_count_limit).</summary>
    [Between(1, int.MaxValue)]
    public int ConnectionsPerAddress { get; init; } = 1000;
}
