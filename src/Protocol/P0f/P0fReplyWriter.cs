using System.Runtime.InteropServices;
using System.Text;

namespace Screening.Protocol.P0f;

/// <summary>Writes replies as p0f does, for programs that stand in for it. The layout is <see cref="P0fReplyReader"/>'s.</summary>
public static class P0fReplyWriter
{
    /// <summary>
    /// The reply's <see cref="P0fReplyReader.Length"/> bytes. Fields that <see cref="P0fReply"/> leaves out are zero, characters outside
    /// ASCII become <c>?</c>, and a text is cut at 32.
    /// </summary>
    public static byte[] Write(P0fReply reply)
    {
        var bytes = new byte[P0fReplyReader.Length];
        Number(bytes, 0, P0fReplyReader.Magic);
        Number(bytes, P0fReplyReader.StatusAt, (uint)reply.Status);
        Number(bytes, P0fReplyReader.UptimeAt, reply.UptimeMinutes);
        Number(bytes, P0fReplyReader.LastNatAt, reply.LastNat);
        Number(bytes, P0fReplyReader.LastOsChangeAt, reply.LastOsChange);
        Number(bytes, P0fReplyReader.DistanceAt, reply.Distance);
        bytes[P0fReplyReader.MatchAt] = (byte)reply.Match;
        Text(bytes, P0fReplyReader.OsNameAt, reply.OsName);
        Text(bytes, P0fReplyReader.OsFlavorAt, reply.OsFlavor);
        Text(bytes, P0fReplyReader.LinkTypeAt, reply.LinkType);
        return bytes;
    }

    private static void Number<T>(byte[] bytes, int offset, T value)
        where T : struct => MemoryMarshal.Write(bytes.AsSpan(offset), value);

    private static void Text(byte[] bytes, int offset, string text)
    {
        var length = Math.Min(text.Length, P0fReplyReader.StringLength);
        Encoding.ASCII.GetBytes(text.AsSpan(0, length), bytes.AsSpan(offset, length));
    }
}
