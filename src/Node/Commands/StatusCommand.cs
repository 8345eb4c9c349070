using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Screening.Node.Commands;

/// <summary><c>status</c>: how a node fares.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Show the node, its endpoints and checks, and what is degraded since when.");
        command.SetAction((parsed, cancellation) =>
            NodeConnection.GetAsync(parsed, "api/v1/status", Text, _ => ExitStatus.Ok, cancellation));
        return command.TalksToNode();
    }

    private static string Text(JsonElement status)
    {
        var text = new StringBuilder();
        var rung = status.GetProperty("rung").GetInt32();
        text.Append(CultureInfo.InvariantCulture, $"{String(status, "node")}: screening {String(status, "version")}, ");
        text.Append(rung == 0 ? "all well" : string.Create(CultureInfo.InvariantCulture, $"degraded (rung {rung})"));
        text.Append(CultureInfo.InvariantCulture, $"; {status.GetProperty("cache").GetProperty("near").GetInt32()} clients known here");
        var (cluster, store, cache) = (status.GetProperty("cluster"), status.GetProperty("store"), status.GetProperty("cache"));
        foreach (var degraded in status.GetProperty("degraded").EnumerateArray())
            text.Append(CultureInfo.InvariantCulture, $"\n  degraded  {String(degraded, "what")}, since {String(degraded, "since")}");
        foreach (var member in cluster.GetProperty("members").EnumerateArray())
            text.Append(CultureInfo.InvariantCulture, $"\n  member    {String(member, "state"),-8}  {String(member, "node")}  {String(member, "address")}  {Roles(member)}");
        text.Append(CultureInfo.InvariantCulture, $"\n  cluster   {String(cluster, "state"),-8}  {cluster.GetProperty("shards")} shards, {cache.GetProperty("entries")} entries, {cache.GetProperty("grants")} grants, {cache.GetProperty("bans")} bans");
        text.Append(CultureInfo.InvariantCulture, $"\n  store     {(store.GetProperty("ok").GetBoolean() ? "ok" : "down"),-8}  {String(store, "provider")}: {store.GetProperty("journaled")} journaled, {store.GetProperty("queued")} queued, {store.GetProperty("dropped")} dropped");
        foreach (var endpoint in status.GetProperty("endpoints").EnumerateArray())
            text.Append(CultureInfo.InvariantCulture, $"\n  endpoint  {String(endpoint, "kind"),-8}  {String(endpoint, "uri")}");
        foreach (var check in status.GetProperty("checks").EnumerateArray())
            text.Append(CultureInfo.InvariantCulture, $"\n  check     {String(check, "kind"),-8}  {String(check, "name")}  {String(check, "state")}");
        if (status.GetProperty("checks").GetArrayLength() == 0)
            text.Append("\n  no check is configured");
        return text.ToString();
    }

    private static string Roles(JsonElement member) =>
        member.GetProperty("roles").GetArrayLength() == 0 ? "edge" : string.Join(' ', member.GetProperty("roles").EnumerateArray());

    private static string String(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
