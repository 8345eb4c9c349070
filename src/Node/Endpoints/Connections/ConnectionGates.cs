using System.Collections.Concurrent;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Connections;

/// <summary>The gates of all doors.</summary>
internal sealed class ConnectionGates(
    GateSettings settings, NearbyNetworks nearby, NodeMetrics metrics, TimeProvider time, ILogger<ConnectionGate> log)
{
    private readonly ConcurrentDictionary<string, ConnectionGate> _gates = [];

    /// <summary>The gate of a kind of endpoint.</summary>
    public ConnectionGate Of(string kind) => _gates.GetOrAdd(kind, door =>
    {
        var gate = new ConnectionGate(door, settings, nearby, metrics, time, log);
        metrics.CountConnections(door, () => gate.Count);
        return gate;
    });
}
