using System.Text.RegularExpressions;

namespace Screening.Testing.Documentation;

/// <summary>
/// A fenced block, and what the words after its fence say should be done with it:
/// <c>LANGUAGE [WORD ...] [needs: PROGRAM, ...] [run by: TEST] [file: NAME] [skip: REASON]</c>. The last of these extends to the end.
/// </summary>
/// <param name="Page">The page, relative to the root of the repository.</param>
/// <param name="Line">The line of its opening fence, from 1.</param>
/// <param name="Language">The first word; empty: none.</param>
/// <param name="Words">The words before the first one with a colon.</param>
/// <param name="Text">What is in the block, without the indentation of its fence.</param>
public sealed partial record FencedBlock(string Page, int Line, string Language, IReadOnlyList<string> Words, string Text)
{
    /// <summary>The programs without which it is skipped.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>The test that runs it instead; null: none.</summary>
    public string? RunBy { get; init; }

    /// <summary>The name under which its text is put into the folder; null: it is not.</summary>
    public string? FileName { get; init; }

    /// <summary>Why it is not run; null: it is.</summary>
    public string? SkipReason { get; init; }

    /// <summary>Where it stands, for messages.</summary>
    public string Place => FormattableString.Invariant($"{Page}:{Line}");

    public bool Has(string word) => Words.Contains(word);

    internal static FencedBlock Parse(string page, int line, string info, string text)
    {
        var parts = Info().Match(info);
        if (!parts.Success)
            throw new FormatException($"{page}:{line}: cannot read the words after the fence: {info}");
        var words = parts.Groups["word"].Captures.Select(word => word.Value).ToList();
        return new FencedBlock(page, line, words.FirstOrDefault(""), [.. words.Skip(1)], text)
        {
            Needs = parts.Groups["needs"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries),
            RunBy = ValueOf(parts.Groups["by"]),
            FileName = ValueOf(parts.Groups["file"]),
            SkipReason = ValueOf(parts.Groups["skip"]),
        };
    }

    private static string? ValueOf(Group group) => group.Success ? group.Value : null;

    [GeneratedRegex(
        "^(?:(?<word>[a-z]+)(?: |$))*"
        + "(?:needs: (?<needs>.+)|run by: (?<by>[A-Za-z0-9]+)|file: (?<file>[A-Za-z0-9._-]+)|skip: (?<skip>.+))?$")]
    private static partial Regex Info();
}
