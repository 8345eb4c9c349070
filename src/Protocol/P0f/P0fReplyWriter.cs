using System.Runtime.InteropServices;
using System.Text;

namespace Screening.Protocol.P0f;

/// <summary>Writes p0f's side of its protocol, for what stands in for p0f. The layout is <see cref="P0fReplyReader"/>'s.</summary>
public static class P0fReplyWriter
{
    private const int StringLength = 32;

    /// <summary>
    /// The reply's <see cref="P0fReplyReader.Length"/> bytes. Fields that <see cref="P0fReply"/> leaves out are zero, characters outside ASCII
    /// become <c>?</c>, and a text is cut at 32.
    /// </summary>
    public static byte[] Write(P0fReply reply)
    {
        var bytes = new byte[P0fReplyReader.Length];
        Number(bytes, 0, P0fReplyReader.Magic);
        Number(bytes, 4, (uint)reply.Status);
        Number(bytes, 20, reply.UptimeMinutes);
        Number(bytes, 28, reply.LastNat);
        Number(bytes, 32, reply.LastOsChange);
        Number(bytes, 36, reply.Distance);
        bytes[39] = (byte)reply.Match;
        Text(bytes, 40, reply.OsName);
        Text(bytes, 72, reply.OsFlavor);
        Text(bytes, 168, reply.LinkType);
        return bytes;
    }

    private static void Number<T>(byte[] bytes, int offset, T value)
        where T : struct => MemoryMarshal.Write(bytes.AsSpan(offset), value);

    private static void Text(byte[] bytes, int offset, string text) =>
        Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, StringLength)), bytes.AsSpan(offset, StringLength));
}
