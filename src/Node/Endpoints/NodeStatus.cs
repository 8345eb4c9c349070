using System.Reflection;
using System.Text.Json;
using Screening.Actors.Checks;
using Screening.Actors.Hosting;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints;

/// <summary>One open listener.</summary>
internal sealed record OpenEndpoint(string Kind, string Uri);

/// <summary>What the node knows of itself, for <c>status</c> and readiness.</summary>
internal sealed class NodeStatus(string node, ScreeningHandle screening)
{
    private volatile IReadOnlyList<OpenEndpoint> _endpoints = [];

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(NodeStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The node's name.</summary>
    public string Node { get; } = node;

    /// <summary>True once the endpoints answer.</summary>
    public bool IsReady => _endpoints.Count > 0;

    /// <summary>The listeners, once they are open; empty again while the node drains.</summary>
    public IReadOnlyList<OpenEndpoint> Endpoints
    {
        get => _endpoints;
        set => _endpoints = value;
    }

    /// <summary>Writes the status as one JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        var checks = screening.Checks.Health.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal).ToList();
        json.WriteStartObject();
        json.WriteNumber("v", 1);
        json.WriteString("node", Node);
        json.WriteString("version", Version);
        json.WriteNumber("rung", Rung(checks));
        WriteDegraded(json, checks);
        WriteEndpoints(json);
        WriteFleet(json);
        json.WriteStartObject("cache");
        json.WriteNumber("near", screening.NearCache.Count);
        json.WriteNumber("entries", screening.NearCache.Count);
        json.WriteEndObject();
        json.WriteNumber("in_flight", screening.Screener.InFlight);
        WriteChecks(json, checks);
        json.WriteEndObject();
    }

    /// <summary>The rung of the ladder of degradation: 4 when some checks are gone, 5 when all are.</summary>
    public static int Rung(IReadOnlyCollection<CheckHealth> checks)
    {
        var gone = checks.Count(c => c.State != CheckState.Ok);
        return gone == 0 ? 0 : gone == checks.Count ? 5 : 4;
    }

    private static void WriteDegraded(Utf8JsonWriter json, IEnumerable<CheckHealth> checks)
    {
        json.WriteStartArray("degraded");
        foreach (var check in checks.Where(c => c.State != CheckState.Ok))
        {
            json.WriteStartObject();
            json.WriteString("what", $"check {check.Name}: {check.Reason}");
            json.WriteString("since", check.Since.UtcDateTime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteEndpoints(Utf8JsonWriter json)
    {
        json.WriteStartArray("endpoints");
        foreach (var endpoint in _endpoints)
        {
            json.WriteStartObject();
            json.WriteString("kind", endpoint.Kind);
            json.WriteString("uri", endpoint.Uri);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // This node is all there is, and what it knows lives in its memory.
    private void WriteFleet(Utf8JsonWriter json)
    {
        json.WriteStartObject("cluster");
        json.WriteStartArray("members");
        json.WriteStartObject();
        json.WriteString("node", Node);
        json.WriteString("address", "");
        json.WriteStartArray("roles");
        json.WriteEndArray();
        json.WriteString("state", "alone");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNumber("shards", 0);
        json.WriteEndObject();
        json.WriteStartObject("store");
        json.WriteString("provider", "memory");
        json.WriteBoolean("ok", true);
        json.WriteNumber("queued", 0);
        json.WriteNumber("dropped", 0);
        json.WriteNumber("journaled", 0);
        json.WriteEndObject();
    }

    private static void WriteChecks(Utf8JsonWriter json, IEnumerable<CheckHealth> checks)
    {
        json.WriteStartArray("checks");
        foreach (var check in checks)
        {
            json.WriteStartObject();
            json.WriteString("name", check.Name);
            json.WriteString("kind", Shapes.Word(check.Kind));
            json.WriteString("state", Shapes.Word(check.State));
            json.WriteString("reason", check.Reason);
            json.WriteString("since", check.Since.UtcDateTime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
