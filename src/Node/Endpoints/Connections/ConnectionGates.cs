using System.Collections.Concurrent;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Connections;

/// <summary>The gates of all doors.</summary>
internal sealed class ConnectionGates(
    GateSettings settings, NearbyNetworks nearby, NodeMetrics metrics, TimeProvider time, ILogger<ConnectionGate> log)
{
    private readonly ConcurrentDictionary<Door, ConnectionGate> _gates = [];

    public ConnectionGate Of(Door door) => _gates.GetOrAdd(door, _ =>
    {
        var gate = new ConnectionGate(door.Word(), settings, nearby, metrics, time, log);
        metrics.CountConnections(door.Word(), () => gate.Count);
        return gate;
    });
}
