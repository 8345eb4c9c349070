using System.Runtime.InteropServices;
using System.Text;
using Screening.Protocol.P0f;

namespace Screening.Testing;

/// <summary>p0f's side of its protocol: reply bytes for a fake server.</summary>
public static class P0fReplyWriter
{
    /// <summary>The reply's 232 bytes. Fields that <see cref="P0fReply"/> leaves out are zero.</summary>
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

    private static void Text(byte[] bytes, int offset, string text) => Encoding.ASCII.GetBytes(text, bytes.AsSpan(offset, 32));
}
