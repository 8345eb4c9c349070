using System.Collections.Immutable;
using System.Globalization;
using Screening.Node.Api;
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
    public Paragraph Of(StatusDocument status)
    {
        var text = Headline(status);
        Degraded(status.Degraded).AppendTo(text, width);
        foreach (var member in status.Cluster.Members)
            Add("member", member.State, StyleOfMember(member.State), member.Node, $"{member.Address} {Roles(member)}");
        AddCluster(status.Cluster, status.Cache);
        AddStore(status.Store);
        foreach (var endpoint in status.Endpoints)
            Add("endpoint", "open", Palette.Good, endpoint.Kind, endpoint.Uri);
        foreach (var check in status.Checks)
            AddCheck(check);
        _parts.AppendTo(text, width);
        return status.Checks.IsEmpty ? text.Append($"\n{Indent}no check is configured", Palette.Doubtful) : text;
    }

    private static Paragraph Headline(StatusDocument status)
    {
        var (words, style) = (status.Rung, status.Degraded.IsEmpty) switch
        {
            (0, true) => ("all well", Palette.Good),
            (0, false) => ("all well, but see below", Palette.Doubtful),
            _ => (Number($"degraded (rung {status.Rung})"), Palette.Bad),
        };
        return new Paragraph()
            .Append($"{status.Node}: ", Palette.Strong).Append($"screening {status.Version}, ").Append(words, style)
            .Append($"; {Counted(status.Cache.Near, "clients", "client")} known here");
    }

    private AlignedRows Degraded(ImmutableArray<DegradedPart> degraded)
    {
        var rows = new AlignedRows(Indent);
        foreach (var part in degraded)
            rows.Add(new Cell("degraded", part.Rung == 0 ? Palette.Doubtful : Palette.Bad), part.What + Since(part.Since));
        return rows;
    }

    private void AddCluster(ClusterStatus cluster, CacheStatus cache)
    {
        var missing = cluster.Missing > 0 ? Number($"{cluster.Missing} missing, ") : "";
        Add(
            "cluster", cluster.State, cluster.State == "up" ? Palette.Good : Palette.Doubtful, Number($"{cluster.Shards} shards"),
            $"{missing}{Counted(cache.Entries, "entries", "entry")}, {Counted(cache.Grants, "grants", "grant")}, "
            + Counted(cache.Bans, "bans", "ban"));
    }

    private void AddStore(StoreStatus store) => Add(
        "store", store.Ok ? "ok" : "down", store.Ok ? Palette.Good : Palette.Bad, store.Provider,
        Number($"{store.Journaled} journaled, {store.Queued} queued, {store.Dropped} dropped"));

    private void AddCheck(CheckStatus check)
    {
        var (state, style) = check.State switch
        {
            "ok" => ("ok", Palette.Good),
            "ill" => ("failing", Palette.Bad),
            "open" => ("left alone", Palette.Bad),
            var word => (word, Palette.Bad),
        };
        var trouble = state == "ok" ? "" : $": {check.Reason}{Since(check.Since)}";
        Add("check", state, style, check.Name, check.Kind + trouble);
    }

    private void Add(string what, string state, Style style, string name, string more) =>
        _parts.Add(new Cell(what, Palette.Faint), new Cell(state, style), name, more);

    private string Since(DateTimeOffset since) => $" ({$"for {Lapse.Since(since, now)}".Replace(' ', ShownText.FirmBlank)})";

    private static Style StyleOfMember(string state) => state switch
    {
        "up" => Palette.Good,
        "joining" or "leaving" or "exiting" => Palette.Doubtful,
        _ => Palette.Bad,
    };

    private static string Roles(MemberStatus member) => string.Join(' ', member.Roles.DefaultIfEmpty("edge"));

    private static string Counted(long count, string many, string one) => Number($"{count} {(count == 1 ? one : many)}");

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
