using System.Text;

namespace Screening.Protocol.Dnsbl;

/// <summary>The values that one octet of an answer code may have: a set of numbers 0..255.</summary>
public readonly record struct OctetSet
{
    private readonly ulong _values0;
    private readonly ulong _values64;
    private readonly ulong _values128;
    private readonly ulong _values192;

    private OctetSet(ulong values0, ulong values64, ulong values128, ulong values192) =>
        (_values0, _values64, _values128, _values192) = (values0, values64, values128, values192);

    /// <summary>True if the value is in the set.</summary>
    public bool Contains(byte value) => ((value >> 6) switch
    {
        0 => _values0,
        1 => _values64,
        2 => _values128,
        _ => _values192,
    } >> (value & 63) & 1) != 0;

    /// <summary>The set with all values from <paramref name="first"/> to <paramref name="last"/> added.</summary>
    public OctetSet With(byte first, byte last) => new(
        _values0 | Part(first, last, 0),
        _values64 | Part(first, last, 64),
        _values128 | Part(first, last, 128),
        _values192 | Part(first, last, 192));

    /// <summary>The shortest text that Postfix reads as this set: <c>2</c>, or <c>[2..4;7]</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var first = 0; first < 256; first++)
        {
            if (!Contains((byte)first))
                continue;
            var last = first;
            while (last < 255 && Contains((byte)(last + 1)))
                last++;
            text.Append(text.Length == 0 ? "" : ";").Append(first);
            if (last > first)
                text.Append(last == first + 1 ? ";" : "..").Append(last);
            first = last;
        }

        var list = text.ToString();
        return list.AsSpan().ContainsAnyExceptInRange('0', '9') || list.Length == 0 ? $"[{list}]" : list;
    }

    // The bits of one 64-bit word, whose first value is the offset.
    private static ulong Part(int first, int last, int offset)
    {
        var (low, high) = (Math.Max(first - offset, 0), Math.Min(last - offset, 63));
        return low > high ? 0 : (ulong.MaxValue << low) & (ulong.MaxValue >> (63 - high));
    }
}
