using System.Buffers;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsblog;

/// <summary>Finds the end of a <see cref="DnsblogRequest"/>, and understands it.</summary>
/// <remarks>Attributes come in any order; unknown ones are ignored, of a repeated one the last counts.</remarks>
public static class DnsblogRequestParser
{
    /// <summary>Reads one request from the front of <paramref name="reader"/>.</summary>
    /// <returns><c>Done</c>; <c>NeedMoreData</c> or <c>InvalidData</c>, both with the reader where it was.</returns>
    public static OperationStatus TryRead(ref SequenceReader<byte> reader, out DnsblogRequest? request, out ParseError error)
    {
        Span<byte> copy = stackalloc byte[DnsblogRequest.MaxBytes];
        request = null;
        error = default;
        var length = (int)Math.Min(reader.Remaining, copy.Length);
        scoped ReadOnlySpan<byte> bytes = reader.UnreadSpan;
        if (bytes.Length < length)
        {
            reader.UnreadSequence.Slice(0, length).CopyTo(copy);
            bytes = copy;
        }

        bytes = bytes[..length];
        if (!TryFindEnd(bytes, out var end))
        {
            if (length < DnsblogRequest.MaxBytes)
                return OperationStatus.NeedMoreData;
            error = new ParseError(ParseErrorKind.RequestTooLong, DnsblogRequest.MaxBytes);
            return OperationStatus.InvalidData;
        }

        if (!TryParse(bytes[..end], out request, out error))
            return OperationStatus.InvalidData;
        reader.Advance(end);
        return OperationStatus.Done;
    }

    // Two NULs in a row do not always end a request: a value may be empty. Only an empty name ends it.
    private static bool TryFindEnd(ReadOnlySpan<byte> bytes, out int end)
    {
        end = 0;
        while (TryTakeText(bytes, ref end, out var name))
        {
            if (name.IsEmpty)
                return true;
            if (!TryTakeText(bytes, ref end, out _))
                return false;
        }

        return false;
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, out DnsblogRequest? request, out ParseError error)
    {
        request = null;
        error = default;
        string? domain = null, clientText = null, label = null;
        ClientAddress client = default;
        var at = 0;
        while (TryTakeText(bytes, ref at, out var name) && !name.IsEmpty)
        {
            var start = at;
            TryTakeText(bytes, ref at, out var value);
            var fault = ParseErrorKind.None;
            if (name.SequenceEqual("rbl_domain"u8))
                fault = ParseText(value, DnsblogRequest.MaxDomainLength, out domain);
            else if (name.SequenceEqual("label"u8))
                fault = ParseText(value, DnsblogRequest.MaxLabelLength, out label);
            else if (name.SequenceEqual("client_address"u8))
                fault = TakeAddress(value, out clientText, out client);
            if (fault != ParseErrorKind.None)
            {
                error = new ParseError(fault, start);
                return false;
            }
        }

        if (domain is null || clientText is null || label is null)
        {
            error = new ParseError(ParseErrorKind.MissingAttribute, at - 1);
            return false;
        }

        request = new DnsblogRequest(domain, client, clientText, label);
        return true;
    }

    private static bool TryTakeText(ReadOnlySpan<byte> bytes, ref int next, out ReadOnlySpan<byte> text)
    {
        var length = bytes[next..].IndexOf((byte)0);
        text = length < 0 ? default : bytes.Slice(next, length);
        next += length + 1;
        return length >= 0;
    }

    private static ParseErrorKind ParseText(ReadOnlySpan<byte> value, int maxLength, out string? text)
    {
        text = null;
        if (value.IsEmpty || value.Length > maxLength || value.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return ParseErrorKind.BadValue;
        text = Encoding.ASCII.GetString(value);
        return ParseErrorKind.None;
    }

    private static ParseErrorKind TakeAddress(ReadOnlySpan<byte> value, out string? text, out ClientAddress client)
    {
        text = null;
        if (!ClientAddress.TryParse(value, out client))
            return ParseErrorKind.BadAddress;
        text = Encoding.ASCII.GetString(value);
        return ParseErrorKind.None;
    }
}
