using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Tomlyn.Syntax;

namespace Screening.Node.Configuration;

/// <summary>A fault of syntax.</summary>
/// <param name="Place">Where.</param>
/// <param name="Message">What is wrong, and what was expected.</param>
/// <param name="Derails">The lines below cannot be understood with certainty.</param>
internal sealed record SyntaxFault(ConfigurationPlace Place, string Message, bool Derails);

/// <summary>
/// Puts what Tomlyn found wrong into an operator's words; Tomlyn's own are about tokens of a grammar. One fault a line, and none that only
/// follows from the line above.
/// </summary>
internal static partial class TomlFaults
{
    /// <summary>The faults of a text, by line.</summary>
    /// <param name="diagnostics">What Tomlyn found.</param>
    /// <param name="text">The text.</param>
    /// <param name="fileName">The file's name, as faults show it.</param>
    public static ImmutableArray<SyntaxFault> Of(DiagnosticsBag diagnostics, string text, string fileName)
    {
        var lines = text.Split('\n');
        var faults = ImmutableArray.CreateBuilder<SyntaxFault>();
        var errors = diagnostics.Where(found => found.Kind == DiagnosticMessageKind.Error);
        foreach (var line in errors.GroupBy(found => found.Span.Start.Line).OrderBy(line => line.Key))
        {
            var first = line.First();
            if (faults is [.., { Derails: true } above] && IsConsequence(first.Message, line.Key + 1 - above.Place.Line))
                continue;
            var place = new ConfigurationPlace(PlaceKind.File, fileName, line.Key + 1, first.Span.Start.Column + 1);
            var (message, derails) = Worded(line.Key < lines.Length ? lines[line.Key] : "", first.Message);
            faults.Add(new SyntaxFault(place, message, derails));
        }

        return faults.ToImmutable();
    }

    // The parser resumes in the middle of what it could not read: on the next line, or where it believes that a list continues.
    private static bool IsConsequence(string message, int linesBelow) =>
        (linesBelow == 1 && message.Contains("expecting token `newline`", StringComparison.Ordinal))
        || message.Contains("for an array", StringComparison.Ordinal);

    private static (string Message, bool Derails) Worded(string source, string message)
    {
        if (ConnectionString().IsMatch(source))
            return ("this is not TOML; the line may hold a secret and is not shown", true);
        if (AlreadyDefined().Match(message) is { Success: true } found)
            return ($"{found.Groups["key"]} is given twice; it is already on line {found.Groups["line"]}", false);
        if (Unquoted().Match(source) is { Success: true } bare)
            return (Quoted(bare.Groups["key"].Value, bare.Groups["text"].Value), false);
        if (Header().Match(source) is { Success: true } header && header.Groups["open"].Length != header.Groups["close"].Length)
        {
            var brackets = header.Groups["open"].Length;
            var name = $"{new string('[', brackets)}{header.Groups["name"]}{new string(']', brackets)}";
            return ($"the brackets of a table's name must match: {name}", true);
        }

        return (Words.FirstOrDefault(known => message.Contains(known.Tomlyn, StringComparison.OrdinalIgnoreCase)).Plain
            ?? "this cannot be read as TOML, which has name = value on each line", true);
    }

    private static string Quoted(string key, string text) => text.ToLowerInvariant() switch
    {
        "yes" or "on" or "true" => $"yes is written true, in lower case and without quotes: {key} = true",
        "no" or "off" or "false" => $"no is written false, in lower case and without quotes: {key} = false",
        _ => $"a text must stand in quotes: {key} = \"{ZoneText.Hide(text)}\"",
    };

    // Parts of Tomlyn's messages, and what they mean to the operator.
    private static readonly (string Tomlyn, string? Plain)[] Words =
    [
        ("invalid newline in a string", "the text is not closed: the quote at its end is missing"),
        ("end-of-file found on string", "the text is not closed: the quote at its end is missing"),
        ("end-of-file found for multi-line string", "the text is not closed: the three quotes at its end are missing"),
        ("end-of-line found while expecting a value", "the value after = is missing"),
        ("`<eof>` for a value", "the value after = is missing"),
        ("expecting `=` after a key", "a setting is written name = value, and a name has no spaces"),
        ("to separate items in an array", "a comma or the closing ] of the list is missing before this"),
        ("for an array", "the closing ] of the list is missing before this"),
        ("parsing inline table", "the table { ... } is not closed on its line, or has a comma before }"),
        ("expecting token `newline`", "something follows the value; each setting stands on a line of its own"),
        ("unexpected escape character",
            "a backslash in double quotes begins an escape; write it twice, or put the text into single quotes"),
        ("for a value", "this is not a value; a text stands in quotes"),
        ("for a base key", "the name is missing"),
        ("unexpected token [=] found", "the name before = is missing"),
    ];

    // store.connection, however it is written.
    [GeneratedRegex(@"(?i)\bconnection\b", RegexOptions.CultureInvariant)]
    private static partial Regex ConnectionString();

    [GeneratedRegex(@"^The key `(?<key>[^`]*)` is already defined at \((?<line>[0-9]+),")]
    private static partial Regex AlreadyDefined();

    [GeneratedRegex(
        "^\\s*(?<key>[A-Za-z0-9_.-]+)\\s*=\\s*(?<text>[A-Za-z0-9/][^\\s\"'\\[\\]{}#,=]*)\\s*(#.*)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Unquoted();

    [GeneratedRegex(
        "^\\s*(?<open>\\[{1,2})\\s*(?<name>[A-Za-z0-9_.-]+)\\s*(?<close>\\]{0,2})\\s*(#.*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Header();
}
