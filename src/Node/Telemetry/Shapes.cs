using System.Text.Json;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>The JSON shape of a verdict: the same in the decision log, over HTTP and in <c>check --json</c>.</summary>
internal static class Shapes
{
    public static string Word(CheckResult result) => result switch
    {
        CheckResult.Evidence => "evidence",
        CheckResult.Nothing => "nothing",
        CheckResult.Failed => "failed",
        CheckResult.Timeout => "timeout",
        _ => "skipped",
    };

    public static string Word(CheckKind kind) => kind switch
    {
        CheckKind.P0f => "p0f",
        CheckKind.Dnsbl => "dnsbl",
        CheckKind.Evidence => "evidence",
        _ => "custom",
    };

    public static string Word(CheckState state) => state switch
    {
        CheckState.Ok => "ok",
        CheckState.Ill => "ill",
        _ => "open",
    };

    /// <summary>Writes a verdict as one JSON object.</summary>
    /// <param name="client">The client's address as it may be shown.</param>
    /// <param name="hits">The hits that the object stands for; 0: it is one decision, and has no such member.</param>
    public static void WriteVerdict(
        Utf8JsonWriter json, in Decision decision, string node, DateTimeOffset time, string client, long hits = 0)
    {
        json.WriteStartObject();
        json.WriteNumber("v", 1);
        json.WriteString("time", time.UtcDateTime);
        json.WriteString("node", node);
        json.WriteString("door", decision.Query.Door.Word());
        json.WriteString("profile", decision.Query.Policy.Profile);
        json.WriteString("client", client);
        json.WriteString("local", decision.Query.Local?.ToString());
        json.WriteString("action", decision.Verdict.Action.Word());
        json.WriteBoolean("allow", decision.Verdict.Allow);
        json.WriteNumber("ttl", decision.Verdict.TtlSeconds);
        json.WriteNumber("score", decision.Verdict.Score);
        json.WriteString("source", decision.Verdict.Source.Word());
        json.WriteBoolean("early", decision.Early);
        json.WriteBoolean("complete", decision.Complete);
        json.WriteNumber("elapsed_ms", Milliseconds(decision.Elapsed));
        if (hits > 0)
            json.WriteNumber("hits", hits);
        json.WriteString("reason", decision.Reason);
        json.WriteString("policy", decision.Query.Policy.Fingerprint);
        json.WriteStartArray("checks");
        foreach (var check in decision.Checks)
            WriteCheck(json, check);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A time span in milliseconds, rounded to the microsecond.</summary>
    public static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 3);

    private static void WriteCheck(Utf8JsonWriter json, CheckReport check)
    {
        json.WriteStartObject();
        json.WriteString("name", check.Name);
        json.WriteString("kind", Word(check.Kind));
        json.WriteString("result", Word(check.Result));
        json.WriteStartArray("answer");
        foreach (var answer in check.Answer)
            json.WriteStringValue(answer);
        json.WriteEndArray();
        json.WriteNumber("weight", check.Weight);
        if (check.TtlSeconds is { } ttl)
            json.WriteNumber("ttl", ttl);
        else
            json.WriteNull("ttl");
        json.WriteNumber("start_ms", Milliseconds(check.Start));
        json.WriteNumber("elapsed_ms", Milliseconds(check.Elapsed));
        json.WriteString("reason", check.Reason);
        json.WriteString("error", check.Error);
        json.WriteEndObject();
    }
}
