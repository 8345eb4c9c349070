using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Screening.Node.Commands.Display;

/// <summary>
/// Text from a node made fit for a terminal: it may repeat what peers sent, and a node of an older release may not have cleaned it.
/// </summary>
internal static class ShownText
{
    /// <summary>Longest text in a line for people.</summary>
    public const int MaxLength = 400;

    /// <summary>A blank at which <see cref="Wrap"/> does not break.</summary>
    public const char FirmBlank = '\u00a0';

    private const string Cut = "...";

    /// <summary>
    /// Control and formatting characters, escape sequences and changes of the writing direction among them, become <c>?</c>; what is too
    /// long is cut.
    /// </summary>
    public static string Clean(string text, int maxLength = MaxLength)
    {
        if (text.Length > maxLength)
            text = text[..maxLength];
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(IsSafe(rune) ? rune.ToString() : "?");
        return clean.ToString();
    }

    /// <summary>Columns that a text takes on a terminal: letters of East Asia take two.</summary>
    public static int WidthOf(string text) => text.GetCellWidth();

    /// <summary>The text with blanks behind it up to a width.</summary>
    public static string Pad(string text, int width) => text + new string(' ', Math.Max(0, width - WidthOf(text)));

    /// <summary>The text cut to a width, with dots where it was.</summary>
    public static string Fit(string text, int width)
    {
        if (WidthOf(text) <= width)
            return text;
        var fitted = new StringBuilder();
        var left = width - Cut.Length;
        foreach (var rune in text.EnumerateRunes())
        {
            left -= WidthOf(rune.ToString());
            if (left < 0)
                break;
            fitted.Append(rune.ToString());
        }

        return fitted.ToString().TrimEnd() + Cut;
    }

    /// <summary>The text in lines of a width, broken between words; a word that is longer has a line of its own.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && WidthOf(line) + 1 + WidthOf(word) > width)
            {
                yield return line.Replace(FirmBlank, ' ');
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        if (line.Length > 0)
            yield return line.Replace(FirmBlank, ' ');
    }

    private static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
}
