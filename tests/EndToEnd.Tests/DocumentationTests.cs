using System.Text.RegularExpressions;
using Screening.Node.Configuration;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>What a reader of the documentation may rely on: links lead somewhere, settings exist, and the words are plain.</summary>
public sealed partial class DocumentationTests
{
    private const int MostWordsInACell = 40;
    private const int MostColumns = 140;

    private static readonly IReadOnlyList<MarkdownPage> Pages = MarkdownPage.All();
    private static readonly Dictionary<string, MarkdownPage> ByPath = Pages.ToDictionary(page => page.Path);

    // Members of the status, and files, that look like settings.
    private static readonly HashSet<string> StatusMembers = ["store.ok", "store.queued", "store.dropped", "store.journaled",
        "cluster.members", "cache.near", "log.key"];

    [Fact]
    public void Links_lead_to_files_and_headings_that_exist() => AssertNone(
        from page in Pages
        from line in page.Lines
        from Match link in Link().Matches(line.Text)
        let problem = ProblemOf(page, link.Groups["target"].Value)
        where problem is not null
        select $"{page.Path}:{line.Number}: {problem}");

    [Fact]
    public void Every_page_of_docs_is_in_the_index()
    {
        var index = ByPath["docs/README.md"].Lines.SelectMany(line => Link().Matches(line.Text)).Select(link => link.Groups["target"].Value)
            .ToHashSet();

        AssertNone(
            Pages.Select(page => page.Path).Where(path => path.StartsWith("docs/", StringComparison.Ordinal) && path != "docs/README.md"
                && !index.Contains(path["docs/".Length..])));
    }

    [Fact]
    public void Every_page_of_docs_begins_with_what_it_is_for() => AssertNone(
        from page in Pages
        where page.Path.StartsWith("docs/", StringComparison.Ordinal)
        where !page.AllLines[0].StartsWith("# ", StringComparison.Ordinal)
            || !page.AllLines[2].StartsWith("This page ", StringComparison.Ordinal)
        select $"{page.Path}: {page.AllLines[2]}");

    [Fact]
    [Trait("Finding", "house-9")]
    public void Cells_of_tables_are_short() => AssertNone(
        from page in Pages
        from line in page.Lines
        where line.IsTableRow
        from cell in line.Cells
        let words = cell.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length
        where words > MostWordsInACell
        select $"{page.Path}:{line.Number}: {words} words: {cell}");

    [Fact]
    [Trait("Finding", "house-9")]
    public void Words_are_plain() => AssertNone(
        from page in Pages
        from line in page.Lines
        from Match word in Stilted().Matches(line.Prose)
        select $"{page.Path}:{line.Number}: {word.Value}: {line.Text}");

    [Fact]
    [Trait("Finding", "house-9")]
    public void Words_are_plain_in_messages_and_comments() => AssertNone(
        from file in SourceFiles()
        from line in File.ReadLines(file).Select((text, i) => (Text: text, Number: i + 1))
        from Match word in Stilted().Matches(line.Text)
        select $"{Path.GetRelativePath(Repository.File("."), file)}:{line.Number}: {word.Value}: {line.Text.Trim()}");

    [Fact]
    public void Lines_are_short_and_end_without_blanks() => AssertNone(
        from page in Pages
        from line in page.Lines
        where page.Path is not "CHANGELOG.md"
        where line.Text.EndsWith(' ') || (line.Text.Length > MostColumns && !line.IsTableRow)
        select $"{page.Path}:{line.Number}: {line.Text.Length} columns: {line.Text}");

    [Fact]
    public void Settings_that_are_named_exist()
    {
        var known = Setting.Paths(typeof(ScreeningOptions)).ToHashSet();
        var tables = known.Select(path => path.Split('.')[0]).ToHashSet();

        AssertNone(
            from page in Pages
            where page.Path is not "CHANGELOG.md" // It also names settings that are gone.
            from line in page.Lines
            from Match named in NamedSetting().Matches(line.Text)
            let path = named.Groups["path"].Value
            where tables.Contains(path.Split('.')[0]) && !known.Contains(path) && !StatusMembers.Contains(path)
                && !known.Any(setting => setting.StartsWith(path + '.', StringComparison.Ordinal))
            select $"{page.Path}:{line.Number}: {path}");
    }

    [Fact]
    [Trait("Finding", "use-3.1")]
    public void The_folder_of_sockets_for_Postfix_is_made_in_one_way()
    {
        var commands = Pages.SelectMany(page => page.AllLines)
            .Where(line => line.Contains("install -d", StringComparison.Ordinal)
                && line.Contains("/postfix/screening", StringComparison.Ordinal)).Select(line => line.Trim());

        Assert.Equal(["install -d -o screening -g postfix -m 2750 /var/spool/postfix/screening"], commands.Distinct());
    }

    [Fact]
    [Trait("Finding", "use-3.2")]
    public void Sockets_of_the_examples_lie_where_the_unit_lets_the_node_write() => AssertNone(
        from page in Pages
        from block in page.Blocks
        where block.Language == "toml"
        from Match socket in EndpointSocket().Matches(block.Text)
        let folder = socket.Groups["folder"].Value
        where folder is not ("DATA_DIR" or "/var/lib/screening" or "/var/spool/postfix/screening" or "/run/screening")
        select $"{block.Place}: {socket.Value}");

    [Fact]
    public void Types_and_files_that_the_map_names_are_in_the_code()
    {
        var files = SourceFiles();
        var words = files.SelectMany(file => Identifier().Matches(File.ReadAllText(file))).Select(word => word.Value).ToHashSet();
        var names = files.Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet();

        AssertNone(
            from page in Pages
            where page.Path is "docs/architecture.md" or "src/Protocol/README.md" or "src/Actors/README.md" or "src/Node/README.md"
            from line in page.Lines
            from Match named in NamedType().Matches(line.Text)
            let name = named.Groups["name"].Value
            where !words.Contains(name) && !names.Contains(name) && !name.StartsWith("Rule_", StringComparison.Ordinal)
            select $"{page.Path}:{line.Number}: {name}");
    }

    private static string? ProblemOf(MarkdownPage page, string target)
    {
        if (target.Contains("://", StringComparison.Ordinal))
            return null;
        var (file, anchor) = target.Split('#', 2) is [var before, var after] ? (before, after) : (target, "");
        var path = file.Length == 0 ? page.Path : Path.GetRelativePath(
            Repository.File("."), Path.GetFullPath(Path.Combine(Repository.File(page.Path), "..", file)));
        if (!Path.Exists(Repository.File(path)))
            return $"{target}: there is no such file";
        return anchor.Length == 0 || (ByPath.TryGetValue(path, out var other) && other.Anchors.Contains(anchor))
            ? null : $"{target}: there is no such heading";
    }

    private static List<string> SourceFiles() =>
        [.. Directory.EnumerateFiles(Repository.File("src"), "*.cs",
            SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal))];

    private static void AssertNone(IEnumerable<string> problems)
    {
        var found = problems.ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\bcan not\b|\bgo(es)? on to\b|\b(is|are) ill\b|\bwho for\b|\bfor who\b|\bis no [a-z]+ of\b", RegexOptions.IgnoreCase)]
    private static partial Regex Stilted();

    [GeneratedRegex(@"^ *(plugin|policy|dnsblog|memcache|http) *= *\[.*unix://(?<folder>[^""]*)/[^/""]+""", RegexOptions.Multiline)]
    private static partial Regex EndpointSocket();

    [GeneratedRegex("[A-Za-z_][A-Za-z0-9_]+")]
    private static partial Regex Identifier();

    // `Type`, `Type.Member`, `Folder/Type.cs`, `Type<T>`.
    [GeneratedRegex(@"`(?:[A-Za-z0-9]+/)*(?<name>[A-Z][a-z][A-Za-z0-9_]*)(?:\.(?!txt)[A-Za-z]+|<[A-Za-z]+>)?`")]
    private static partial Regex NamedType();

    [GeneratedRegex(@"`(?<path>[a-z0-9]+(\.[a-z_]+)+)(?: = [^`]*)?`")]
    private static partial Regex NamedSetting();
}
