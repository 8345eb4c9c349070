using Microsoft.AspNetCore.Connections;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>Accepts connections of postscreen's memcache client, on TCP and on unix sockets.</summary>
internal sealed class MemcacheConnectionHandler(
    MemcacheTable table, ConnectionLimits limits, NodeMetrics metrics, ILogger<MemcacheConnectionHandler> log)
    : SessionConnectionHandler(limits, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) =>
        new MemcacheSession(connection, table, metrics);
}
