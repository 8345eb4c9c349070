using Microsoft.CodeAnalysis.CSharp;
using Screening.Benchmarks.Macro;
using Screening.Testing.SourceCode;

namespace Screening.Benchmarks.House;

/// <summary>What the code is like to read, in figures: how large its parts are, and which folders use which.</summary>
internal static class HouseMode
{
    private static readonly string[] Projects = ["Protocol", "Actors", "Node"];

    /// <param name="arguments">The root of another checkout; none: this one.</param>
    public static int Run(string[] arguments)
    {
        var root = arguments.FirstOrDefault() ?? SourceProject.Root;
        var table = new Table(
            "Code", "part", "files", "lines", "types", "file p50/p90/max", "method p50/p90/p99/max", "documentation", "other comments");
        foreach (var part in (string[])["src", .. Projects.Select(p => $"src/{p}"), "src/Node/Configuration", "tests"])
            Add(table, part, SourceCounts.Of(SourceProject.FilesUnder(Path.Combine(root, part)).Select(Parse)));
        table.Print();
        foreach (var project in Projects)
        {
            var graph = FolderGraph.Of(SourceProject.Load(project, root));
            Console.WriteLine($"Folders of {project}, and the number of types that each uses of others:\n{graph}");
            Console.WriteLine(graph.Circles() is { Count: > 0 } circles ? $"circles: {string.Join("; ", circles)}\n" : "no circle\n");
        }

        return 0;
    }

    private static Microsoft.CodeAnalysis.SyntaxTree Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file);

    private static void Add(Table table, string part, SourceCounts counts)
    {
        string Share(int lines) => ((double)lines / counts.Lines).Share();
        string Quantiles(IReadOnlyList<int> of, params double[] shares) =>
            string.Join(" / ", shares.Select(share => $"{SourceCounts.Quantile(of, share)}"));
        table.Add(
            part, $"{counts.Files.Count}", $"{counts.Lines}", $"{counts.Types}", Quantiles(counts.Files, .5, .9, 1),
            Quantiles(counts.Methods, .5, .9, .99, 1), Share(counts.Documentation), Share(counts.Comments));
    }
}
