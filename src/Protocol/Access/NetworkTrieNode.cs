namespace Screening.Protocol.Access;

/// <summary>A node of a <see cref="NetworkTrie{T}"/>: a prefix among all 128-bit addresses, IPv4 behind its 96 mapped bits.</summary>
internal struct NetworkTrieNode
{
    public const int IPv4Root = 0;
    public const int IPv6Root = 1;

    private readonly ulong _high;
    private readonly ulong _low;
    private int _zero;
    private int _one;

    public NetworkTrieNode(UInt128 bits, int length, int value)
    {
        (_high, _low) = ((ulong)(bits >> 64), (ulong)bits);
        (_zero, _one) = (-1, -1);
        (Length, Value) = (length, value);
    }

    /// <summary>Leading bits that count, 0..128.</summary>
    public int Length { get; }

    /// <summary>Where the value is; -1 when the prefix is only a fork.</summary>
    public int Value { get; private init; }

    public readonly UInt128 Bits => new(_high, _low);

    public static bool BitAt(UInt128 bits, int index) => (bits >> (127 - index) & 1) != 0;

    // .NET takes a shift's count modulo 128: a shift by all bits would compare them all.
    public readonly bool Contains(UInt128 bits) => Length == 0 || (bits ^ Bits) >> (128 - Length) == 0;

    /// <summary>The child on the address's side, -1 for none. Only below 128 bits.</summary>
    public readonly int Child(UInt128 bits) => BitAt(bits, Length) ? _one : _zero;

    public readonly NetworkTrieNode WithValue(int value) => this with { Value = value };

    public void SetChild(UInt128 bits, int index)
    {
        if (BitAt(bits, Length))
            _one = index;
        else
            _zero = index;
    }
}
