using System.Collections.Immutable;

namespace Screening.Node.Commands.Completion;

/// <summary>
/// The completion script for zsh(1): zshcompsys(1). Works from a folder of <c>fpath</c> as <c>_screening</c>, and sourced.
/// </summary>
internal static class ZshCompletion
{
    public static string Of(ImmutableArray<CompletionNode> nodes) =>
        $$"""
        #compdef screening
        # zsh completion for screening; 'screening completion zsh' prints it.
        _screening() {
            local at=screening word
            local -a names
            for word in ${words[2,CURRENT-1]}; do
                case "$at $word" in
                    {{string.Join("|", nodes.Skip(1).Select(n => $"({Quote(n.Path)})"))}}) at="$at $word" ;;
                esac
            done
            case "$at ${words[CURRENT-1]}" in
        {{string.Concat(nodes.SelectMany(ValueCases))}}    esac
            case "$at" in
        {{string.Concat(nodes.Select(WordCase))}}    esac
        }
        if [[ ${funcstack[1]} == _screening ]]; then
            _screening "$@"
        else
            compdef _screening screening
        fi

        """;

    private static IEnumerable<string> ValueCases(CompletionNode node) => node.Options.Where(o => o.TakesValue).Select(option =>
        $"        ({Quote($"{node.Path} {option.Name}")}) "
        + (option.TakesFile ? "_files" : option.Values.IsEmpty ? ":" : "compadd -- " + string.Join(' ', option.Values.Select(Quote)))
        + "; return ;;\n");

    private static string WordCase(CompletionNode node)
    {
        var words = node.Commands.Concat(node.Values.Select(v => new CompletionWord(v, ""))).ToList();
        var options = node.Options.Select(o => new CompletionWord(o.Name, o.Meaning)).ToList();
        var plain = words.Count > 0 || node.TakesFile ? words : options;
        var files = node.TakesFile ? " _files;" : "";
        var isOption = "[[ ${words[CURRENT]} == -* ]]";
        return $"        ({Quote(node.Path)})\n"
            + $"            if {isOption}; then names=({Described(options)}); else names=({Described(plain)});{files} fi\n"
            + "            _describe 'screening' names ;;\n";
    }

    // _describe splits at the first colon.
    private static string Described(IEnumerable<CompletionWord> words) => string.Join(' ', words.Select(w => Quote(
        w.Text.Replace(":", "\\:", StringComparison.Ordinal) + (w.Meaning.Length > 0 ? ":" + w.Meaning : ""))));

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
