using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.Serialization;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <summary>Reads fields of the type <typeparamref name="T"/>; null: of a kind that this release does not know.</summary>
internal delegate T Read<out T>(ref PackedReader reader);

/// <summary>
/// Reads what <see cref="PackedWriter"/> wrote. The bytes may be a peer's: whatever they are, each method gives a value or throws
/// <see cref="SerializationException"/>, takes time in proportion to them, and makes no more objects than there are bytes.
/// </summary>
internal ref struct PackedReader
{
    /// <summary>The longest text, in UTF-8.</summary>
    public const int MaxTextBytes = 8192;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _texts;
    private ReadOnlySpan<byte> _rest;

    public PackedReader(ReadOnlySpan<byte> message)
    {
        _texts = [];
        _rest = message;
        var texts = new string[Count()];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = RawText();
        _texts = texts;
    }

    private PackedReader(ReadOnlySpan<byte> record, string[] texts)
    {
        _texts = texts;
        _rest = record;
    }

    /// <summary>True if the message or record has further fields. Asked before a field that older releases do not write.</summary>
    public readonly bool HasMore => !_rest.IsEmpty;

    public ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var octet = Octet();
            if (shift == 63 && octet > 1)
                break;
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet <= 0x7f)
                return value;
        }

        throw new SerializationException("a number of more than 64 bits");
    }

    public long Long()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int Int()
    {
        var value = Long();
        return (int)value == value ? (int)value : throw new SerializationException("a number of more than 32 bits");
    }

    public int? OptionalInt() => Flag() ? Int() : null;

    public bool Flag() => Octet() switch
    {
        0 => false,
        1 => true,
        var other => throw new SerializationException($"{other} is neither true nor false"),
    };

    public byte Octet() => Consume(1)[0];

    /// <inheritdoc cref="PackedWriter.Fixed32"/>
    public uint Fixed32() => BinaryPrimitives.ReadUInt32BigEndian(Consume(4));

    /// <inheritdoc cref="PackedWriter.Fixed64"/>
    public ulong Fixed64() => BinaryPrimitives.ReadUInt64BigEndian(Consume(8));

    /// <summary>A text; equal texts of one message are one object.</summary>
    public string Text() => OptionalText() ?? throw new SerializationException("a text is missing");

    public string? OptionalText()
    {
        var place = Number();
        if (place > (ulong)_texts.Length)
            throw new SerializationException($"text {place} of {_texts.Length}");
        return place == 0 ? null : _texts[place - 1];
    }

    public ClientAddress Client() => OptionalClient() ?? throw new SerializationException("an address is missing");

    public ClientAddress? OptionalClient() => Octet() switch
    {
        0 => null,
        4 => ClientAddress.FromIPv4(Fixed32()),
        16 => ClientAddress.FromBits(BinaryPrimitives.ReadUInt128BigEndian(Consume(16))),
        var other => throw new SerializationException($"an address of {other} octets"),
    };

    public Network Network() => OptionalNetwork() ?? throw new SerializationException("a network is missing");

    public Network? OptionalNetwork()
    {
        if (OptionalClient() is not { } address)
            return null;
        var length = Octet();
        return length <= address.BitLength
            ? Protocol.Vocabulary.Network.Of(address, length)
            : throw new SerializationException($"a prefix of {length} bits");
    }

    /// <inheritdoc cref="PackedWriter.Times"/>
    public PostscreenTimes Times()
    {
        var set = Octet();
        if (set >= 1 << 5)
            throw new SerializationException("postscreen has five times");
        Span<long> five = stackalloc long[5];
        var before = 0L;
        for (var i = 0; i < five.Length; i++)
        {
            if ((set & (1 << i)) != 0)
                five[i] = before = unchecked(before + Long());
        }

        return new PostscreenTimes(five[0], five[1], five[2], five[3], five[4]);
    }

    public T Record<T>(Read<T> read)
        where T : class =>
        OptionalRecord(read) ?? throw new SerializationException("a record is missing");

    /// <summary>A record; null if there is none. Fields that a newer release wrote behind it are left out.</summary>
    public T? OptionalRecord<T>(Read<T?> read)
        where T : class
    {
        var length = Count();
        if (length == 0)
            return null;
        var record = new PackedReader(Consume(length), _texts);
        return read(ref record);
    }

    /// <summary>Records; those of an unknown kind are left out.</summary>
    public ImmutableArray<T> Records<T>(Read<T?> read)
        where T : class
    {
        var count = Count();
        var records = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
        {
            if (OptionalRecord(read) is { } record)
                records.Add(record);
        }

        return records.DrainToImmutable();
    }

    /// <inheritdoc cref="PackedWriter.Items"/>
    public ImmutableArray<T> Items<T>(Read<T> read)
    {
        var items = ImmutableArray.CreateBuilder<T>(Count());
        while (items.Count < items.Capacity)
            items.Add(read(ref this));
        return items.MoveToImmutable();
    }

    // Nothing takes less than a byte, so a count is bounded by the bytes that are left, before anything is allocated.
    private int Count()
    {
        var count = Number();
        return count <= (ulong)_rest.Length
            ? (int)count : throw new SerializationException($"{count} of something in {_rest.Length} bytes");
    }

    private string RawText()
    {
        var length = Count();
        if (length > MaxTextBytes)
            throw new SerializationException($"a text of {length} bytes");
        try
        {
            return Utf8.GetString(Consume(length));
        }
        catch (DecoderFallbackException fault)
        {
            throw new SerializationException("a text that is not UTF-8", fault);
        }
    }

    private ReadOnlySpan<byte> Consume(int count)
    {
        if (count > _rest.Length)
            throw new SerializationException("the bytes end too early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
