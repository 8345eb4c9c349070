using System.Globalization;
using System.Text.Json;
using Screening.Node.Commands.Display;
using Spectre.Console;

namespace Screening.Node.Commands;

/// <summary>A node's status for people: one line that says how it is, then what is degraded, then everything else in columns.</summary>
/// <param name="now">What the ages are counted to.</param>
/// <param name="width">Columns that there are.</param>
internal sealed class StatusText(DateTimeOffset now, int width)
{
    private const string Indent = "  ";

    private readonly AlignedRows _parts = new(Indent);

    /// <summary>The status, without the end of its last line.</summary>
    public Paragraph Of(JsonElement status)
    {
        var degraded = status.Items("degraded").ToList();
        var text = Headline(status, degraded.Count > 0);
        Degraded(degraded).AppendTo(text, width);
        foreach (var member in status.GetProperty("cluster").Items("members"))
            Add("member", member.Text("state"), StyleOfMember(member.Text("state")), member.Text("node"), $"{member.Text("address")} {Roles(member)}");
        AddCluster(status.GetProperty("cluster"), status.GetProperty("cache"));
        AddStore(status.GetProperty("store"));
        foreach (var endpoint in status.Items("endpoints"))
            Add("endpoint", "open", Palette.Good, endpoint.Text("kind"), endpoint.Text("uri"));
        foreach (var check in status.Items("checks"))
            AddCheck(check);
        _parts.AppendTo(text, width);
        return status.Items("checks").Any() ? text : text.Append($"\n{Indent}no check is configured", Palette.Doubtful);
    }

    private static Paragraph Headline(JsonElement status, bool isDegraded)
    {
        var (rung, known) = (status.Count("rung") ?? 0, status.GetProperty("cache").Count("near"));
        var (words, style) = (rung, isDegraded) switch
        {
            (0, false) => ("all well", Palette.Good),
            (0, true) => ("all well, but see below", Palette.Doubtful),
            _ => (Number($"degraded (rung {rung})"), Palette.Bad),
        };
        return new Paragraph()
            .Append($"{status.Text("node")}: ", Palette.Strong).Append($"screening {status.Text("version")}, ").Append(words, style)
            .Append(Number($"; {known} {(known == 1 ? "client" : "clients")} known here"));
    }

    private AlignedRows Degraded(IEnumerable<JsonElement> degraded)
    {
        var rows = new AlignedRows(Indent);
        foreach (var fault in degraded)
        {
            var style = fault.Count("rung") is 0 ? Palette.Doubtful : Palette.Bad;
            rows.Add(new Cell("degraded", style), fault.Text("what") + SinceOf(fault));
        }

        return rows;
    }

    private void AddCluster(JsonElement cluster, JsonElement cache)
    {
        var state = cluster.Text("state");
        var missing = cluster.Count("missing") is > 0 ? Counted(cluster, "missing", "missing") + ", " : "";
        Add(
            "cluster", state, state == "up" ? Palette.Good : Palette.Doubtful, Number($"{cluster.Count("shards")} shards"),
            $"{missing}{Counted(cache, "entries", "entry")}, {Counted(cache, "grants", "grant")}, {Counted(cache, "bans", "ban")}");
    }

    private void AddStore(JsonElement store)
    {
        var isOk = store.GetProperty("ok").GetBoolean();
        Add(
            "store", isOk ? "ok" : "down", isOk ? Palette.Good : Palette.Bad, store.Text("provider"),
            Number($"{store.Count("journaled")} journaled, {store.Count("queued")} queued, {store.Count("dropped")} dropped"));
    }

    private void AddCheck(JsonElement check)
    {
        var (state, style) = check.Text("state") switch
        {
            "ok" => ("ok", Palette.Good),
            "ill" => ("failing", Palette.Bad),
            "open" => ("left alone", Palette.Bad),
            var word => (word, Palette.Bad),
        };
        var trouble = state == "ok" ? "" : $": {check.Text("reason")}{SinceOf(check)}";
        Add("check", state, style, check.Text("name"), check.Text("kind") + trouble);
    }

    private void Add(string what, string state, Style style, string name, string more) =>
        _parts.Add(new Cell(what, Palette.Faint), new Cell(state, style), name, more);

    private string SinceOf(JsonElement trouble) => trouble.Time("since") is { } since
        ? $" ({$"for {Lapse.Since(since, now)}".Replace(' ', ShownText.FirmBlank)})"
        : "";

    private static Style StyleOfMember(string state) => state switch
    {
        "up" => Palette.Good,
        "joining" or "leaving" or "exiting" => Palette.Doubtful,
        _ => Palette.Bad,
    };

    private static string Roles(JsonElement member) =>
        string.Join(' ', member.Items("roles").Select(role => ShownText.Clean(role.GetString() ?? "")).DefaultIfEmpty("edge"));

    private static string Counted(JsonElement element, string name, string one) =>
        element.Count(name) == 1 ? $"1 {one}" : Number($"{element.Count(name)} {name}");

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
