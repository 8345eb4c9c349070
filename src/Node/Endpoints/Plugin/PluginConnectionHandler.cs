using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Actors.Hosting;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>Accepts connections of the plug-in protocol, on TCP and on unix sockets.</summary>
internal sealed class PluginConnectionHandler(
    ScreeningHandle screening, EndpointSettings settings, ConnectionLimits limits, NodeMetrics metrics, ILogger<PluginConnectionHandler> log)
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
            var session = new PluginSession(connection, screening.Screener, metrics, settings.PerConnection);
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static s => ((PluginSession)s).Heartbeat(), session);
            await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
                .UnsafeRegister(static s => ((PluginSession)s!).Drain(), session) ?? default;
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
