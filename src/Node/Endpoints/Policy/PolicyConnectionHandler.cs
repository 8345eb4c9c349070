using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>Serves connections of policy delegation, on TCP and on unix sockets.</summary>
internal sealed class PolicyConnectionHandler(
    ScreeningHandle screening, PolicyTexts texts, PolicyInstances instances, AddressView addresses, NodeMetrics metrics,
    TimeProvider time, ILogger<PolicyConnectionHandler> log)
    : SessionConnectionHandler(Door.Policy, time, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) =>
        new PolicySession(connection, screening.Screener, texts, instances, addresses, metrics, log);
}
