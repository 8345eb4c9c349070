using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Api;

/// <summary>A verdict, in <c>check --json</c>, over HTTP and as a line of the decision log.</summary>
/// <param name="V">The version of the shape.</param>
/// <param name="Time">
/// UTC. Not a <see cref="DateTimeOffset"/>: it would need a converter, and a type with one is not written by generated code. The decision
/// log writes one of these for each decision.
/// </param>
/// <param name="Client">The client's address, as far as it may be shown.</param>
/// <param name="Local">The address that the client connected to; null if the door does not know it.</param>
/// <param name="Ttl">Whole seconds that are left of a pass; 0 for other actions.</param>
/// <param name="ElapsedMs">From query to answer, milliseconds.</param>
/// <param name="Policy">The fingerprint of the profile.</param>
internal sealed record VerdictDocument(
    int V,
    DateTime Time,
    string Node,
    string Door,
    string Profile,
    string Client,
    string? Local,
    string Action,
    bool Allow,
    int Ttl,
    int Score,
    string Source,
    bool Early,
    bool Complete,
    double ElapsedMs,
    [property: JsonPropertyOrder(1)] string Reason,
    [property: JsonPropertyOrder(1)] string Policy,
    [property: JsonPropertyOrder(1)] ImmutableArray<CheckDocument> Checks)
{
    /// <summary>The hits that a line of the decision log stands for; 0, and not written: it is one decision.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Hits { get; init; }

    /// <summary>A decision as it is shown.</summary>
    /// <param name="client">The client's address as it may be shown.</param>
    /// <param name="hits">The hits that the line stands for; 0: it is one decision.</param>
    public static VerdictDocument Of(in Decision decision, string node, DateTimeOffset time, string client, long hits = 0)
    {
        var (query, verdict) = (decision.Query, decision.Verdict);
        return new VerdictDocument(
            1, time.UtcDateTime, node, query.Door.Word(), query.Profile.Name, client, query.Local?.ToString(), verdict.Action.Word(),
            verdict.Allow, verdict.TtlSeconds, verdict.Score, verdict.Source.Word(), decision.Early, decision.Complete,
            CheckDocument.Milliseconds(decision.Elapsed), decision.Reason, query.Profile.Fingerprint,
            ImmutableArray.CreateRange(decision.Checks, CheckDocument.Of))
        {
            Hits = hits,
        };
    }
}

/// <summary>One check's part in a verdict.</summary>
/// <param name="Answer">Its answer in words or codes.</param>
/// <param name="Weight">What it added to the score.</param>
/// <param name="Ttl">How long its answer holds, seconds; null if it gave no lifetime.</param>
/// <param name="StartMs">When it was asked, milliseconds after the query came.</param>
/// <param name="ElapsedMs">How long it took, milliseconds.</param>
/// <param name="Reason">What its answer means, for people.</param>
/// <param name="Error">Why there is no answer; null when there is one.</param>
internal sealed record CheckDocument(
    string Name,
    string Kind,
    string Result,
    ImmutableArray<string> Answer,
    int Weight,
    int? Ttl,
    double StartMs,
    double ElapsedMs,
    string? Reason,
    string? Error)
{
    public static CheckDocument Of(CheckReport check) => new(
        check.Name, check.Kind, check.Result.Word(), check.Answer, check.Weight, check.TtlSeconds, Milliseconds(check.Start),
        Milliseconds(check.Elapsed), check.Reason, check.Error);

    /// <summary>A time span in milliseconds, rounded to the microsecond.</summary>
    public static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 3);
}
