using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>An amount of storage: a whole number and one of <c>B KiB MiB GiB</c>, such as <c>256MiB</c> or <c>4GiB</c>.</summary>
/// <param name="Bytes">0 or more.</param>
internal readonly record struct ByteSize(long Bytes) : IComparable
{
    /// <summary>The largest size that is read: 1 PiB, in bytes.</summary>
    public const long MaxBytes = 1L << 50;

    private static readonly (string Unit, long Factor)[] Units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("B", 1)];

    /// <summary>Reads a size; <c>0</c> needs no unit. False for anything else, and for more than <see cref="MaxBytes"/>.</summary>
    public static bool TryParse(string text, out ByteSize size)
    {
        size = default;
        if (text == "0")
            return true;
        var digits = text.AsSpan().TrimEnd("BiKMG");
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        foreach (var (unit, factor) in Units)
        {
            if (!text.AsSpan(digits.Length).SequenceEqual(unit))
                continue;
            if (number > MaxBytes / factor)
                return false;
            size = new ByteSize(number * factor);
            return true;
        }

        return false;
    }

    public int CompareTo(object? obj) => Bytes.CompareTo(((ByteSize)obj!).Bytes);

    /// <summary>The shortest text that reads back as the same size.</summary>
    public override string ToString()
    {
        foreach (var (unit, factor) in Units)
        {
            if (Bytes > 0 && Bytes % factor == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{Bytes / factor}{unit}");
        }

        return "0";
    }
}
