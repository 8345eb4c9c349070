namespace Screening.Protocol.Dnsbl;

/// <summary>Goes through the text of one <see cref="AnswerFilter"/>, and stops at the first fault.</summary>
internal ref struct AnswerFilterScanner
{
    private readonly ReadOnlySpan<char> _text;
    private readonly int _end;
    private int _next;

    public AnswerFilterScanner(ReadOnlySpan<char> text)
    {
        _text = text;
        _end = text.Length;
        Error = "";

        // Brackets may stand around the whole filter. They do if the first one closes last: in "[[2;3].0.0.1]", not in "[2;3].0.0.[1]".
        if (!text.IsEmpty && text[0] == '[' && ClosingBracket(text) == text.Length - 1)
        {
            _next = 1;
            _end--;
        }
    }

    public string Error { get; private set; }

    public int ErrorOffset { get; private set; }

    private readonly char Next => _next < _end ? _text[_next] : '\0';

    public bool TryReadFilter(out AnswerFilter? filter)
    {
        filter = null;
        if (_next >= _end)
            return Fail("the filter is empty");
        Span<OctetSet> fields = stackalloc OctetSet[4];
        for (var i = 0; i < 4; i++)
        {
            if (i > 0 && !TrySkip('.'))
                return Fail(_next >= _end ? $"the filter ends after {i} of 4 fields" : $"'.' expected before '{Next}'");
            if (!TryReadField(out fields[i]))
                return false;
        }

        if (_next < _end)
            return Fail($"'{Next}' after the fourth field");
        filter = new AnswerFilter(fields[0], fields[1], fields[2], fields[3]);
        return true;
    }

    private bool TryReadField(out OctetSet values)
    {
        values = default;
        if (!TrySkip('['))
        {
            if (!TryReadOctet(out var value))
                return false;
            values = values.With(value, value);
            return true;
        }

        do
        {
            if (!TryReadMember(ref values))
                return false;
        }
        while (TrySkip(';'));
        return TrySkip(']') || Fail(_next >= _end
            ? "']' is missing (numbers inside [] are separated by ';', since ',' ends the entry)"
            : $"';' or ']' expected before '{Next}'");
    }

    private bool TryReadMember(ref OctetSet values)
    {
        if (!TryReadOctet(out var first))
            return false;
        var last = first;
        if (Next == '-')
            return Fail($"a range is written with two dots, {first}..{RangeEnd()}");
        if (TrySkip('.'))
        {
            if (!TrySkip('.'))
                return Fail("a range is written with two dots, 2..11");
            var at = _next;
            if (!TryReadOctet(out last))
                return false;
            if (last < first)
                return FailAt(at, $"the range {first}..{last} runs backwards");
        }

        values = values.With(first, last);
        return true;
    }

    // What was meant to end the range that a hyphen begins, for the message; N where no number follows.
    private readonly string RangeEnd()
    {
        var digits = _text[(_next + 1).._end];
        var length = digits.IndexOfAnyExceptInRange('0', '9');
        digits = length < 0 ? digits : digits[..length];
        return digits.Length is 0 or > 3 ? "N" : digits.ToString();
    }

    private bool TryReadOctet(out byte value)
    {
        var start = _next;
        var number = 0;
        while (char.IsAsciiDigit(Next))
            number = Math.Min((number * 10) + (_text[_next++] - '0'), 256);
        value = (byte)number;
        if (_next == start)
        {
            return Fail(_next >= _end
                ? "the filter ends where a number 0 to 255 is expected"
                : $"a number 0 to 255 expected before '{Next}'");
        }

        return number <= 255 || FailAt(start, "a number above 255");
    }

    private bool TrySkip(char expected)
    {
        if (Next != expected)
            return false;
        _next++;
        return true;
    }

    private bool Fail(string error) => FailAt(_next, error);

    private bool FailAt(int offset, string error)
    {
        (Error, ErrorOffset) = (error, offset);
        return false;
    }

    private static int ClosingBracket(ReadOnlySpan<char> text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '[')
                depth++;
            else if (text[i] == ']' && --depth == 0)
                return i;
        }

        return -1;
    }
}
