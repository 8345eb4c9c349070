using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>Accepts connections of postscreen's memcache client, on TCP and on unix sockets.</summary>
internal sealed class MemcacheConnectionHandler(
    MemcacheTable table, ConnectionLimits limits, NodeMetrics metrics, ILogger<MemcacheConnectionHandler> log)
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
            var session = new MemcacheSession(connection, table, metrics);
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static s => ((MemcacheSession)s).Heartbeat(), session);
            await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
                .UnsafeRegister(static s => ((MemcacheSession)s!).Drain(), session) ?? default;
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
