using System.Buffers;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsblog;

/// <summary>Finds the end of a <see cref="DnsblogRequest"/> and reads it.</summary>
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
            // Rare: postscreen writes a request at once, so that it lies in one segment.
            reader.UnreadSequence.Slice(0, length).CopyTo(copy);
            bytes = copy;
        }

        if (!TryReadAttributes(bytes[..length], out var found, out var end))
        {
            if (length < DnsblogRequest.MaxBytes)
                return OperationStatus.NeedMoreData;
            error = new ParseError(ParseErrorKind.RequestTooLong, DnsblogRequest.MaxBytes);
            return OperationStatus.InvalidData;
        }

        error = Fault(found, end, out var client);
        if (error.Kind != ParseErrorKind.None)
            return OperationStatus.InvalidData;
        request = new DnsblogRequest(
            found.Text(Attributes.Domain)!, client, found.Text(Attributes.Client)!, found.Text(Attributes.Label)!);
        reader.Advance(end);
        return OperationStatus.Done;
    }

    // Two NULs in a row do not always end a request, since a value may be empty. Only an empty name ends it.
    private static bool TryReadAttributes(ReadOnlySpan<byte> bytes, out AttributeValues found, out int end)
    {
        found = new AttributeValues(bytes);
        end = 0;
        while (TryReadString(bytes, ref end, out var name))
        {
            if (name.IsEmpty)
                return true;
            var start = end;
            if (!TryReadString(bytes, ref end, out var value))
                return false;
            if (Attributes.Table.TryFind(name, out var attribute))
                found.Set(attribute, start, value.Length);
        }

        return false;
    }

    private static bool TryReadString(ReadOnlySpan<byte> bytes, ref int next, out ReadOnlySpan<byte> text)
    {
        var length = bytes[next..].IndexOf((byte)0);
        text = length < 0 ? default : bytes.Slice(next, length);
        next += length + 1;
        return length >= 0;
    }

    private static ParseError Fault(in AttributeValues found, int end, out ClientAddress client)
    {
        client = default;
        if (found.Has(Attributes.Domain) && !IsWord(found[Attributes.Domain], DnsblogRequest.MaxDomainLength))
            return new ParseError(ParseErrorKind.BadValue, found.OffsetOf(Attributes.Domain));
        if (found.Has(Attributes.Label) && !IsWord(found[Attributes.Label], DnsblogRequest.MaxLabelLength))
            return new ParseError(ParseErrorKind.BadValue, found.OffsetOf(Attributes.Label));
        if (found.Has(Attributes.Client) && !ClientAddress.TryParse(found[Attributes.Client], out client))
            return new ParseError(ParseErrorKind.BadAddress, found.OffsetOf(Attributes.Client));
        return found.Has(Attributes.Domain) && found.Has(Attributes.Client) && found.Has(Attributes.Label)
            ? default
            : new ParseError(ParseErrorKind.MissingAttribute, end - 1);
    }

    private static bool IsWord(ReadOnlySpan<byte> value, int maxLength) =>
        !value.IsEmpty && value.Length <= maxLength && !value.ContainsAnyExceptInRange((byte)'!', (byte)'~');

    private static class Attributes
    {
        public const int Domain = 0, Client = 1, Label = 2;

        public static readonly AttributeTable Table = new((Domain, "rbl_domain"), (Client, "client_address"), (Label, "label"));
    }
}
