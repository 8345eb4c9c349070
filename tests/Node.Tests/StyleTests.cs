using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Screening.Testing.SourceCode;

namespace Screening.Node.Tests;

/// <summary>
/// What the analyzers of the build cannot hold of the project's style: names, the order of members, and a guide to each large folder.
/// </summary>
public class StyleTests
{
    private const int FilesWithoutGuide = 10;
    private const int MaxColumns = 140;

    private static readonly string Source = Path.Combine(SourceProject.Root, "src");

    private static readonly List<SyntaxTree> Files =
        [.. SourceProject.FilesUnder(Source).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file))];

    [Fact]
    public void Every_folder_of_more_than_ten_files_has_a_guide()
    {
        var folders = Files.GroupBy(file => Path.GetDirectoryName(file.FilePath)!).Where(folder => folder.Count() > FilesWithoutGuide)
            .ToList();
        Assert.NotEmpty(folders);
        Assert.Empty(folders.Where(folder => !File.Exists(Path.Combine(folder.Key, "README.md"))).Select(folder => folder.Key));
    }

    // RCS0056 leaves out a comment behind a statement.
    [Fact]
    public void No_line_is_too_long() => Assert.Empty(
        from folder in (string[])["src", "tests"]
        from file in SourceProject.FilesUnder(Path.Combine(SourceProject.Root, folder))
        from line in File.ReadLines(file).Index()
        where line.Item.Length > MaxColumns
        select $"{Path.GetRelativePath(SourceProject.Root, file)}:{line.Index + 1}: {line.Item.Length} columns");

    // The name says only that something comes in, not whether it is parsed, applied, queued or answered.
    [Fact]
    public void No_method_just_takes() => Assert.Empty(
        from method in Nodes<MethodDeclarationSyntax>()
        where method.Identifier.Text.StartsWith("Take", StringComparison.Ordinal)
        select $"{SourceProject.PlaceOf(method)}: {method.Identifier.Text}");

    [Fact]
    public void Constants_stand_before_methods() => Assert.Empty(
        from type in Nodes<TypeDeclarationSyntax>()
        let firstMethod = type.Members.FirstOrDefault(member => member is BaseMethodDeclarationSyntax)
        where firstMethod is not null
        from field in type.Members.OfType<FieldDeclarationSyntax>()
        where field.Modifiers.Any(SyntaxKind.ConstKeyword) && field.SpanStart > firstMethod.SpanStart && !IsLongText(field)
        select SourceProject.PlaceOf(field));

    // A number in a template tells whoever searches the log nothing. The analyzers know Microsoft's logger, but not Akka's.
    [Fact]
    public void Placeholders_of_log_templates_have_names() => Assert.Empty(
        from call in Nodes<InvocationExpressionSyntax>()
        where call.Expression is MemberAccessExpressionSyntax { Name.Identifier.Text: "Debug" or "Info" or "Warning" or "Error" or "Log" }
        from argument in call.ArgumentList.Arguments
        where argument.Expression is LiteralExpressionSyntax { Token.ValueText: var text } && text.Contains("{0", StringComparison.Ordinal)
        select SourceProject.PlaceOf(call));

    // CA2007 would hold it, but asks the same of "await using", where it would hide what is disposed of.
    [Fact]
    public void Every_await_says_where_it_continues() => Assert.Empty(
        from wait in Nodes<AwaitExpressionSyntax>()
        where wait.Expression is not InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name: var called } }
            || called.Identifier.Text is not ("ConfigureAwait" or "Yield")
        select SourceProject.PlaceOf(wait));

    // The pages of HOCON stand beside the methods that make the others.
    private static bool IsLongText(FieldDeclarationSyntax field) => field.GetText().Lines.Count > 5;

    private static IEnumerable<T> Nodes<T>() => Files.SelectMany(file => file.GetRoot().DescendantNodes().OfType<T>());
}
