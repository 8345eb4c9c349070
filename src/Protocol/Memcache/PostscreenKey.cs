using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Memcache;

/// <summary>
/// The keys of postscreen_cache_map: the client's address in the table's <c>key_format</c>, such as <c>postscreen:192.0.2.1</c>, or from
/// Postfix 3.11 on perhaps a digest of that (<c>key_digest</c>), from which the address cannot be told.
/// </summary>
public static class PostscreenKey
{
    // 0100::/8 is reserved by the IETF (IANA, IPv6 address space): no client ever comes from there.
    private const byte StandInPrefix = 0x01;

    private static readonly SearchValues<char> LettersDigitsDots =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.");

    /// <summary>Finds the address in a key: the whole key, or what follows a character that is neither letter, digit nor dot.</summary>
    public static bool TryReadClient(ReadOnlySpan<byte> key, out ClientAddress client)
    {
        client = default;
        Span<char> text = stackalloc char[MemcacheRequest.MaxKeyBytes];
        if (key.Length > text.Length || !Encoding.ASCII.TryGetChars(key, text, out var length))
            return false;
        ReadOnlySpan<char> rest = text[..length];
        while (!rest.IsEmpty)
        {
            // The whole rest first, since an IPv6 address has separators in it: "postscreen:2001:db8::1" is read at the first colon.
            if (ClientAddress.TryParse(rest, out client))
                return true;
            var separator = rest.IndexOfAnyExcept(LettersDigitsDots);
            if (separator < 0)
                return false;
            rest = rest[(separator + 1)..];
        }

        return false;
    }

    /// <summary>
    /// What stands for a key without an address in the fleet's whitelist: an address in <c>0100::/8</c> made of 120 bits of the key's hash,
    /// equal for equal keys on all nodes.
    /// </summary>
    public static ClientAddress StandIn(ReadOnlySpan<byte> key)
    {
        Span<byte> bits = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, bits);
        bits[0] = StandInPrefix;
        return ClientAddress.FromBits(BinaryPrimitives.ReadUInt128BigEndian(bits));
    }
}
