using System.Globalization;

namespace Screening.Node.Commands.Display;

/// <summary>Spans of time for people: whole seconds at the finest. The exact times are in <c>--json</c>.</summary>
internal static class Lapse
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
        [("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1))];

    /// <summary>How long something has lasted: <c>12 s</c>, <c>3 min</c>, <c>5 h</c>, <c>2 d</c>; the largest whole unit.</summary>
    public static string Since(DateTimeOffset then, DateTimeOffset now)
    {
        var span = now > then ? now - then : TimeSpan.Zero;
        var (number, unit) = span switch
        {
            { TotalDays: >= 2 } => (span.TotalDays, "d"),
            { TotalHours: >= 2 } => (span.TotalHours, "h"),
            { TotalMinutes: >= 2 } => (span.TotalMinutes, "min"),
            _ => (span.TotalSeconds, "s"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(int)number} {unit}");
    }

    /// <summary>When something happened: <c>12 s ago</c>.</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now) => Since(then, now) + " ago";

    /// <summary>
    /// What is left until a time, in its two largest units as durations are written in the configuration: <c>1h</c>, <c>59m30s</c>,
    /// <c>29d23h</c>. A second that has begun counts whole, so that a life of an hour that was just given is an hour.
    /// </summary>
    public static string Left(DateTimeOffset end, DateTimeOffset now)
    {
        var seconds = (long)Math.Ceiling(Math.Max(0, (end - now).TotalSeconds));
        for (var i = 0; i < Units.Length - 1; i++)
        {
            var (large, small) = ((long)Units[i].Length.TotalSeconds, (long)Units[i + 1].Length.TotalSeconds);
            if (seconds < large)
                continue;
            var rest = seconds % large / small;
            var second = rest == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{rest}{Units[i + 1].Unit}");
            return string.Create(CultureInfo.InvariantCulture, $"{seconds / large}{Units[i].Unit}{second}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
    }
}
