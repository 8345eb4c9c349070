using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Endpoints.Dnsbl;
using Screening.Node.Endpoints.Dnsblog;
using Screening.Node.Endpoints.Memcache;
using Screening.Node.Endpoints.Plugin;
using Screening.Node.Endpoints.Policy;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints;

/// <summary>
/// Which session serves the connections of which door. HTTP is Kestrel's own, and the DNSBL zone over UDP has no connections.
/// </summary>
internal sealed class Doors(
    ScreeningHandle screening, EndpointSettings settings, PolicyAnswers policy, MemcacheTable memcache, DnsblZone zone,
    VerdictZoneAnswers verdicts, NodeMetrics metrics)
{
    /// <summary>Serves a connection until it ends.</summary>
    public Task ServeAsync(Door door, ConnectionContext connection) => ConnectionPump.RunAsync(connection, Open(door, connection));

    private IConnectionSession Open(Door door, ConnectionContext connection) => door switch
    {
        Door.Plugin => new PluginSession(connection, screening.Screener, metrics, settings.PerConnection),
        Door.Policy => new PolicySession(connection, policy, metrics),
        Door.Dnsbl => new DnsblSession(connection, zone, settings.PerConnection),
        Door.Dnsblog => new DnsblogSession(connection, screening, verdicts, metrics),
        Door.Memcache => new MemcacheSession(connection, memcache, metrics),
        _ => throw new ArgumentOutOfRangeException(nameof(door), door, "has no sessions"),
    };
}
