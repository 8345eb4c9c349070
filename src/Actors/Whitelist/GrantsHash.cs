using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The hash that is chained over the changes of grants and bans: the first 8 octets of SHA-256 of the hash before and the change. The
/// octets of a change are its own here and not those of the wire, so that nodes of two releases agree.
/// </summary>
/// <remarks>
/// <code>
/// change = before, [network], removeExpiredBefore, *line     numbers: 8 octets, highest first
/// line   = network, kind, expires, made, by, reason          text: count of octets, UTF-8
/// network = 16 octets, length of the prefix                  [network]: octet 0, or octet 1 and a network
/// </code>
/// </remarks>
internal static class GrantsHash
{
    public static ulong Chain(ulong before, GrantsChange change)
    {
        var octets = new ArrayBufferWriter<byte>(256);
        Write(octets, (long)before);
        Write(octets, (byte)(change.RemoveInside is null ? 0 : 1));
        if (change.RemoveInside is { } inside)
            Write(octets, inside);
        Write(octets, change.RemoveExpiredBefore);
        foreach (var line in change.Set)
            Write(octets, line);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(octets.WrittenSpan, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    private static void Write(ArrayBufferWriter<byte> octets, GrantOrBan line)
    {
        Write(octets, line.Network);
        Write(octets, (byte)line.Kind);
        Write(octets, line.ExpiresMs);
        Write(octets, line.MadeMs);
        Write(octets, line.By);
        Write(octets, line.Reason);
    }

    private static void Write(ArrayBufferWriter<byte> octets, Protocol.Vocabulary.Network network)
    {
        BinaryPrimitives.WriteUInt128BigEndian(octets.GetSpan(16), network.Address.Bits);
        octets.Advance(16);
        Write(octets, (byte)network.PrefixLength);
    }

    private static void Write(ArrayBufferWriter<byte> octets, string text)
    {
        Write(octets, Encoding.UTF8.GetByteCount(text));
        octets.Advance(Encoding.UTF8.GetBytes(text, octets.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }

    private static void Write(ArrayBufferWriter<byte> octets, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(octets.GetSpan(8), number);
        octets.Advance(8);
    }

    private static void Write(ArrayBufferWriter<byte> octets, byte octet)
    {
        octets.GetSpan(1)[0] = octet;
        octets.Advance(1);
    }
}
