namespace Screening.Protocol.Framing;

/// <summary>Walks the <c>name=value</c> lines of one framed message, without copying.</summary>
public ref struct AttributeLines(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;

    // Hardly any message holds either. One look at the whole message is cheaper than one at each of its lines.
    private readonly bool _hasCrOrNul = message.ContainsAny((byte)'\r', (byte)0);
    private int _offset;

    /// <summary>The attribute's name; set by <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The attribute's value, which may be empty; set by <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Where the value starts, in bytes from the message's first byte; set by <see cref="MoveNext"/>.</summary>
    public int ValueOffset { get; private set; }

    /// <summary>What was wrong with the first line that is not an attribute; such lines are skipped.</summary>
    public ParseError Error { get; private set; }

    /// <summary>Steps to the next attribute. False at the empty line or at the end.</summary>
    public bool MoveNext()
    {
        while (_offset < _message.Length)
        {
            var start = _offset;
            var line = NextLine();
            if (line.IsEmpty)
                return false;
            var separator = line.IndexOf((byte)'=');
            if (separator > 0 && !(_hasCrOrNul && line.ContainsAny((byte)'\r', (byte)0)))
            {
                Name = line[..separator];
                Value = line[(separator + 1)..];
                ValueOffset = start + separator + 1;
                return true;
            }

            Complain(separator < 0 ? ParseErrorKind.MissingSeparator
                : separator == 0 ? ParseErrorKind.BadName
                : ParseErrorKind.BadValue, start);
        }

        return false;
    }

    private ReadOnlySpan<byte> NextLine()
    {
        var rest = _message[_offset..];
        var lineFeed = rest.IndexOf((byte)'\n');
        _offset += lineFeed < 0 ? rest.Length : lineFeed + 1;
        var line = lineFeed < 0 ? rest : rest[..lineFeed];
        return !line.IsEmpty && line[^1] == '\r' ? line[..^1] : line;
    }

    private void Complain(ParseErrorKind kind, int offset)
    {
        if (Error.Kind == ParseErrorKind.None)
            Error = new ParseError(kind, offset);
    }
}
