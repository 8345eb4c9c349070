using System.Collections.Immutable;

namespace Screening.Node.Commands.Completion;

/// <summary>The completion script for bash(1), "Programmable Completion". File names are bash's own completion, where the script has no word.</summary>
internal static class BashCompletion
{
    public static string Of(ImmutableArray<CompletionNode> nodes) =>
        $$"""
        # bash completion for screening; 'screening completion bash' prints it.
        _screening() {
            local at=screening current=${COMP_WORDS[COMP_CWORD]} words='' i
            for ((i = 1; i < COMP_CWORD; i++)); do
                case "$at ${COMP_WORDS[i]}" in
                    {{string.Join(" | ", nodes.Skip(1).Select(n => Quote(n.Path)))}})
                        at="$at ${COMP_WORDS[i]}" ;;
                esac
            done
            case "$at ${COMP_WORDS[COMP_CWORD - 1]}" in
        {{string.Concat(nodes.SelectMany(ValueCases))}}        *)
                    case "$at" in
        {{string.Concat(nodes.Select(WordCase))}}            esac ;;
            esac
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        }
        complete -o default -F _screening screening

        """;

    private static IEnumerable<string> ValueCases(CompletionNode node) => node.Options.Where(o => o.TakesValue).Select(option =>
        $"        {Quote($"{node.Path} {option.Name}")}) words={Quote(string.Join(' ', option.Values))} ;;\n");

    // Where a file is wanted, options come only to who starts one: else bash would not complete files.
    private static string WordCase(CompletionNode node)
    {
        var options = string.Join(' ', node.Options.Select(o => o.Name));
        var words = string.Join(' ', node.Commands.Select(c => c.Text).Concat(node.Values));
        var plain = node.TakesFile || words.Length > 0 ? words : options;
        return $"                {Quote(node.Path)}) if [[ $current == -* ]]; then words={Quote(options)}; else words={Quote(plain)}; fi ;;\n";
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
