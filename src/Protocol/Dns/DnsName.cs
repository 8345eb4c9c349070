namespace Screening.Protocol.Dns;

/// <summary>Names on the wire: labels, each behind its length, ended by the root's zero (RFC 1035 section 3.1).</summary>
internal static class DnsName
{
    /// <summary>The longest name, all lengths and the root counted (RFC 1035 section 2.3.4).</summary>
    public const int MaxBytes = 255;

    /// <summary>The most pointers in one name: a name has at most 127 labels, and nobody needs a pointer to a pointer.</summary>
    public const int MaxPointers = 127;

    /// <summary>
    /// The most labels and pointers that are read of one message, so that no message can be made to cost much time. The largest honest one,
    /// 1,024 records about an IPv6 client whose names are read three times each, takes 113,000.
    /// </summary>
    public const int MaxSteps = 1 << 17;

    private const int MaxLabelBytes = 63;
    private const int PointerBits = 0xc0;

    /// <summary>Writes a name. False if the text cannot be a name.</summary>
    public static bool TryWrite(Span<byte> destination, ReadOnlySpan<char> name, out int length)
    {
        length = 0;
        if (name.Length > 1 && name[^1] == '.')
            name = name[..^1];
        if (name.IsEmpty || name.Length > MaxBytes - 2 || destination.Length < name.Length + 2)
            return false;
        foreach (var range in name.Split('.'))
        {
            var label = name[range];
            if (label.Length is 0 or > MaxLabelBytes)
                return false;
            destination[length++] = (byte)label.Length;
            foreach (var c in label)
            {
                if (c is <= ' ' or > '~')
                    return false;
                destination[length++] = (byte)c;
            }
        }

        destination[length++] = 0;
        return true;
    }

    /// <summary>Reads the name at an offset, uncompressed and in lower case, and moves the offset behind it.</summary>
    /// <remarks>
    /// A pointer must lead to before the piece of name that it stands in (RFC 1035 section 4.1.4: "a prior occurrence"). So each jump goes
    /// further back, and no message can make a loop.
    /// </remarks>
    /// <param name="message">The whole message.</param>
    /// <param name="offset">Where the name starts; where it ends.</param>
    /// <param name="name"><see cref="MaxBytes"/> long.</param>
    /// <param name="length">The name's octets, the root's zero included.</param>
    /// <param name="stepsLeft">
    /// Labels and pointers that may still be read of this message, <see cref="MaxSteps"/> at first; reduced by those of this name.
    /// </param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, Span<byte> name, out int length, ref int stepsLeft)
    {
        length = 0;
        var at = offset;
        var pieceStart = at;
        var pointers = 0;
        while (at < message.Length && --stepsLeft >= 0)
        {
            int label = message[at++];
            if (label == 0)
            {
                if (pointers == 0)
                    offset = at;
                name[length++] = 0;
                return true;
            }

            if (label <= MaxLabelBytes)
            {
                // One octet stays free for the root.
                if (at + label > message.Length || length + 1 + label > MaxBytes - 1)
                    return false;
                name[length++] = (byte)label;
                CopyLower(message.Slice(at, label), name[length..]);
                length += label;
                at += label;
                continue;
            }

            if (label < PointerBits || at >= message.Length)
                return false;
            var target = ((label & ~PointerBits) << 8) | message[at++];
            if (pointers == 0)
                offset = at;
            if (target < DnsMessage.HeaderBytes || target >= pieceStart || ++pointers > MaxPointers)
                return false;
            pieceStart = at = target;
        }

        return false;
    }

    private static void CopyLower(ReadOnlySpan<byte> label, Span<byte> destination)
    {
        for (var i = 0; i < label.Length; i++)
            destination[i] = label[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(label[i] | 0x20) : label[i];
    }
}
