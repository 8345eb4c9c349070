using System.Text;

namespace Screening.Protocol.Access;

/// <summary>
/// Postfix's logical lines (readlline(3), src/util/readlline.c): text that starts in the first column, and all lines behind it
/// that start with whitespace. Comments and empty lines are skipped, and end nothing.
/// </summary>
public static class LogicalLines
{
    /// <summary>What C calls a space in ASCII.</summary>
    public const string Spaces = " \t\r\n\v\f";

    /// <summary>True for one of <see cref="Spaces"/>.</summary>
    public static bool IsSpace(char letter) => Spaces.Contains(letter, StringComparison.Ordinal);

    /// <summary>
    /// The logical lines, each with the number of its first line. One that starts with whitespace has nothing to continue: a fault.
    /// </summary>
    public static IEnumerable<(int Line, string Content)> Of(string text)
    {
        var content = new StringBuilder();
        var (first, number) = (0, 0);
        for (var start = 0; start < text.Length; number++)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            var line = text[start..end];
            start = end + 1;
            var trimmed = line.AsSpan().TrimStart(Spaces);
            if (trimmed.IsEmpty || trimmed[0] == '#')
                continue;
            if (content.Length > 0 && !IsSpace(line[0]))
            {
                yield return (first, content.ToString());
                content.Clear();
            }

            if (content.Length == 0)
                first = number + 1;
            content.Append(line);
        }

        if (content.Length > 0)
            yield return (first, content.ToString());
    }
}
