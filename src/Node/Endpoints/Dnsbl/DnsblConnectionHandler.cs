using Microsoft.AspNetCore.Connections;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>Serves our zone over TCP.</summary>
internal sealed class DnsblConnectionHandler(
    DnsblZone zone, EndpointSettings settings, TimeProvider time, ILogger<DnsblConnectionHandler> log)
    : SessionConnectionHandler(Door.Dnsbl, time, log)
{
    protected override ConnectionSession Open(ConnectionContext connection) => new DnsblSession(connection, zone, settings.PerConnection);
}
