using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Screening.Testing.SourceCode;

/// <summary>
/// How large a set of files is, and how much of it explains the rest. All counts are of lines unless their names say otherwise.
/// </summary>
/// <param name="Files">Length of each file, ascending.</param>
/// <param name="Methods">Length of each method, constructor, operator and local function, ascending.</param>
/// <param name="Types">Number of types.</param>
/// <param name="Documentation">Lines of documentation comments.</param>
/// <param name="Comments">Lines of other comments: those that say why.</param>
public sealed record SourceCounts(
    IReadOnlyList<int> Files, IReadOnlyList<int> Methods, int Types, int Documentation, int Comments)
{
    public int Lines => Files.Sum();

    public static SourceCounts Of(IEnumerable<SyntaxTree> files)
    {
        var (lengths, methods, types, documentation, comments) = (new List<int>(), new List<int>(), 0, 0, 0);
        foreach (var file in files)
        {
            var text = file.GetText();
            lengths.Add(text.Lines.Count - (text.Lines[^1].Span.IsEmpty ? 1 : 0));
            foreach (var node in file.GetRoot().DescendantNodes())
            {
                types += node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax ? 1 : 0;
                if (node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax)
                    methods.Add(LinesOf(file, node.Span));
            }

            foreach (var trivia in file.GetRoot().DescendantTrivia())
            {
                if (trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia))
                    documentation += LinesOf(file, trivia.Span) - 1; // It ends behind its last line.
                else if (trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))
                    comments++;
            }
        }

        return new SourceCounts([.. lengths.Order()], [.. methods.Order()], types, documentation, comments);
    }

    /// <summary>The value that a share of all does not exceed.</summary>
    public static int Quantile(IReadOnlyList<int> ascending, double share) =>
        ascending.Count == 0 ? 0 : ascending[Math.Min(ascending.Count - 1, (int)(share * ascending.Count))];

    private static int LinesOf(SyntaxTree file, Microsoft.CodeAnalysis.Text.TextSpan span)
    {
        var lines = file.GetLineSpan(span);
        return lines.EndLinePosition.Line - lines.StartLinePosition.Line + 1;
    }
}
