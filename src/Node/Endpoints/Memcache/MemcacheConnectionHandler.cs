using Microsoft.AspNetCore.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>Serves connections of postscreen's memcache client, on TCP and on unix sockets.</summary>
internal sealed class MemcacheConnectionHandler(
    MemcacheTable table, NodeMetrics metrics, TimeProvider time, ILogger<MemcacheConnectionHandler> log)
    : SessionConnectionHandler(Door.Memcache, time, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) =>
        new MemcacheSession(connection, table, metrics);
}
