using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Screening.Node.Commands;

/// <summary>A verdict as text for people.</summary>
internal static class VerdictText
{
    private const int LineWidth = 24;

    public static string Of(JsonElement verdict, bool explain)
    {
        var text = new StringBuilder();
        var allow = verdict.GetProperty("allow").GetBoolean() ? " (allow)" : "";
        var ttl = verdict.GetProperty("ttl").GetInt32();
        text.Append(CultureInfo.InvariantCulture, $"{String(verdict, "client")}: {String(verdict, "action")}{allow}");
        text.Append(CultureInfo.InvariantCulture, $", score {verdict.GetProperty("score").GetInt32()}{(ttl > 0 ? $", ttl {ttl} s" : "")}");
        text.Append(CultureInfo.InvariantCulture, $", {Milliseconds(verdict, "elapsed_ms")}\n  {String(verdict, "reason")}");
        if (explain)
            Explain(text, verdict);
        return text.ToString();
    }

    private static void Explain(StringBuilder text, JsonElement verdict)
    {
        var complete = verdict.GetProperty("complete").GetBoolean() ? "complete" : "incomplete";
        var early = verdict.GetProperty("early").GetBoolean() ? ", early" : "";
        text.Append(CultureInfo.InvariantCulture,
            $"\n  {String(verdict, "source")}, {complete}{early}; profile {String(verdict, "profile")}, policy {String(verdict, "policy")}\n");
        var checks = verdict.GetProperty("checks").EnumerateArray().ToList();
        if (checks.Count == 0)
        {
            text.Append("\n  No check was asked.");
            return;
        }

        var total = Math.Max(1, verdict.GetProperty("elapsed_ms").GetDouble());
        var nameWidth = Math.Max(5, checks.Max(c => String(c, "name").Length));
        text.Append(CultureInfo.InvariantCulture,
            $"\n  {"check".PadRight(nameWidth)}  {"0".PadRight(LineWidth - 8)}{Shown(total),8}    start    took  result    weight  answer");
        foreach (var check in checks)
            Explain(text, check, total, nameWidth);
    }

    private static void Explain(StringBuilder text, JsonElement check, double total, int nameWidth)
    {
        var (start, took) = (check.GetProperty("start_ms").GetDouble(), check.GetProperty("elapsed_ms").GetDouble());
        var weight = check.GetProperty("weight").GetInt32();
        text.Append(CultureInfo.InvariantCulture, $"\n  {String(check, "name").PadRight(nameWidth)}  {Line(start, took, total)}");
        text.Append(CultureInfo.InvariantCulture, $" {start,8:0.0}{took,8:0.0}  {String(check, "result"),-8}  {weight,6:+0;-0;0}  ");
        text.Append(AnswerOf(check));
    }

    private static string AnswerOf(JsonElement check)
    {
        var words = check.GetProperty("answer").EnumerateArray().Select(a => a.GetString()).ToList();
        var answer = string.Join(check.GetProperty("kind").GetString() == "dnsbl" ? " " : ", ", words);
        var ttl = check.GetProperty("ttl") is { ValueKind: JsonValueKind.Number } seconds ? $" ttl {seconds.GetInt32()}" : "";
        return (answer + ttl + (String(check, "error") is { Length: > 0 } error ? " " + error : "")).TrimStart();
    }

    private static string Line(double start, double took, double total)
    {
        var from = Math.Clamp((int)(start / total * LineWidth), 0, LineWidth - 1);
        var to = Math.Clamp((int)Math.Ceiling((start + took) / total * LineWidth), from + 1, LineWidth);
        return new string('.', from) + new string('=', to - from) + new string('.', LineWidth - to);
    }

    private static string Milliseconds(JsonElement element, string name) => Shown(element.GetProperty(name).GetDouble());

    private static string Shown(double milliseconds) => milliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms";

    private static string String(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
