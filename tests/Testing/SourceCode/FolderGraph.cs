using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Screening.Testing.SourceCode;

/// <summary>One use of a type in another folder.</summary>
/// <param name="Place">The file and line that use it.</param>
/// <param name="Type">The type that is used: named, or owner of the member that is.</param>
public sealed record TypeUse(string Place, string Type);

/// <summary>
/// Which folders of a project use types of which others. A use is any name in the code that means a type or a member of one: constants,
/// extension methods and <c>nameof</c> too, which the compiled program no longer shows. A <c>using</c> line or a comment is none.
/// </summary>
public sealed class FolderGraph
{
    private readonly SortedDictionary<(string From, string To), List<TypeUse>> _arrows = [];

    private FolderGraph()
    {
    }

    /// <summary>The arrows of the graph, with the uses that each stands for.</summary>
    public IReadOnlyDictionary<(string From, string To), List<TypeUse>> Arrows => _arrows;

    /// <summary>The folders directly under the project's own.</summary>
    public static FolderGraph Of(SourceProject project)
    {
        var graph = new FolderGraph();
        foreach (var file in project.Files)
        {
            var from = FolderOf(project, file);
            var model = project.Compilation.GetSemanticModel(file);
            foreach (var node in file.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax))
            {
                if (TypeMeantBy(node, model) is { } type && FileOf(type, project) is { } home && FolderOf(project, home) is var to
                    && to != from)
                {
                    graph.Add(from, to, new TypeUse(SourceProject.PlaceOf(node), type.Name));
                }
            }
        }
        return graph;
    }

    /// <summary>The uses that point from a folder to one above it, or to one that the order does not name.</summary>
    /// <param name="topToBottom">The folders, the highest first.</param>
    public IEnumerable<string> Upward(IReadOnlyList<string> topToBottom)
    {
        var floor = topToBottom.Select((folder, index) => (folder, index)).ToDictionary(pair => pair.folder, pair => pair.index);
        return
            from arrow in _arrows
            where floor.GetValueOrDefault(arrow.Key.From, int.MaxValue) >= floor.GetValueOrDefault(arrow.Key.To, int.MinValue)
            from use in arrow.Value
            select $"{use.Place}: {arrow.Key.From} uses {use.Type} of {arrow.Key.To}";
    }

    /// <summary>The folders that can reach themselves over others, each set of them as one line.</summary>
    public IReadOnlyList<string> Circles()
    {
        var folders = _arrows.Keys.SelectMany(arrow => new[] { arrow.From, arrow.To }).Distinct().ToList();
        var reach = folders.ToDictionary(folder => folder, Reachable);
        return [.. folders.Where(folder => reach[folder].Contains(folder))
            .GroupBy(folder => string.Join(
                ", ", folders.Where(other => reach[folder].Contains(other) && reach[other].Contains(folder)).Order(StringComparer.Ordinal)))
            .Select(circle => circle.Key)];
    }

    /// <summary>One line for each folder: what it uses, and by how many types.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var arrows in _arrows.GroupBy(arrow => arrow.Key.From))
        {
            var targets = arrows.Select(arrow => $"{arrow.Key.To} ({arrow.Value.Select(use => use.Type).Distinct().Count()})");
            text.AppendLine(CultureInfo.InvariantCulture, $"{arrows.Key} -> {string.Join(", ", targets)}");
        }
        return text.ToString();
    }

    private HashSet<string> Reachable(string from)
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var folder))
        {
            foreach (var (_, to) in _arrows.Keys.Where(arrow => arrow.From == folder))
            {
                if (seen.Add(to))
                    open.Push(to);
            }
        }
        return seen;
    }

    private void Add(string from, string to, TypeUse use)
    {
        if (!_arrows.TryGetValue((from, to), out var uses))
            _arrows.Add((from, to), uses = []);
        uses.Add(use);
    }

    private static INamedTypeSymbol? TypeMeantBy(SyntaxNode node, SemanticModel model)
    {
        if (node is ImplicitObjectCreationExpressionSyntax)
            return model.GetTypeInfo(node).Type as INamedTypeSymbol;
        if (node is not SimpleNameSyntax name)
            return null;
        var info = model.GetSymbolInfo(name);
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        return symbol as INamedTypeSymbol ?? (symbol is INamespaceSymbol ? null : symbol?.ContainingType);
    }

    private static SyntaxTree? FileOf(INamedTypeSymbol type, SourceProject project)
    {
        if (!SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, project.Compilation.Assembly))
            return null;
        return type.OriginalDefinition.DeclaringSyntaxReferences.FirstOrDefault()?.SyntaxTree;
    }

    private static string FolderOf(SourceProject project, SyntaxTree file)
    {
        var path = Path.GetRelativePath(project.Folder, file.FilePath);
        return path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : "(root)";
    }
}
