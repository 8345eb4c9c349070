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
/// p0f 3 README section 4. Strings are padded with NUL. The HTTP fields are left out: they stay empty for mail clients.
/// </remarks>
public static class P0fReplyReader
{
    /// <summary>Bytes of a reply.</summary>
    public const int Length = 232;

    /// <summary>The number at a reply's start.</summary>
    public const uint Magic = 0x50304602;

    internal const int StatusAt = 4;
    internal const int UptimeAt = 20;
    internal const int LastNatAt = 28;
    internal const int LastOsChangeAt = 32;
    internal const int DistanceAt = 36;
    internal const int MatchAt = 39;
    internal const int OsNameAt = 40;
    internal const int OsFlavorAt = 72;
    internal const int LinkTypeAt = 168;
    internal const int StringLength = 32;

    // os_match_q has two flags: 1 fuzzy, 2 generic. What else a later p0f may put there is not for us.
    private const int MatchMask = 3;

    /// <summary>Reads a reply from the front of <paramref name="bytes"/>.</summary>
    /// <returns>
    /// <c>Done</c>; <c>NeedMoreData</c> below <see cref="Length"/> bytes; <c>InvalidData</c>, possibly before all is there, if the
    /// bytes are not p0f's: the connection must then be closed.
    /// </returns>
    public static OperationStatus TryRead(ReadOnlySpan<byte> bytes, out P0fReply? reply)
    {
        reply = null;
        if (bytes.Length >= 4 && MemoryMarshal.Read<uint>(bytes) != Magic)
            return OperationStatus.InvalidData;
        if (bytes.Length < Length)
            return OperationStatus.NeedMoreData;
        var status = (P0fStatus)UInt32At(bytes, StatusAt);
        if (status is not (P0fStatus.BadQuery or P0fStatus.Ok or P0fStatus.NoMatch))
            return OperationStatus.InvalidData;
        reply = new P0fReply(
            status,
            StringAt(bytes, OsNameAt),
            StringAt(bytes, OsFlavorAt),
            StringAt(bytes, LinkTypeAt),
            (P0fMatch)(bytes[MatchAt] & MatchMask),
            // p0f zeroes all fields of a host that it does not know, and a distance of 0 would mean a neighbour.
            status == P0fStatus.Ok ? MemoryMarshal.Read<short>(bytes[DistanceAt..]) : (short)-1,
            UInt32At(bytes, UptimeAt),
            UInt32At(bytes, LastNatAt),
            UInt32At(bytes, LastOsChangeAt));
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
