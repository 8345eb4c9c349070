using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.Serialization;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <summary>Writes the fields of one message; <see cref="PackedReader"/> reads them in the same order.</summary>
/// <remarks>
/// <code>
/// message = count of texts, *text, fields         text    = length, UTF-8
/// number  = varint, 7 bits a byte, lowest first   integer = zigzag number
/// record  = length, fields                        array   = count, *item
/// </code>
/// Each text of a message stands once, at its front; fields hold its place, from 1, and 0 for null. The texts are in front of
/// everything, so that whoever skips a field that it does not know misses none of them.
/// </remarks>
internal sealed class PackedWriter
{
    private byte[] _fields = new byte[128];
    private int _length;
    private Dictionary<string, int>? _texts;

    public PackedWriter Number(ulong value)
    {
        Reserve(10);
        _length += WriteNumber(_fields.AsSpan(_length), value);
        return this;
    }

    public PackedWriter Integer(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    public PackedWriter OptionalInteger(int? value) => value is { } known ? Flag(true).Integer(known) : Flag(false);

    public PackedWriter Flag(bool value) => Octet(value ? (byte)1 : (byte)0);

    public PackedWriter Octet(byte value)
    {
        Reserve(1)[0] = value;
        _length++;
        return this;
    }

    /// <summary>Four octets, highest first.</summary>
    public PackedWriter Fixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);
        _length += 4;
        return this;
    }

    /// <summary>Eight octets, highest first: for hashes, which a number would make longer.</summary>
    public PackedWriter Fixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(8), value);
        _length += 8;
        return this;
    }

    /// <exception cref="SerializationException">It has more than <see cref="PackedReader.MaxTextBytes"/>.</exception>
    public PackedWriter Text(string? value)
    {
        if (value is null)
            return Number(0);
        _texts ??= new Dictionary<string, int>(StringComparer.Ordinal);
        if (!_texts.TryGetValue(value, out var place))
        {
            if (Encoding.UTF8.GetByteCount(value) > PackedReader.MaxTextBytes)
                throw new SerializationException($"a text of {value.Length} characters is too long to be sent or stored");
            place = _texts.Count + 1;
            _texts.Add(value, place);
        }

        return Number((ulong)place);
    }

    /// <summary>Count of octets, 4 or 16, and the octets; null: count 0.</summary>
    public PackedWriter Client(ClientAddress? value)
    {
        if (value is not { } client)
            return Octet(0);
        var octets = Reserve(17);
        octets[0] = (byte)client.WriteOctets(octets[1..]);
        _length += 1 + octets[0];
        return this;
    }

    /// <summary>Its address, and the length of the prefix unless it is null.</summary>
    public PackedWriter Network(Network? value) =>
        value is { } network ? Client(network.Address).Octet((byte)network.PrefixLength) : Client(null);

    /// <summary>
    /// One bit for each of the five that is set, then the first as an integer and each other as what it adds to the one before.
    /// </summary>
    public PackedWriter Times(in PostscreenTimes times)
    {
        ReadOnlySpan<long> five = [times.Pregreet, times.Dnsbl, times.Pipelining, times.NonSmtpCommand, times.BareNewline];
        var set = 0;
        for (var i = 0; i < five.Length; i++)
            set |= five[i] == 0 ? 0 : 1 << i;
        Octet((byte)set);
        var before = 0L;
        foreach (var time in five)
        {
            if (time == 0)
                continue;
            Integer(unchecked(time - before));
            before = time;
        }

        return this;
    }

    /// <summary>A record behind its length, so that a reader can skip what it does not know; null: length 0.</summary>
    public PackedWriter Record<T>(T? value, Action<PackedWriter, T> write)
        where T : class
    {
        var start = _length;
        Octet(0);
        if (value is null)
            return this;
        write(this, value);
        var length = _length - start - 1;
        Span<byte> prefix = stackalloc byte[10];
        prefix = prefix[..WriteNumber(prefix, (ulong)length)];
        Reserve(prefix.Length - 1);
        _fields.AsSpan(start + 1, length).CopyTo(_fields.AsSpan(start + prefix.Length));
        prefix.CopyTo(_fields.AsSpan(start));
        _length = start + prefix.Length + length;
        return this;
    }

    public PackedWriter Records<T>(ImmutableArray<T> values, Action<PackedWriter, T> write)
        where T : class =>
        Items(values, (writer, value) => writer.Record(value, write));

    /// <summary>An array of what is not a record, and so can never grow.</summary>
    public PackedWriter Items<T>(ImmutableArray<T> values, Action<PackedWriter, T> write)
    {
        var items = values.IsDefault ? [] : values.AsSpan();
        Number((ulong)items.Length);
        foreach (var item in items)
            write(this, item);
        return this;
    }

    /// <summary>The message.</summary>
    public byte[] ToArray()
    {
        var front = new PackedWriter();
        front.Number((ulong)(_texts?.Count ?? 0));

        // A dictionary that nothing is removed from is walked in the order of its making.
        foreach (var text in _texts?.Keys ?? Enumerable.Empty<string>())
            front.Raw(text);
        return [.. front._fields.AsSpan(0, front._length), .. _fields.AsSpan(0, _length)];
    }

    private void Raw(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Number((ulong)length);
        _length += Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    private static int WriteNumber(Span<byte> destination, ulong value)
    {
        var length = 0;
        for (; value > 0x7f; value >>= 7)
            destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }

    private Span<byte> Reserve(int count)
    {
        if (_fields.Length - _length < count)
            Array.Resize(ref _fields, Math.Max(_fields.Length * 2, _length + count));
        return _fields.AsSpan(_length);
    }
}
