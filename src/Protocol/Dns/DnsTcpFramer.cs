using System.Buffers;
using System.Buffers.Binary;

namespace Screening.Protocol.Dns;

/// <summary>DNS over TCP: each message stands behind its length, two octets in network order (RFC 1035 section 4.2.2).</summary>
/// <remarks>
/// Length and message are written at once (RFC 7766 section 8): some peers take a length that arrives alone for the end of the connection.
/// </remarks>
public static class DnsTcpFramer
{
    /// <summary>Octets before each message.</summary>
    public const int PrefixBytes = 2;

    /// <summary>Finds the message at the front of what was received.</summary>
    /// <param name="maxBytes">The longest message that is taken.</param>
    /// <param name="length">The message's octets, without the prefix; with <c>InvalidData</c> what the prefix says.</param>
    /// <returns><c>Done</c>, <c>NeedMoreData</c>, or <c>InvalidData</c> if the length is 0 or above the limit: framing is lost.</returns>
    public static OperationStatus TryFind(in ReadOnlySequence<byte> buffer, int maxBytes, out int length)
    {
        length = 0;
        if (buffer.Length < PrefixBytes)
            return OperationStatus.NeedMoreData;
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        length = ReadPrefix(prefix);
        if (length == 0 || length > maxBytes)
            return OperationStatus.InvalidData;
        return buffer.Length < PrefixBytes + length ? OperationStatus.NeedMoreData : OperationStatus.Done;
    }

    /// <summary>The length of the message that follows a prefix.</summary>
    public static int ReadPrefix(ReadOnlySpan<byte> prefix) => BinaryPrimitives.ReadUInt16BigEndian(prefix);

    /// <summary>Writes the prefix of a message of at most 65,535 octets.</summary>
    public static void WritePrefix(Span<byte> destination, int messageBytes) =>
        BinaryPrimitives.WriteUInt16BigEndian(destination, checked((ushort)messageBytes));
}
