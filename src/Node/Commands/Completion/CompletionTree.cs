using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using Screening.Node.Commands.Usage;

namespace Screening.Node.Commands.Completion;

/// <summary>A word that can stand somewhere, and what it means: one sentence.</summary>
internal readonly record struct CompletionWord(string Text, string Meaning);

/// <summary>An option as completions need it.</summary>
/// <param name="Name">Its long name, such as <c>--door</c>.</param>
/// <param name="TakesValue">True if a value follows.</param>
/// <param name="TakesFile">True if that value is the name of a file.</param>
/// <param name="Values">The values it can have, where they are few and known.</param>
internal sealed record CompletionOption(string Name, string Meaning, bool TakesValue, bool TakesFile, ImmutableArray<string> Values);

/// <summary>One command as completions need it.</summary>
/// <param name="Path">From the program's name on.</param>
/// <param name="Commands">The commands below it.</param>
/// <param name="Values">What its argument can be, where that is known.</param>
/// <param name="TakesFile">True if its argument is the name of a file.</param>
internal sealed record CompletionNode(
    string Path, ImmutableArray<CompletionWord> Commands, ImmutableArray<CompletionOption> Options, ImmutableArray<string> Values,
    bool TakesFile);

/// <summary>The commands and options of the program, flattened for the scripts of the shells.</summary>
internal static class CompletionTree
{
    private const string FileName = "FILE";

    /// <summary>All commands, each before those below it.</summary>
    public static ImmutableArray<CompletionNode> Of(RootCommand root) => [.. NodesOf(root, CommandPath.Program, OptionsOf(root))];

    private static IEnumerable<CompletionNode> NodesOf(Command command, string path, ImmutableArray<CompletionOption> options)
    {
        var below = command.Subcommands.Where(c => !c.Hidden).ToList();
        yield return new CompletionNode(
            path,
            [.. below.Select(c => new CompletionWord(c.Name, FirstSentence(c.Description)))],
            options,
            [.. command.Arguments.SelectMany(argument => ValuesOf(argument).AsEnumerable())],
            command.Arguments.Any(a => a.Name == FileName));
        var help = options.Where(o => o.Name == "--help").ToImmutableArray();
        foreach (var node in below.SelectMany(c => NodesOf(c, $"{path} {c.Name}", [.. OptionsOf(c), .. help])))
            yield return node;
    }

    private static ImmutableArray<CompletionOption> OptionsOf(Command command) =>
    [
        .. command.Options.Where(o => !o.Hidden).Select(o => new CompletionOption(
            o.Name, FirstSentence(o.Description), o.Arity.MaximumNumberOfValues > 0 && o.ValueType != typeof(bool), o.HelpName == FileName,
            ValuesOf(o))),
    ];

    // A flag takes true and false, but is never written with either.
    private static ImmutableArray<string> ValuesOf(Symbol symbol) => symbol is Option { ValueType: var type } && type == typeof(bool)
        ? []
        : [.. symbol.GetCompletions(CompletionContext.Empty).Select(c => c.Label)];

    private static string FirstSentence(string? text)
    {
        var end = text?.IndexOf(". ", StringComparison.Ordinal) ?? -1;
        return (end < 0 ? text ?? "" : text![..end]).TrimEnd('.').Replace('\n', ' ');
    }
}
