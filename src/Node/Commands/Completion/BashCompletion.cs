using System.Collections.Immutable;

namespace Screening.Node.Commands.Completion;

/// <summary>
/// The completion script for bash(1), "Programmable Completion". File names are bash's own completion, where the script has no word.
/// </summary>
internal static class BashCompletion
{
    public static string Of(ImmutableArray<CompletionNode> nodes) =>
        $$"""
        # bash completion for screening; 'screening completion bash' prints it.
        _screening() {
            local at=screening current=${COMP_WORDS[COMP_CWORD]} words='' i
            for ((i = 1; i < COMP_CWORD; i++)); do
                case "$at ${COMP_WORDS[i]}" in
                    {{Alternatives(nodes.Skip(1).Select(n => Quote(n.Path)))}})
                        at="$at ${COMP_WORDS[i]}" ;;
                esac
            done
            case "$at ${COMP_WORDS[COMP_CWORD - 1]}" in
        {{string.Concat(ValueCases(nodes))}}        *)
                    case "$at" in
        {{string.Concat(nodes.Select(WordCase))}}            esac ;;
            esac
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        }
        complete -o default -F _screening screening

        """;

    // A value that is neither known nor a file is completed by nothing.
    private static IEnumerable<string> ValueCases(ImmutableArray<CompletionNode> nodes)
    {
        var options = nodes
            .SelectMany(node => node.Options.Where(o => o.TakesValue), (node, o) => (At: Quote($"{node.Path} {o.Name}"), Option: o))
            .ToList();
        foreach (var (at, option) in options.Where(o => o.Option.Values.Length > 0))
            yield return $"        {at}) words={Quote(string.Join(' ', option.Values))} ;;\n";
        yield return $"        {Alternatives(options.Where(o => o.Option.TakesFile).Select(o => o.At))}) return ;;\n";
        var others = options.Where(o => o.Option is { TakesFile: false, Values.Length: 0 }).Select(o => o.At);
        yield return $"        {Alternatives(others)}) compopt +o default; return ;;\n";
    }

    // Where the argument is a file, options are offered only for a word that starts as one: else bash would not complete files.
    private static string WordCase(CompletionNode node)
    {
        var options = Quote(string.Join(' ', node.Options.Select(o => o.Name)));
        var words = Quote(string.Join(' ', node.Commands.Select(c => c.Text).Concat(node.Values)));
        return node.Commands.IsEmpty && node.Values.IsEmpty && !node.TakesFile
            ? $"                {Quote(node.Path)}) words={options} ;;\n"
            : $"                {Quote(node.Path)}) if [[ $current == -* ]]; then words={options}; else words={words}; fi ;;\n";
    }

    private static string Alternatives(IEnumerable<string> patterns) => string.Join(" | ", patterns);

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
