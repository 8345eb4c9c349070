namespace Screening.Protocol.Vocabulary;

/// <summary>Makes text from a peer fit for logs, replies and pages.</summary>
public static class PeerText
{
    /// <summary>Longest text that is shown, as in Postfix's own log lines.</summary>
    public const int MaxLength = 100;

    private const int MaxExcerpt = 60;

    /// <summary>The front of a text that a message quotes.</summary>
    public static string Excerpt(ReadOnlySpan<char> text) => text.Length <= MaxExcerpt ? text.ToString() : $"{text[..MaxExcerpt]}...";

    /// <summary>Control and non-ASCII characters become <c>?</c>, and a longer text is cut.</summary>
    public static string Clean(string text, int maxLength = MaxLength)
    {
        var shown = text.Length > maxLength ? text[..maxLength] : text;
        return shown.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? string.Create(shown.Length, shown, static (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                    span[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
            })
            : shown;
    }
}
