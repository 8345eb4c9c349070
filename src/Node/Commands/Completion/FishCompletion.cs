using System.Collections.Immutable;
using Screening.Node.Commands.Usage;

namespace Screening.Node.Commands.Completion;

/// <summary>The completion script for fish(1): complete(1).</summary>
internal static class FishCompletion
{
    public static string Of(ImmutableArray<CompletionNode> nodes) =>
        $$"""
        # fish completion for screening; 'screening completion fish' prints it.
        function __screening_at
            set -l at screening
            for word in (commandline -opc)[2..-1]
                switch "$at $word"
                    case {{string.Join(' ', nodes.Skip(1).Select(n => Quote(n.Path)))}}
                        set at "$at $word"
                end
            end
            test "$at" = "$argv[1]"
        end
        complete -c {{CommandPath.Program}} -f
        {{string.Concat(nodes.SelectMany(LinesOf))}}
        """;

    private static IEnumerable<string> LinesOf(CompletionNode node)
    {
        var here = $"complete -c {CommandPath.Program} -n {Quote($"__screening_at {Quote(node.Path)}")}";
        foreach (var command in node.Commands)
            yield return $"{here} -a {Quote(command.Text)} -d {Quote(command.Meaning)}\n";
        if (node.Values.Length > 0)
            yield return $"{here} -a {Quote(string.Join(' ', node.Values))}\n";
        if (node.TakesFile)
            yield return $"{here} -F\n";
        foreach (var option in node.Options)
        {
            var value = option switch
            {
                { TakesValue: false } => "",
                { TakesFile: true } => " -r -F",
                { Values.IsEmpty: true } => " -x",
                _ => $" -x -a {Quote(string.Join(' ', option.Values))}",
            };
            yield return $"{here} -l {option.Name.TrimStart('-')}{value} -d {Quote(option.Meaning)}\n";
        }
    }

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
