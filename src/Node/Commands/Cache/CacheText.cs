using System.Globalization;
using System.Text;
using System.Text.Json;
using Screening.Node.Api;
using Screening.Node.Commands.Display;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Cache;

/// <summary>Lines of the whitelist in words.</summary>
internal static class CacheText
{
    private const string Pass = "pass";
    private const long DisabledTest = 1;

    /// <summary>What is known of a client, the line that decides first.</summary>
    public static string Show(CacheLine shown, TimeProvider time)
    {
        var text = new StringBuilder();
        Append(text, shown, time);
        foreach (var line in shown.Also ?? [])
            Append(text.Append("\nalso "), line, time);
        return text.ToString();
    }

    /// <summary>pass, allow, grant or ban, or times where postscreen's own times are all there is.</summary>
    public static string KindOf(CacheLine line) => line.Kind switch
    {
        Pass when line.Allow == true => "allow",
        Pass when IsTimesOnly(line) => "times",
        var kind => kind ?? "",
    };

    /// <summary>What is left of a line.</summary>
    public static string LeftOf(CacheLine line, TimeProvider time) => Lapse.Left(Needed(line.Expires), time.GetUtcNow());

    private static void Append(StringBuilder text, CacheLine line, TimeProvider time)
    {
        var now = time.GetUtcNow();
        text.Append(CultureInfo.InvariantCulture, $"{line.Address}: {KindOf(line)}, {LeftOf(line, time)} left");
        if (line.Kind == Pass)
            text.Append(CultureInfo.InvariantCulture, $"; profile {line.Profile}");
        text.Append(CultureInfo.InvariantCulture, $"\n  by {line.By}, {Lapse.Ago(Needed(line.Made), now)}");
        if (line.Reason is { Length: > 0 } reason)
            text.Append(": ").Append(reason);
        if (line.Kind == Pass && !IsTimesOnly(line))
            text.Append(CultureInfo.InvariantCulture, $"\n  score {line.Score}, policy {line.Policy}");
        foreach (var (test, seconds) in TestsOf(line.Times ?? default))
        {
            if (seconds > 0)
                text.Append(CultureInfo.InvariantCulture, $"\n  postscreen: {test} {StateOf(seconds, now)}");
        }
    }

    private static (string Test, long Seconds)[] TestsOf(PostscreenTimes times) =>
    [
        ("pregreet", times.Pregreet), ("dnsbl", times.Dnsbl), ("pipelining", times.Pipelining), ("non-SMTP command", times.NonSmtpCommand),
        ("bare newline", times.BareNewline),
    ];

    // postscreen's own value for a test that is turned off (PS_TIME_STAMP_DISABLED of postscreen.h).
    private static string StateOf(long seconds, DateTimeOffset now)
    {
        if (seconds == DisabledTest)
            return "disabled";
        var end = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return end > now ? $"passed, {Lapse.Left(end, now)} left" : $"passed, expired {Lapse.Ago(end, now)}";
    }

    // A pass always names the policy that made it.
    private static bool IsTimesOnly(CacheLine line) =>
        string.IsNullOrEmpty(line.Policy) && TestsOf(line.Times ?? default).Any(test => test.Seconds > 0);

    // A node's own lines have their times; those that are imported need not.
    private static DateTimeOffset Needed(DateTimeOffset? time) => time ?? throw new JsonException("a line without its times");
}
