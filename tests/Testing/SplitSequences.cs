using System.Buffers;

namespace Screening.Testing;

/// <summary>The same bytes in one of the ways a socket may hand them over.</summary>
/// <param name="Label">Which way, for messages.</param>
public sealed record SplitSequence(string Label, ReadOnlySequence<byte> Bytes);

/// <summary>Every way that a parser must not notice: whole, split in two at each place (ends included), a byte a segment.</summary>
public static class SplitSequences
{
    /// <summary>All ways for these bytes.</summary>
    public static IEnumerable<SplitSequence> Of(byte[] bytes)
    {
        yield return new SplitSequence("whole", new ReadOnlySequence<byte>(bytes));
        for (var at = 0; at <= bytes.Length; at++)
            yield return new SplitSequence($"split at {at}", Join(bytes.AsMemory(0, at), bytes.AsMemory(at)));
        if (bytes.Length > 0)
        {
            yield return new SplitSequence(
                "a byte a segment", Join([.. Enumerable.Range(0, bytes.Length).Select(i => bytes.AsMemory(i, 1))]));
        }
    }

    /// <summary>One sequence of these segments, empty ones included.</summary>
    public static ReadOnlySequence<byte> Join(params Memory<byte>[] parts)
    {
        Segment? first = null, last = null;
        foreach (var part in parts)
        {
            last = new Segment(part, last);
            first ??= last;
        }

        return first is null || last is null ? default : new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(Memory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
