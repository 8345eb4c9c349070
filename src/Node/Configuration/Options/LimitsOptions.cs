namespace Screening.Node.Configuration;

/// <summary>Limits on the resources that peers can use.</summary>
internal sealed record LimitsOptions
{
    [Setting("queries being screened at once; above it the default answer goes out at once", Postfix = "`postscreen_pre_queue_limit`")]
    [Between(1)]
    public int InFlight { get; init; } = 20_000;

    [Setting("the same for one plug-in connection")]
    [Between(1)]
    public int PerConnection { get; init; } = 4096;

    [Setting("connections of one door, TCP, unix sockets and HTTP; above it further ones are closed", Postfix = "`default_process_limit`")]
    [Between(1)]
    public int Connections { get; init; } = 10_000;

    [Setting("TCP connections of one address to one door, HTTP too; further ones are closed",
        Postfix = "`postscreen_client_connection_count_limit`")]
    [Between(1)]
    public int ConnectionsPerAddress { get; init; } = 1000;
}
