using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>Serves connections of the plug-in protocol, on TCP and on unix sockets.</summary>
internal sealed class PluginConnectionHandler(
    ScreeningHandle screening, EndpointSettings settings, NodeMetrics metrics, TimeProvider time, ILogger<PluginConnectionHandler> log)
    : SessionConnectionHandler(Door.Plugin, time, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) =>
        new PluginSession(connection, screening.Screener, metrics, settings.PerConnection);
}
