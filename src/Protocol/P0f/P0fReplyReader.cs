using System.Buffers;
using System.Runtime.InteropServices;

namespace Screening.Protocol.P0f;

/// <summary>Reads p0f's answer.</summary>
/// <remarks>
/// <code>
///   0  u32  magic 0x50304602, in the machine's own byte order, as are all numbers
///   4  u32  status 0x00, 0x10 or 0x20
///   8  u32  first_seen    12  last_seen    16  total_conn     20  uptime_min     24  up_mod_days
///  28  u32  last_nat      32  last_chg     36  s16 distance   38  u8 bad_sw      39  u8 os_match_q
///  40  char[32]  os_name  72  os_flavor   104  http_name     136  http_flavor   168  link_type   200  language
/// </code>
/// p0f 3 README section 4. Strings are padded with NUL. What HTTP tells is left out: a mail client speaks none.
/// </remarks>
public static class P0fReplyReader
{
    /// <summary>Bytes of a reply.</summary>
    public const int Length = 232;

    /// <summary>The number at a reply's start.</summary>
    public const uint Magic = 0x50304602;

    private const int StringLength = 32;

    /// <summary>Reads a reply from the front of <paramref name="bytes"/>.</summary>
    /// <returns>
    /// <c>Done</c>; <c>NeedMoreData</c> below <see cref="Length"/> bytes; <c>InvalidData</c>, possibly before all is there, when
    /// the bytes are not p0f's: the connection is then of no use.
    /// </returns>
    public static OperationStatus TryRead(ReadOnlySpan<byte> bytes, out P0fReply? reply)
    {
        reply = null;
        if (bytes.Length >= 4 && MemoryMarshal.Read<uint>(bytes) != Magic)
            return OperationStatus.InvalidData;
        if (bytes.Length < Length)
            return OperationStatus.NeedMoreData;
        var status = (P0fStatus)UInt32At(bytes, 4);
        if (status is not (P0fStatus.BadQuery or P0fStatus.Ok or P0fStatus.NoMatch))
            return OperationStatus.InvalidData;
        reply = new P0fReply(
            status,
            StringAt(bytes, 40),
            StringAt(bytes, 72),
            StringAt(bytes, 168),
            (P0fMatch)(bytes[39] & 3),
            // All is zero about an unknown host, and zero would mean the next hop.
            status == P0fStatus.Ok ? MemoryMarshal.Read<short>(bytes[36..]) : (short)-1,
            UInt32At(bytes, 20),
            UInt32At(bytes, 28),
            UInt32At(bytes, 32));
        return OperationStatus.Done;
    }

    private static uint UInt32At(ReadOnlySpan<byte> bytes, int offset) => MemoryMarshal.Read<uint>(bytes[offset..]);

    private static string StringAt(ReadOnlySpan<byte> bytes, int offset)
    {
        var text = bytes.Slice(offset, StringLength);
        var end = text.IndexOf((byte)0);
        return string.Create(end < 0 ? StringLength : end, text, static (letters, source) =>
        {
            for (var i = 0; i < letters.Length; i++)
                letters[i] = source[i] is >= 0x20 and < 0x7f ? (char)source[i] : '?';
        });
    }
}
