using System.Globalization;
using System.Text;
using System.Text.Json;
using Screening.Node.Commands.Display;

namespace Screening.Node.Commands.Cache;

/// <summary>Lines of the whitelist in words.</summary>
internal static class CacheText
{
    private const long DisabledTest = 1;

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
    public static string KindOf(JsonElement line) => line.Text("kind") switch
    {
        "pass" when line.TryGetProperty("allow", out var allow) && allow.GetBoolean() => "allow",
        "pass" when IsTimesOnly(line) => "times",
        var kind => kind,
    };

    /// <summary>What is left of a line.</summary>
    public static string LeftOf(JsonElement line, TimeProvider time) =>
        Lapse.Left(line.GetProperty("expires").GetDateTimeOffset(), time.GetUtcNow());

    private static void Append(StringBuilder text, JsonElement line, TimeProvider time)
    {
        var (now, made) = (time.GetUtcNow(), line.GetProperty("made").GetDateTimeOffset());
        text.Append(CultureInfo.InvariantCulture, $"{line.Text("address")}: {KindOf(line)}, {LeftOf(line, time)} left");
        if (line.Text("kind") == "pass")
            text.Append(CultureInfo.InvariantCulture, $"; profile {line.Text("profile")}");
        text.Append(CultureInfo.InvariantCulture, $"\n  by {line.Text("by")}, {Lapse.Ago(made, now)}");
        if (line.Text("reason") is { Length: > 0 } reason)
            text.Append(": ").Append(reason);
        if (line.Text("kind") == "pass" && !IsTimesOnly(line))
            text.Append(CultureInfo.InvariantCulture, $"\n  score {line.GetProperty("score").GetInt32()}, policy {line.Text("policy")}");
        foreach (var (test, seconds) in Tests.Zip(line.GetProperty("times").EnumerateArray().Select(t => t.GetInt64())))
        {
            if (seconds > 0)
                text.Append(CultureInfo.InvariantCulture, $"\n  postscreen: {test} {StateOf(seconds, now)}");
        }
    }

    // postscreen's own value for a test that is turned off (PS_TIME_STAMP_DISABLED of postscreen.h).
    private static string StateOf(long seconds, DateTimeOffset now)
    {
        if (seconds == DisabledTest)
            return "disabled";
        var end = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return end > now ? $"passed, {Lapse.Left(end, now)} left" : $"passed, expired {Lapse.Ago(end, now)}";
    }

    // A pass always names the policy that made it.
    private static bool IsTimesOnly(JsonElement line) =>
        line.Text("policy").Length == 0 && line.GetProperty("times").EnumerateArray().Any(t => t.GetInt64() > 0);
}
