using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>Durations as text: a number and one of <c>ms s m h d</c>, such as <c>250ms 1.8s 10m 1h 30d</c>; whole milliseconds.</summary>
internal static class Duration
{
    private const long MaxMilliseconds = 36500L * 86_400_000;

    private static readonly (string Unit, long Milliseconds)[] Units =
        [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>Reads a duration; <c>0</c> needs no unit. False for anything else, also for a fraction of a millisecond.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
            return true;
        var digits = text.AsSpan().TrimEnd("msdh");
        if (digits.Length is 0 or > 12 || digits[0] == '.' || digits[^1] == '.'
            || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        foreach (var (unit, factor) in Units)
        {
            if (!text.AsSpan(digits.Length).SequenceEqual(unit))
                continue;
            var milliseconds = number * factor;
            if (milliseconds != decimal.Truncate(milliseconds) || milliseconds > MaxMilliseconds)
                return false;
            duration = TimeSpan.FromMilliseconds((long)milliseconds);
            return true;
        }

        return false;
    }

    /// <summary>The shortest text that reads back as the same duration.</summary>
    public static string Format(TimeSpan duration)
    {
        var milliseconds = (long)duration.TotalMilliseconds;
        foreach (var (unit, factor) in Units.Reverse())
        {
            if (milliseconds >= factor && milliseconds % factor == 0 && factor >= 1000)
                return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / factor}{unit}");
        }

        return milliseconds > 1000 && milliseconds % 100 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000m:0.#}s")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }
}
