using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Access;

/// <summary>Understands the logical lines of one <see cref="CidrTable"/>, in turn.</summary>
internal sealed class CidrTableParser(AccessRule bare)
{
    private readonly ImmutableArray<CidrEntry>.Builder _entries = ImmutableArray.CreateBuilder<CidrEntry>();
    private readonly ImmutableArray<CidrError>.Builder _errors = ImmutableArray.CreateBuilder<CidrError>();
    private readonly Stack<Block> _blocks = new();

    /// <summary>Where the patterns between <c>if</c> and <c>endif</c> apply.</summary>
    private sealed record Block(int Line, ImmutableArray<Network> Inside);

    /// <summary>False when a limit was reached and the rest is not to be read.</summary>
    public bool TryRead(int line, string content)
    {
        var error = ErrorIn(line, content);
        if (error is not null)
            _errors.Add(new CidrError(line, error));
        return _errors.Count < CidrTable.MaxErrors && _entries.Count <= CidrTable.MaxEntries;
    }

    public CidrTableResult Finish()
    {
        if (_entries.Count > CidrTable.MaxEntries)
        {
            _errors.Add(new CidrError(_entries[^1].Line, $"more than {CidrTable.MaxEntries} networks"));
            _entries.Count = CidrTable.MaxEntries;
        }
        else
        {
            foreach (var block in _blocks.Reverse())
                _errors.Add(new CidrError(block.Line, "this if has no endif"));
        }

        return new CidrTableResult(_entries.DrainToImmutable(), _errors.DrainToImmutable());
    }

    private string? ErrorIn(int line, string content)
    {
        if (LogicalLines.IsSpace(content[0]))
            return "starts with whitespace, but there is no line before that it could continue";
        if (content.Contains('\0', StringComparison.Ordinal))
            return "holds a NUL";
        if (IsKeyword(content, "if"))
            return OpenBlock(line, content.AsSpan(2));
        if (!IsKeyword(content, "endif"))
            return AddEntries(line, content);
        if (!content.AsSpan(5).Trim(LogicalLines.Spaces).IsEmpty)
            return "text after endif";
        return _blocks.TryPop(out _) ? null : "endif without if";
    }

    private string? OpenBlock(int line, ReadOnlySpan<char> rest)
    {
        var error = PatternError(rest.Trim(LogicalLines.Spaces), out var inside);
        var tooDeep = error is null && _blocks.Count >= CidrTable.MaxDepth;

        // A faulty if still opens a block, so that its endif is not a second fault. Nothing applies in there.
        _blocks.Push(new Block(line, error is null && !tooDeep ? Restricted(inside) : []));
        return tooDeep ? $"if inside if deeper than {CidrTable.MaxDepth}" : error;
    }

    private string? AddEntries(int line, ReadOnlySpan<char> content)
    {
        // Whitespace may follow a "!", but it ends the network.
        var pattern = content.TrimStart("!" + LogicalLines.Spaces);
        pattern = content[..(content.Length - pattern.Length + EndOfWord(pattern))];
        var result = content[pattern.Length..].Trim(LogicalLines.Spaces);
        var rule = bare;
        if ((PatternError(pattern, out var networks) ?? ResultError(result, out rule)) is { } error)
            return error;
        foreach (var network in Restricted(networks))
        {
            if (_entries.Count > CidrTable.MaxEntries)
                break;
            _entries.Add(new CidrEntry(network, rule, line));
        }

        return null;
    }

    private ImmutableArray<Network> Restricted(ImmutableArray<Network> networks) =>
        _blocks.TryPeek(out var block) ? NetworkSets.Intersect(block.Inside, networks) : networks;

    private string? ResultError(ReadOnlySpan<char> result, out AccessRule rule)
    {
        rule = bare;
        if (result.IsEmpty)
            return null;
        var word = result[..EndOfWord(result)];
        if (word.Equals("ok", StringComparison.OrdinalIgnoreCase))
            rule = AccessRule.Permit;
        else if (!AccessRuleWords.TryParse(word, out rule))
            return $"'{PeerText.Excerpt(word)}' is none of permit, OK, reject and dunno";
        return word.Length < result.Length && rule != AccessRule.Reject
            ? $"text after '{word}'; a comment needs a line of its own"
            : null;
    }

    private static string? PatternError(ReadOnlySpan<char> pattern, out ImmutableArray<Network> networks)
    {
        networks = [];
        var negated = false;
        while (!pattern.IsEmpty && (pattern[0] == '!' || LogicalLines.IsSpace(pattern[0])))
        {
            negated ^= pattern[0] == '!';
            pattern = pattern[1..];
        }

        if (pattern.IsEmpty)
            return "a network is missing";
        if (WithoutBrackets(pattern, out var bareText) is { } bracketError)
            return bracketError;
        if (!Network.TryParse(bareText, out var network, out var error))
            return error;
        networks = negated ? NetworkSets.Complement(network) : [network];
        return null;
    }

    // [addr/len] and [addr]/len, as in lists of patterns, where an IPv6 address would be taken for type:name.
    private static string? WithoutBrackets(ReadOnlySpan<char> pattern, out string text)
    {
        text = pattern.ToString();
        if (pattern[0] != '[')
            return null;
        var close = pattern.IndexOf(']');
        if (close < 0)
            return $"']' is missing after '{PeerText.Excerpt(pattern)}'";
        var rest = pattern[(close + 1)..];
        text = string.Concat(pattern[1..close], rest);
        return rest.IsEmpty || rest[0] == '/' ? null : $"text after ']' in '{PeerText.Excerpt(pattern)}'";
    }

    private static bool IsKeyword(string content, string word) =>
        content.StartsWith(word, StringComparison.OrdinalIgnoreCase)
        && (content.Length == word.Length || !char.IsAsciiLetterOrDigit(content[word.Length]));

    private static int EndOfWord(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAny(LogicalLines.Spaces);
        return end < 0 ? text.Length : end;
    }
}
