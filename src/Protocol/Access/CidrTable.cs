using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Access;

/// <summary>What a table says of a network.</summary>
/// <param name="Line">Where it says so: the first line of the logical line, counted from 1.</param>
public readonly record struct CidrEntry(Network Network, AccessRule Rule, int Line);

/// <summary>A fault in a table.</summary>
/// <param name="Line">Counted from 1.</param>
/// <param name="Message">What is wrong, for a person.</param>
public readonly record struct CidrError(int Line, string Message);

/// <summary>A table as far as it could be read.</summary>
/// <param name="Entries">
/// In the text's order. Negated patterns and patterns inside <c>if</c> may have become several entries, or none.
/// </param>
/// <param name="Errors">
/// In the text's order, the first <see cref="CidrTable.MaxErrors"/>. If there are any, the entries must not be used.
/// </param>
public sealed record CidrTableResult(ImmutableArray<CidrEntry> Entries, ImmutableArray<CidrError> Errors);

/// <summary>Permanent lists in the syntax of cidr_table(5).</summary>
/// <remarks>
/// <code>
/// line    = pattern [ result ] | "if" pattern | "endif" | "#" text
/// pattern = *"!" ( network | "[" network "]" | "[" address "]/" length )
/// result  = "permit" | "OK" | "reject" [ text ] | "dunno"          in any case
/// </code>
/// As Postfix src/util/dict_cidr.c, cidr_match.c and readlline.c read it, with two differences. A pattern without result
/// takes the rule the caller gives. And where Postfix takes the first pattern that matches, our lists take the longest: so
/// everything becomes a set of networks, <c>!</c> the rest of the same family, <c>if</c> an intersection. A table that puts
/// specific patterns before general ones, as its manual advises, means the same to both.
/// </remarks>
public static class CidrTable
{
    /// <summary>The most entries a table may become.</summary>
    public const int MaxEntries = 1_000_000;

    /// <summary>The deepest <c>if</c> inside <c>if</c>.</summary>
    public const int MaxDepth = 16;

    /// <summary>The most faults that are reported; reading ends there.</summary>
    public const int MaxErrors = 1_000;

    /// <summary>Reads a whole table, and reports its faults. Never throws.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="bare">What a pattern without result means.</param>
    public static CidrTableResult Parse(string text, AccessRule bare)
    {
        var parser = new CidrTableParser(bare);
        foreach (var (line, content) in LogicalLines.Of(text))
        {
            if (!parser.TryRead(line, content))
                break;
        }

        return parser.Finish();
    }
}
