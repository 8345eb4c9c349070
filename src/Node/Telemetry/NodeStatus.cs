using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Whitelist;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints;

/// <summary>One open listener.</summary>
internal sealed record OpenEndpoint(string Kind, string Uri);

/// <summary>The node's own state, for <c>status</c> and readiness.</summary>
internal sealed class NodeStatus(string node, ScreeningHandle screening, Ladder ladder, ReloadState reload)
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

    /// <summary>What the fleet holds; asked before the status is written.</summary>
    public async Task<FleetHoldings> AskHoldingsAsync() =>
        screening.Fleet is { } fleet ? await fleet.AskHoldingsAsync().ConfigureAwait(false) : new FleetHoldings(0, 0, 0);

    /// <summary>Writes the status as one JSON object.</summary>
    public void Write(Utf8JsonWriter json, FleetHoldings holdings)
    {
        var degraded = ladder.Now();
        var checks = screening.Checks.Health.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal).ToList();
        json.WriteStartObject();
        json.WriteNumber("v", 1);
        json.WriteString("node", Node);
        json.WriteString("version", Version);
        json.WriteNumber("rung", degraded.Select(d => d.Rung).DefaultIfEmpty(0).Max());
        WriteDegraded(json, degraded);
        WriteConfiguration(json);
        WriteEndpoints(json);
        if (screening.Fleet is { } fleet)
            WriteFleet(json, fleet, holdings);
        json.WriteStartObject("cache");
        json.WriteNumber("near", screening.NearCache.Count);
        json.WriteNumber("entries", holdings.Entries);
        json.WriteNumber("here", screening.Fleet?.Meter.Entries ?? 0);
        json.WriteNumber("grants", screening.Fleet?.Grants.Count(GrantKind.Grant) ?? 0);
        json.WriteNumber("bans", screening.Fleet?.Grants.Count(GrantKind.Ban) ?? 0);
        json.WriteEndObject();
        json.WriteNumber("in_flight", screening.Screener.InFlight);
        WriteChecks(json, checks);
        json.WriteEndObject();
    }

    private static void WriteDegraded(Utf8JsonWriter json, IEnumerable<Degradation> degraded)
    {
        json.WriteStartArray("degraded");
        foreach (var (rung, what, since) in degraded)
        {
            json.WriteStartObject();
            json.WriteString("what", what);
            WriteTime(json, "since", since);
            json.WriteNumber("rung", rung);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteConfiguration(Utf8JsonWriter json)
    {
        json.WriteStartObject("config");
        json.WriteString("file", reload.File);
        WriteTime(json, "loaded", reload.Loaded);
        if (reload.FailedSince is { } since)
            WriteTime(json, "failed_since", since);
        else
            json.WriteNull("failed_since");
        WriteTexts(json, "faults", reload.Faults);
        WriteTexts(json, "restart_needed", reload.RestartNeeded);
        json.WriteEndObject();
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

    private static void WriteFleet(Utf8JsonWriter json, FleetRunner fleet, FleetHoldings holdings)
    {
        var view = fleet.View;
        json.WriteStartObject("cluster");
        json.WriteString("state", view.State);
        json.WriteStartArray("members");
        foreach (var member in view.Members)
        {
            json.WriteStartObject();
            json.WriteString("node", member.Node);
            json.WriteString("address", member.Address);
            WriteTexts(json, "roles", member.Roles);
            json.WriteString("state", member.State);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("expected", view.Caches.Expected);
        json.WriteNumber("missing", Math.Max(0, view.Caches.Expected - view.Caches.Up));
        json.WriteNumber("shards", holdings.Shards);
        json.WriteNumber("shards_here", fleet.Meter.Shards);
        json.WriteNumber("buckets", WhitelistLayout.Buckets);
        json.WriteNumber("recovering", holdings.Recovering);
        json.WriteEndObject();
        json.WriteStartObject("grants");
        json.WriteBoolean("confirmed", fleet.Grants.IsConfirmed);
        json.WriteNumber("confirmed_s_ago", Math.Round(fleet.Grants.UnconfirmedFor.TotalSeconds, 1));
        json.WriteEndObject();
        json.WriteStartObject("store");
        json.WriteString("provider", fleet.StoreProvider);
        json.WriteBoolean("ok", fleet.Meter.Store.IsOk);
        json.WriteNumber("queued", fleet.Meter.Queued);
        json.WriteNumber("dropped", fleet.Meter.Dropped);
        json.WriteNumber("journaled", fleet.Meter.Journaled);
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
            WriteTime(json, "since", check.Since);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    // More digits than a clock is right to are of no use to anybody.
    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset time) =>
        json.WriteString(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
