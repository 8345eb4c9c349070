using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints;

/// <summary>Accepts a door's connections, within the limits, and runs a <see cref="ConnectionSession"/> on each.</summary>
internal abstract class SessionConnectionHandler(ConnectionLimits limits, ILogger log) : ConnectionHandler
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
            var session = Open(connection);
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static s => ((ConnectionSession)s).Heartbeat(), session);
            await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
                .UnsafeRegister(static s => ((ConnectionSession)s!).Drain(), session) ?? default;
            await session.RunAsync().ConfigureAwait(false);
            if (session.Fault is { } fault)
                log.FramingLost(connection.RemoteEndPoint?.ToString() ?? "unix", fault);
        }
        finally
        {
            limits.Leave(connection);
        }
    }

    /// <summary>The session of a new connection.</summary>
    protected abstract ConnectionSession Open(ConnectionContext connection);
}
