using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Policy;

/// <summary>Accepts connections of policy delegation, on TCP and on unix sockets.</summary>
internal sealed class PolicyConnectionHandler(
    ScreeningHandle screening, PolicyTexts texts, PolicyInstances instances, AddressView addresses, ConnectionLimits limits,
    NodeMetrics metrics, ILogger<PolicyConnectionHandler> log)
    : SessionConnectionHandler(limits, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) =>
        new PolicySession(connection, screening.Screener, texts, instances, addresses, metrics, log);
}
