using System.Net;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>What becomes of an answer over UDP, whose asker may not be who it says.</summary>
internal enum RateVerdict : byte
{
    Send,

    /// <summary>Only a truncated one, no longer than the request: a real asker comes back over TCP, a forged one is no use.</summary>
    Truncate,

    Drop,
}

/// <summary>
/// Response rate limiting: a network that is sent the same answer too often, or too many answers, is somebody's target. Counts by /24 and
/// /56 in a table of fixed size; networks that share a slot share its limit. Who asks from this host is never limited.
/// </summary>
internal sealed class ResponseRateLimit(TimeProvider time)
{
    /// <summary>The same answer to one network within a second. Errors and answers outside the zone are one answer.</summary>
    public const int SamePerSecond = 50;

    /// <summary>Answers to one network within a second: more than the busiest resolver of a fleet asks.</summary>
    public const int TotalPerSecond = 10_000;

    private const int Slots = 1 << 16;
    private readonly long[] _counts = new long[Slots];
    private readonly int _salt = System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Counts an answer and tells what becomes of it. Of those over the limit every second one is truncated, others are dropped.</summary>
    /// <param name="answer">What makes answers the same: the name, or null for an error.</param>
    public RateVerdict Take(IPAddress asker, string? answer)
    {
        if (IPAddress.IsLoopback(asker))
            return RateVerdict.Send;
        var network = NetworkOf(asker);
        var over = Math.Max(
            Count(HashCode.Combine(_salt, network)) - TotalPerSecond, Count(HashCode.Combine(_salt, network, answer ?? "")) - SamePerSecond);
        return over <= 0 ? RateVerdict.Send : over % 2 == 1 ? RateVerdict.Truncate : RateVerdict.Drop;
    }

    private static ulong NetworkOf(IPAddress asker)
    {
        Span<byte> octets = stackalloc byte[16];
        (asker.IsIPv4MappedToIPv6 ? asker.MapToIPv4() : asker).TryWriteBytes(octets, out var length);
        return length == 4
            ? BitConverter.ToUInt32(octets) & BitConverter.ToUInt32([255, 255, 255, 0])
            : BitConverter.ToUInt64(octets) & BitConverter.ToUInt64([255, 255, 255, 255, 255, 255, 255, 0]);
    }

    // A slot holds the second it counts in, and the count.
    private int Count(int hash)
    {
        ref var slot = ref _counts[hash & (Slots - 1)];
        var second = time.GetTimestamp() / time.TimestampFrequency;
        while (true)
        {
            var seen = Volatile.Read(ref slot);
            var count = seen >> 32 == second ? (int)seen + 1 : 1;
            if (Interlocked.CompareExchange(ref slot, (second << 32) | (uint)count, seen) == seen)
                return count;
        }
    }
}
