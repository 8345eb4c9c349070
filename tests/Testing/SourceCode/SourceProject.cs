using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Screening.Testing.Lab;

namespace Screening.Testing.SourceCode;

/// <summary>
/// One project of <c>src</c> as the compiler sees it: its files, and what each name in them means. What a source generator would add is
/// missing, which costs nothing here: generated code uses no folder that the code it was made for does not.
/// </summary>
public sealed class SourceProject
{
    private SourceProject(string name, string folder, CSharpCompilation compilation)
    {
        Name = name;
        Folder = folder;
        Compilation = compilation;
    }

    /// <summary>Protocol, Actors or Node.</summary>
    public string Name { get; }

    /// <summary>Its absolute path.</summary>
    public string Folder { get; }

    internal CSharpCompilation Compilation { get; }

    /// <summary>Every file, without those that the build makes.</summary>
    public IEnumerable<SyntaxTree> Files => Compilation.SyntaxTrees.Where(tree => !IsMade(Path.GetRelativePath(Folder, tree.FilePath)));

    /// <summary>The checkout that the tests were built from.</summary>
    public static string Root => Repository.File("");

    /// <summary>The files under a folder, without those that the build makes.</summary>
    public static IEnumerable<string> FilesUnder(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !IsMade(Path.GetRelativePath(folder, file)))
            .Order(StringComparer.Ordinal);

    /// <summary>Reads a project. It must have been built, because its global usings are made then.</summary>
    /// <param name="root">The checkout; null: the one that the tests were built from.</param>
    public static SourceProject Load(string name, string? root = null)
    {
        var folder = Path.Combine(root ?? Root, "src", name);
        var usings = new DirectoryInfo(Path.Combine(folder, "obj")).EnumerateFiles("*.GlobalUsings.g.cs", SearchOption.AllDirectories)
            .MaxBy(file => file.LastWriteTimeUtc) ?? throw new InvalidOperationException($"{folder} has not been built");
        var trees = FilesUnder(folder).Append(usings.FullName).Select(
            file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file));

        // The name is what makes the internal types of the project below visible.
        var assembly = string.Create(CultureInfo.InvariantCulture, $"Screening.{name}");
        return new SourceProject(name, folder, CSharpCompilation.Create(assembly, trees, References(assembly)));
    }

    /// <summary>Where a node stands, as <c>src/Actors/Checks/Breaker.cs:12</c>.</summary>
    public static string PlaceOf(SyntaxNode node)
    {
        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        return FormattableString.Invariant($"{Path.GetRelativePath(Repository.File(""), node.SyntaxTree.FilePath)}:{line}");
    }

    private static IEnumerable<MetadataReference> References(string except)
    {
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return trusted
            .Where(file => Path.GetFileNameWithoutExtension(file) is var name && name != except
                && !(except == "Screening.Node" && name == "screening"))
            .Select(file => MetadataReference.CreateFromFile(file));
    }

    private static bool IsMade(string path) => path.Split('/').Any(part => part is "obj" or "bin");
}
