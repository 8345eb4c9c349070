using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Screening.Node.Commands.Cache;

/// <summary>Lines of the whitelist in words.</summary>
internal static class CacheText
{
    private static readonly string[] Tests = ["pregreet", "dnsbl", "pipelining", "non-SMTP command", "bare newline"];

    /// <summary>What is known of a client, the line that decides first.</summary>
    public static string Show(JsonElement shown, TimeProvider time)
    {
        var text = new StringBuilder();
        Append(text, shown, time);
        foreach (var line in shown.GetProperty("also").EnumerateArray())
            Append(text.Append("\nalso "), line, time);
        return text.ToString();
    }

    /// <summary>pass, allow, grant or ban, or times where postscreen's own times are all there is.</summary>
    public static string KindOf(JsonElement line) => String(line, "kind") switch
    {
        "pass" when line.TryGetProperty("allow", out var allow) && allow.GetBoolean() => "allow",
        "pass" when IsTimesOnly(line) => "times",
        var kind => kind,
    };

    /// <summary>What is left of a line, in its two largest units.</summary>
    public static string LeftOf(JsonElement line, TimeProvider time)
    {
        var left = line.GetProperty("expires").GetDateTimeOffset() - time.GetUtcNow();
        return left switch
        {
            { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)left.TotalDays}d{left.Hours:00}h"),
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{left.Hours}h{left.Minutes:00}m"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{left.Minutes}m{left.Seconds:00}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, left.Seconds)}s"),
        };
    }

    public static string String(JsonElement line, string name) => line.GetProperty(name).GetString() ?? "";

    private static void Append(StringBuilder text, JsonElement line, TimeProvider time)
    {
        var made = line.GetProperty("made").GetDateTimeOffset().UtcDateTime;
        text.Append(CultureInfo.InvariantCulture, $"{String(line, "address")}: {KindOf(line)}, {LeftOf(line, time)} left");
        if (String(line, "kind") == "pass")
            text.Append(CultureInfo.InvariantCulture, $"; profile {String(line, "profile")}");
        text.Append(CultureInfo.InvariantCulture, $"\n  by {String(line, "by")}, {made:yyyy-MM-dd HH:mm:ss} UTC");
        if (String(line, "reason") is { Length: > 0 } reason)
            text.Append(": ").Append(reason);
        if (String(line, "kind") == "pass" && !IsTimesOnly(line))
            text.Append(CultureInfo.InvariantCulture, $"\n  score {line.GetProperty("score").GetInt32()}, policy {String(line, "policy")}");
        foreach (var (test, seconds) in Tests.Zip(line.GetProperty("times").EnumerateArray().Select(t => t.GetInt64())))
        {
            if (seconds > 0)
                text.Append(CultureInfo.InvariantCulture, $"\n  postscreen: {test} passed until {DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-dd HH:mm:ss} UTC");
        }
    }

    // A pass always names the policy that made it.
    private static bool IsTimesOnly(JsonElement line) =>
        String(line, "policy").Length == 0 && line.GetProperty("times").EnumerateArray().Any(t => t.GetInt64() > 0);
}
