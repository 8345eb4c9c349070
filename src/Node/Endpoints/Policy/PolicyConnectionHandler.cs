using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Actors.Hosting;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Policy;

/// <summary>Accepts connections of policy delegation, on TCP and on unix sockets.</summary>
internal sealed class PolicyConnectionHandler(
    ScreeningHandle screening, PolicyTexts texts, PolicyInstances instances, ConnectionLimits limits, NodeMetrics metrics,
    ILogger<PolicyConnectionHandler> log)
    : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (!limits.TryEnter(connection))
        {
            log.TooManyConnections(connection.RemoteEndPoint?.ToString() ?? "unix");
            return;
        }

        try
        {
            var session = new PolicySession(connection, screening.Screener, texts, instances, metrics, log);
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static s => ((PolicySession)s).Heartbeat(), session);
            await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
                .UnsafeRegister(static s => ((PolicySession)s!).Drain(), session) ?? default;
            await session.RunAsync().ConfigureAwait(false);
            if (session.Fault is { } fault)
                log.FramingLost(connection.RemoteEndPoint?.ToString() ?? "unix", fault);
        }
        finally
        {
            limits.Leave(connection);
        }
    }
}
