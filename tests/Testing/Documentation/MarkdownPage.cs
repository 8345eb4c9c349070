using System.Text.RegularExpressions;
using Screening.Testing.Lab;

namespace Screening.Testing.Documentation;

/// <summary>A line of text outside of fenced blocks.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Text">As it stands in the file.</param>
public sealed record MarkdownLine(int Number, string Text)
{
    /// <summary>The line without its code spans, for tests of words.</summary>
    public string Prose => MarkdownPage.CodeSpan().Replace(Text, "``");

    public bool IsTableRow => Text.TrimStart().StartsWith('|');

    /// <summary>The cells of a table row. A bar that belongs to a cell is written as <c>\|</c>.</summary>
    public IEnumerable<string> Cells => MarkdownPage.CellBorder().Split(Text.Trim().Trim('|')).Select(cell => cell.Trim());
}

/// <summary>One Markdown file of the repository: its text, its headings and its fenced blocks.</summary>
public sealed partial class MarkdownPage
{
    private MarkdownPage(string path) => Path = path;

    /// <summary>Relative to the root of the repository.</summary>
    public string Path { get; }

    /// <summary>The lines outside of fenced blocks.</summary>
    public IReadOnlyList<MarkdownLine> Lines { get; private set; } = [];

    /// <summary>The fenced blocks, in their order.</summary>
    public IReadOnlyList<FencedBlock> Blocks { get; private set; } = [];

    /// <summary>Every line, blocks included.</summary>
    public IReadOnlyList<string> AllLines { get; private set; } = [];

    /// <summary>The anchors of the headings, as GitHub makes them.</summary>
    public IReadOnlySet<string> Anchors { get; private set; } = new HashSet<string>();

    /// <summary>Every Markdown file that belongs to the repository, the pages that a newcomer reads first before the others.</summary>
    public static IReadOnlyList<MarkdownPage> All()
    {
        var root = Repository.File(".");
        string[] folders = [".", "docs", "deploy", "src", "tests"];
        return
        [
            .. folders.SelectMany(folder => Directory.EnumerateFiles(
                    System.IO.Path.Combine(root, folder), "*.md",
                    folder == "." ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories))
                .Select(file => System.IO.Path.GetRelativePath(root, file))
                .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
                .OrderBy(path => path.Count(c => c == '/')).ThenBy(path => path, StringComparer.Ordinal)
                .Select(Read),
        ];
    }

    /// <summary>Reads one file.</summary>
    /// <param name="path">Relative to the root of the repository.</param>
    public static MarkdownPage Read(string path) => Parse(path, File.ReadAllText(Repository.File(path)));

    /// <summary>Reads the text of a page.</summary>
    public static MarkdownPage Parse(string path, string text)
    {
        var (lines, blocks) = (new List<MarkdownLine>(), new List<FencedBlock>());
        var all = text.Split('\n');
        for (var i = 0; i < all.Length; i++)
        {
            if (Fence().Match(all[i]) is not { Success: true } fence)
            {
                lines.Add(new MarkdownLine(i + 1, all[i]));
                continue;
            }

            var (start, indent) = (i, fence.Groups["indent"].Length);
            var body = new List<string>();
            while (++i < all.Length && all[i].Trim() != "```")
                body.Add(all[i].Length > indent ? all[i][indent..] : "");
            if (i == all.Length)
                throw new FormatException($"{path}:{start + 1}: the fenced block has no end");
            blocks.Add(FencedBlock.Parse(path, start + 1, fence.Groups["info"].Value, string.Concat(body.Select(line => line + "\n"))));
        }

        return new MarkdownPage(path)
        {
            Lines = lines,
            Blocks = blocks,
            AllLines = all,
            Anchors = lines.Select(line => Heading().Match(line.Text)).Where(match => match.Success)
                .Select(match => AnchorOf(match.Groups["text"].Value)).ToHashSet(),
        };
    }

    // Letters in lower case, digits, dashes and underscores stay, a space becomes a dash, all else goes.
    private static string AnchorOf(string heading) => string.Concat(heading.Trim().ToLowerInvariant()
        .Select(c => c == ' ' ? "-" : char.IsLetterOrDigit(c) || c is '-' or '_' ? c.ToString() : ""));

    [GeneratedRegex("^#{1,6} (?<text>.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex("^(?<indent> *)```(?<info>[^`]*)$")]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`]*`")]
    internal static partial Regex CodeSpan();

    [GeneratedRegex(@"(?<!\\)\|")]
    internal static partial Regex CellBorder();
}
