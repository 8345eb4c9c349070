using System.Buffers;

namespace Screening.Protocol.Framing;

/// <summary>The bounds of a line-framed message.</summary>
/// <param name="MaxLineBytes">Longest line, its end not counted.</param>
/// <param name="MaxMessageBytes">Longest message, line ends counted.</param>
public readonly record struct ParseLimits(int MaxLineBytes, int MaxMessageBytes);

/// <summary>
/// Finds the end of a message of lines that an empty line ends; knows nothing of what the lines say. One framer for each connection: it
/// remembers how far it has looked, so that a message that arrives in many pieces is scanned once.
/// </summary>
/// <remarks>
/// <code>
/// message = *( line EOL ) EOL        EOL = LF / CRLF
/// </code>
/// </remarks>
public struct AttributeFramer(ParseLimits limits)
{
    private long _scanned;
    private int _lineBytes;
    private bool _lineEndsInCr;

    /// <summary>True while the front of a message has been seen but not its end.</summary>
    public readonly bool IsInsideMessage => _scanned > 0;

    /// <summary>Looks for the end of the message that starts at the front of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">All bytes from the message's start, those of earlier calls included.</param>
    /// <param name="length">With <c>Done</c>, the message's bytes, its empty line included.</param>
    /// <param name="error">With <c>InvalidData</c>, the limit that was exceeded. The framer cannot be used any more then.</param>
    public OperationStatus TryFindEnd(in ReadOnlySequence<byte> buffer, out long length, out ParseError error)
    {
        error = default;
        if (TryFindWhole(buffer.FirstSpan, out length))
            return OperationStatus.Done;
        foreach (var memory in buffer.Slice(_scanned))
        {
            var segment = memory.Span;
            while (!segment.IsEmpty)
            {
                var lineFeed = segment.IndexOf((byte)'\n');
                var piece = lineFeed < 0 ? segment : segment[..lineFeed];
                if (!TryAddPiece(piece, out error))
                    return OperationStatus.InvalidData;
                if (lineFeed < 0)
                    break;
                _scanned++;
                if (_scanned > limits.MaxMessageBytes)
                {
                    error = new ParseError(ParseErrorKind.RequestTooLong, limits.MaxMessageBytes);
                    return OperationStatus.InvalidData;
                }

                if (EndLine())
                {
                    length = _scanned;
                    this = new AttributeFramer(limits);
                    return OperationStatus.Done;
                }

                segment = segment[(lineFeed + 1)..];
            }
        }

        return OperationStatus.NeedMoreData;
    }

    // Nearly every message comes as a whole, without CR and shorter than a line may be: one look for its end is all that it needs.
    private readonly bool TryFindWhole(ReadOnlySpan<byte> bytes, out long length)
    {
        length = 0;
        if (_scanned > 0 || bytes.IsEmpty || bytes[0] == '\n')
            return false;
        var end = bytes[..Math.Min(bytes.Length, limits.MaxLineBytes)].IndexOf("\n\n"u8);
        if (end < 0 || bytes[..end].Contains((byte)'\r'))
            return false;
        length = end + 2;
        return true;
    }

    private bool TryAddPiece(ReadOnlySpan<byte> piece, out ParseError error)
    {
        error = default;
        if (piece.IsEmpty)
            return true;
        _scanned += piece.Length;
        _lineBytes += piece.Length;
        _lineEndsInCr = piece[^1] == '\r';
        var lineIsTooLong = _lineBytes - (_lineEndsInCr ? 1 : 0) > limits.MaxLineBytes;
        if (!lineIsTooLong && _scanned <= limits.MaxMessageBytes)
            return true;

        // The limit that a reader of single bytes would reach first, so that the error does not depend on how the bytes arrived.
        var lineLimit = _scanned - _lineBytes + limits.MaxLineBytes;
        error = lineIsTooLong && lineLimit < limits.MaxMessageBytes
            ? new ParseError(ParseErrorKind.LineTooLong, lineLimit)
            : new ParseError(ParseErrorKind.RequestTooLong, limits.MaxMessageBytes);
        return false;
    }

    // True if the line that just ended was empty.
    private bool EndLine()
    {
        var empty = _lineBytes == 0 || (_lineBytes == 1 && _lineEndsInCr);
        _lineBytes = 0;
        _lineEndsInCr = false;
        return empty;
    }
}
