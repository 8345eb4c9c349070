namespace Screening.Node.Endpoints;

/// <summary>What the listeners need to know of the configuration.</summary>
/// <param name="PerConnection">Queries in flight on one connection; further ones get the default at once (limits.per_connection).</param>
/// <param name="ZoneName">The name of our own DNSBL (dnsbl_zone.name).</param>
/// <param name="FailTtlSeconds">How long a refusal told as a DNS answer holds.</param>
internal sealed record EndpointSettings(int PerConnection, string ZoneName, int FailTtlSeconds);
