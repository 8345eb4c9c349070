using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Framing;

/// <summary>
/// The values of one message's attributes, by the numbers of its <see cref="AttributeTable"/>. Holds places in the message and copies
/// nothing: valid as long as the message is.
/// </summary>
public ref struct AttributeValues(ReadOnlySpan<byte> message)
{
    private const int MaxPort = 65535;

    private readonly ReadOnlySpan<byte> _message = message;
    private Places _places;

    /// <summary>The first line that is not an attribute; <see cref="ParseErrorKind.None"/> if all are.</summary>
    public ParseError Error { get; internal set; }

    /// <summary>The value; empty if the attribute is absent.</summary>
    public readonly ReadOnlySpan<byte> this[int attribute] => _message.Slice(_places[attribute].Offset, _places[attribute].Length);

    /// <summary>True if the message has the attribute, though perhaps with an empty value.</summary>
    public readonly bool Has(int attribute) => _places[attribute].Offset > 0;

    /// <summary>Where the value starts, in bytes from the message's first byte; 0 if the attribute is absent.</summary>
    public readonly int OffsetOf(int attribute) => _places[attribute].Offset;

    /// <summary>The value as text; null if it is absent or empty. Allocates.</summary>
    public readonly string? Text(int attribute) => this[attribute] is { IsEmpty: false } value ? Encoding.UTF8.GetString(value) : null;

    /// <summary>The value as an address; null if it is absent or not one.</summary>
    public readonly ClientAddress? Address(int attribute) =>
        ClientAddress.TryParse(this[attribute], out var address) ? address : null;

    /// <summary>The value as a port; 0 if it is absent or not one.</summary>
    public readonly int Port(int attribute) =>
        int.TryParse(this[attribute], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= MaxPort ? port : 0;

    // A value never starts at 0, where its name does: so a place that was not set is one of an absent attribute.
    internal void Set(int attribute, int offset, int length) => _places[attribute] = new Place(offset, length);

    private readonly record struct Place(int Offset, int Length);

    [InlineArray(AttributeTable.MaxAttributes)]
    private struct Places
    {
        private Place _first;
    }
}
