using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>What becomes of an answer over UDP, where the source address of the question may be forged.</summary>
internal enum RateVerdict : byte
{
    Send,

    /// <summary>Only a truncated one, no longer than the request: a real client asks again over TCP, a forger gains nothing.</summary>
    Truncate,

    Drop,
}

/// <summary>
/// Response rate limiting: a network that is sent the same answer too often, or too many answers, is somebody's target. Counts by /24 and
/// /56 in a table of fixed size; networks that share a slot share its limit. Clients on this host are never limited.
/// </summary>
/// <remarks>
/// "No such name" and "no data" of the zone are one answer, as in BIND's response rate limiting: names that are not listed cost an attacker
/// nothing to make up. A question counts as one of these until it is answered, and those over the limit are not looked into at all, so that
/// forged questions do not use up the queries that lists grant.
/// </remarks>
internal sealed class ResponseRateLimit(TimeProvider time)
{
    /// <summary>The same answer to one network within a second. Errors and answers outside the zone are one answer.</summary>
    public const int SamePerSecond = 50;

    /// <summary>
    /// Negative answers of the zone to one network within a second, whatever the names: more than the resolver of a busy site asks for.
    /// </summary>
    public const int NegativePerSecond = 500;

    /// <summary>Answers to one network within a second: more than the busiest resolver of a fleet asks.</summary>
    public const int TotalPerSecond = 10_000;

    private const int Slots = 1 << 16;

    // Kinds of answers beside the zone's names, of which none begins like this.
    private const string All = " all";
    private const string Negative = " negative";
    private const string Errors = " errors";

    private readonly long[] _counts = new long[Slots];

    // So that nobody can work out which names share a slot with somebody else's.
    private readonly int _salt = System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Counts a question and tells what becomes of it: <see cref="RateVerdict.Send"/> is to look into it.</summary>
    public RateVerdict AdmitQuestion(ClientAddress client) =>
        IsLoopback(client) ? RateVerdict.Send : VerdictOn(Count(ref Slot(NetworkOf(client), Negative)) - NegativePerSecond);

    /// <summary>Counts the answer to an admitted question and tells what becomes of it.</summary>
    /// <param name="answer">What makes answers the same: the name, or nothing for an error.</param>
    /// <param name="isNegative">The zone says that there is no such name, or no data.</param>
    public RateVerdict AdmitAnswer(ClientAddress client, ReadOnlySpan<char> answer, bool isNegative)
    {
        if (IsLoopback(client))
            return RateVerdict.Send;
        var network = NetworkOf(client);
        if (!isNegative)
            GiveBack(ref Slot(network, Negative));
        return VerdictOn(Math.Max(
            Count(ref Slot(network, All)) - TotalPerSecond, Count(ref Slot(network, answer.IsEmpty ? Errors : answer)) - SamePerSecond));
    }

    // Of those over a limit every second one is truncated, the others are dropped.
    private static RateVerdict VerdictOn(int over) =>
        over <= 0 ? RateVerdict.Send : over % 2 == 1 ? RateVerdict.Truncate : RateVerdict.Drop;

    private static bool IsLoopback(ClientAddress client) => client.IsIPv4 ? client.IPv4Bits >> 24 == 127 : client.Bits == 1;

    private static ulong NetworkOf(ClientAddress client) =>
        client.IsIPv4 ? client.IPv4Bits & ~0xffu : (ulong)(client.Bits >> 64) & ~0xfful;

    private long Second => time.GetTimestamp() / time.TimestampFrequency;

    // A slot holds the second it counts in, and the count.
    private ref long Slot(ulong network, ReadOnlySpan<char> answer) =>
        ref _counts[HashCode.Combine(_salt, network, string.GetHashCode(answer)) & (Slots - 1)];

    private void GiveBack(ref long slot)
    {
        var seen = Volatile.Read(ref slot);
        while (seen >> 32 == Second && (int)seen > 0)
        {
            var found = Interlocked.CompareExchange(ref slot, seen - 1, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }

    private int Count(ref long slot)
    {
        var second = Second;
        while (true)
        {
            var seen = Volatile.Read(ref slot);
            var count = seen >> 32 == second ? (int)seen + 1 : 1;
            if (Interlocked.CompareExchange(ref slot, (second << 32) | (uint)count, seen) == seen)
                return count;
        }
    }
}
