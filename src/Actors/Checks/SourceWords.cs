using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>How a source's own words stand behind a reason.</summary>
internal static class SourceWords
{
    /// <summary>Longest part of a source's own words that is shown, in characters: a sentence and a link.</summary>
    public const int MaxLength = 200;

    /// <summary>The reason, followed by the words if there are any.</summary>
    public static string Append(string reason, string? words) =>
        string.IsNullOrEmpty(words) ? reason : $"{reason}: {PeerText.Clean(words, MaxLength)}";
}
