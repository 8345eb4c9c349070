using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace Screening.Node.Commands.Usage;

/// <summary>
/// What is wrong with a command line, for people: one message per mistake, with what was probably meant, and where to read on.
/// </summary>
internal static class UsageFaults
{
    /// <summary>The messages; empty for a sound command line.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed) =>
        parsed.Errors.Count == 0 && !HasUnknownWord(parsed)
            ? []
            : [.. Mistakes(parsed), $"try '{CommandPath.Of(parsed.CommandResult)} --help'"];

    // The library overlooks it where help is asked for.
    private static bool HasUnknownWord(ParseResult parsed) =>
        parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.TreatUnmatchedTokensAsErrors;

    // An unknown word causes further errors, which add nothing.
    private static IEnumerable<string> Mistakes(ParseResult parsed)
    {
        var given = parsed.CommandResult;
        if (given.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [[not '-', ..] name, ..])
            return [OfWord(given, name)];
        if (UnknownOption(parsed) is { } option)
        {
            var suggestion = Suggestion.For(option, Suggestion.OptionsOf(given.Command));
            return [$"'{option}' is not an option of '{CommandPath.Of(given)}'{suggestion}"];
        }

        if (parsed.UnmatchedTokens is [var word, ..])
            return [OfWord(given, word)];
        if (given.Command.Subcommands.Count > 0)
            return [$"'{CommandPath.Of(given)}' needs one of its commands: {string.Join(", ", CommandsOf(given.Command))}"];
        return parsed.Errors.Select(OfError).Distinct();
    }

    // The library takes an option that it does not know for an argument.
    private static string? UnknownOption(ParseResult parsed) => parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash)
        ? null
        : parsed.CommandResult.Command.Arguments.SelectMany(a => parsed.GetResult(a)?.Tokens.Select(t => t.Value) ?? [])
            .Concat(parsed.UnmatchedTokens)
            .Where(word => word.Length > 1 && word[0] == '-')
            .Select(word => word.Split('=')[0])
            .FirstOrDefault();

    private static string OfWord(CommandResult given, string word)
    {
        var commands = CommandsOf(given.Command);
        return (commands.Count, given.Command) switch
        {
            (0, _) => $"'{word}' is one argument too many for '{CommandPath.Of(given)}'",
            (_, RootCommand) => $"'{word}' is not a command{Suggestion.For(word, commands)}",
            _ => $"'{word}' is not a command of '{CommandPath.Of(given)}'{Suggestion.For(word, commands)}",
        };
    }

    private static List<string> CommandsOf(Command command) => [.. command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];

    private static string OfError(ParseError error)
    {
        var (symbol, tokens) = error.SymbolResult switch
        {
            ArgumentResult { Parent: OptionResult option } argument => (option.Option, argument.Tokens),
            OptionResult option => (option.Option, option.Tokens),
            ArgumentResult argument => ((Symbol)argument.Argument, argument.Tokens),
            _ => (null, []),
        };
        if (symbol is null || tokens is not [{ Value: var value }])
            return error.Message;
        var known = symbol.GetCompletions(CompletionContext.Empty).Select(c => c.Label).ToList();
        return known.Count == 0 || known.Contains(value)
            ? error.Message
            : $"{symbol.Name}: '{value}' is not one of {string.Join(", ", known)}{Suggestion.For(value, known)}";
    }
}
