using System.Text;
using Screening.Protocol.Access;

namespace Screening.Node.Postfix;

/// <summary>
/// The parameters of a main.cf or of <c>postconf -n</c>'s output (postconf(5), "BASIC FILE FORMAT"): the last of a repeated one counts,
/// and <c>$name</c>, <c>${name}</c>, <c>${name?text}</c>, <c>${name:text}</c> and <c>${name?{text}:{text}}</c> are expanded.
/// </summary>
internal sealed class PostfixParameters
{
    // Deeper nesting than this is a loop; Postfix stops at 100 too (src/global/mail_conf.c by way of src/util/mac_expand.c).
    private const int MaxDepth = 100;
    private const int MaxLength = 1_000_000;

    // What may be read again while values are filled in, in characters: "a = $b$b", "b = $c$c" and so on would double it with each line.
    private const int MaxExpandedCharacters = 20_000_000;

    private readonly Dictionary<string, string> _raw = [];
    private readonly List<string> _faults = [];
    private long _left = MaxExpandedCharacters;

    private PostfixParameters()
    {
    }

    /// <summary>Values as they are written, by name.</summary>
    public IReadOnlyDictionary<string, string> Raw => _raw;

    /// <summary>Names of the parameters that are given.</summary>
    public IEnumerable<string> Names => _raw.Keys;

    /// <summary>Lines that are not <c>name = value</c>, and values that refer to themselves.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Reads a text.</summary>
    public static PostfixParameters Parse(string text)
    {
        var parameters = new PostfixParameters();
        foreach (var (line, content) in LogicalLines.Of(text))
        {
            var separator = content.IndexOf('=', StringComparison.Ordinal);
            var name = separator > 0 ? content[..separator].Trim() : "";
            if (name.Length == 0 || LogicalLines.IsSpace(content[0]) || name.Any(LogicalLines.IsSpace))
                parameters._faults.Add($"line {line} is not 'name = value' and is left out");
            else
                parameters._raw[name] = OnOneLine(content[(separator + 1)..]);
        }

        return parameters;
    }

    /// <summary>True if the parameter was given.</summary>
    public bool IsGiven(string name) => _raw.ContainsKey(name);

    /// <summary>The value of the first of these names that was given, expanded; null if none was.</summary>
    public string? Value(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_raw.TryGetValue(name, out var raw))
                return Expand(name, raw);
        }

        return null;
    }

    private static string OnOneLine(string value) =>
        string.Join(' ', value.Split(['\r', '\n', '\t'], StringSplitOptions.TrimEntries)).Trim();

    private string Expand(string name, string raw)
    {
        var text = new StringBuilder();
        if (TryExpand(raw, text, 0))
            return text.ToString();
        _faults.Add($"{name} refers to itself or is too long when expanded; it is taken as it stands");
        return raw;
    }

    private bool TryExpand(ReadOnlySpan<char> raw, StringBuilder text, int depth)
    {
        _left -= raw.Length + 1;
        if (depth > MaxDepth || _left < 0)
            return false;
        while (!raw.IsEmpty && text.Length < MaxLength)
        {
            var dollar = raw.IndexOf('$');
            if (dollar < 0 || dollar == raw.Length - 1)
            {
                text.Append(raw);
                return true;
            }

            text.Append(raw[..dollar]);
            raw = raw[(dollar + 1)..];
            if (raw[0] == '$')
            {
                text.Append('$');
                raw = raw[1..];
                continue;
            }

            var body = ReadName(ref raw);
            if (!TryExpandName(body, text, depth))
                return false;
        }

        return text.Length < MaxLength;
    }

    // What stands in the brackets of ${...} or $(...), or the bare name.
    private static ReadOnlySpan<char> ReadName(ref ReadOnlySpan<char> raw)
    {
        if (raw[0] is '{' or '(')
        {
            var length = BlockLength(raw);
            var body = raw[1..Math.Max(1, length - 1)];
            raw = raw[length..];
            return body;
        }

        var end = 0;
        while (end < raw.Length && (char.IsAsciiLetterOrDigit(raw[end]) || raw[end] == '_'))
            end++;
        var name = raw[..end];
        raw = raw[end..];
        return name;
    }

    // The characters from an opening bracket to its closing one.
    private static int BlockLength(ReadOnlySpan<char> text)
    {
        var (open, close) = text[0] == '{' ? ('{', '}') : ('(', ')');
        var depth = 0;
        for (var at = 0; at < text.Length; at++)
        {
            depth += text[at] == open ? 1 : text[at] == close ? -1 : 0;
            if (depth == 0)
                return at + 1;
        }

        return text.Length;
    }

    private bool TryExpandName(ReadOnlySpan<char> body, StringBuilder text, int depth)
    {
        var mark = body.IndexOfAny('?', ':');
        var name = (mark < 0 ? body : body[..mark]).Trim().ToString();
        var value = new StringBuilder();
        if (_raw.TryGetValue(name, out var raw) && !TryExpand(raw, value, depth + 1))
            return false;
        if (mark < 0)
        {
            text.Append(value);
            return true;
        }

        var (ifSet, ifNot) = Alternatives(body[mark..]);
        return TryExpand(value.Length > 0 ? ifSet : ifNot, text, depth + 1);
    }

    // "?a", ":b", "?{a}:{b}".
    private static (string IfSet, string IfNot) Alternatives(ReadOnlySpan<char> rest)
    {
        var isSet = rest[0] == '?';
        rest = rest[1..];
        if (rest.TrimStart() is not ['{', ..] block)
            return isSet ? (rest.ToString(), "") : ("", rest.ToString());
        var length = BlockLength(block);
        var first = block[1..Math.Max(1, length - 1)].Trim().ToString();
        var other = block[length..].TrimStart();
        if (!isSet)
            return ("", first);
        if (other is not [':', ..])
            return (first, "");
        other = other[1..].TrimStart();
        return (first, other is ['{', ..] ? other[1..Math.Max(1, BlockLength(other) - 1)].Trim().ToString() : other.ToString());
    }
}
