namespace Screening.Node.Postfix;

/// <summary>
/// Lists in Postfix's parameters: words separated by commas and space, where what stands in braces is one word (postconf(5)).
/// </summary>
internal static class PostfixText
{
    /// <summary>The words of a list, braces included.</summary>
    public static IEnumerable<string> Words(string text)
    {
        int depth = 0, start = 0;
        for (var at = 0; at <= text.Length; at++)
        {
            var letter = at == text.Length ? ',' : text[at];
            depth += letter == '{' ? 1 : letter == '}' ? -1 : 0;
            if ((depth > 0 && at < text.Length) || letter is not (',' or ' ' or '\t'))
                continue;
            if (at > start)
                yield return text[start..at];
            start = at + 1;
        }
    }
}
