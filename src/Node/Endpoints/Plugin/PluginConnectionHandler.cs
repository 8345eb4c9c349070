using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>Accepts connections of the plug-in protocol, on TCP and on unix sockets.</summary>
internal sealed class PluginConnectionHandler(
    ScreeningHandle screening, EndpointSettings settings, ConnectionLimits limits, NodeMetrics metrics, ILogger<PluginConnectionHandler> log)
    : SessionConnectionHandler(limits, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) =>
        new PluginSession(connection, screening.Screener, metrics, settings.PerConnection);
}
