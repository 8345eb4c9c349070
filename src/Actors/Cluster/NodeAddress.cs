using Akka.Actor;

namespace Screening.Actors.Cluster;

/// <summary>How addresses of nodes are written for operators: as they write them in the settings.</summary>
internal static class NodeAddress
{
    extension(Address address)
    {
        public string Endpoint => FormattableString.Invariant($"{address.Host}:{address.Port}");
    }
}
