namespace Screening.Benchmarks.Load;

/// <summary>What the limits answer: each request's first line, and a constant.</summary>
internal static class ConstantAnswer
{
    /// <summary>Answers the whole requests in <paramref name="input"/>.</summary>
    /// <param name="used">Bytes of them; the rest is no whole request yet.</param>
    /// <returns>Bytes of the answers.</returns>
    public static int Write(ReadOnlySpan<byte> input, Span<byte> output, out int used)
    {
        var length = 0;
        used = 0;
        while (input[used..].IndexOf("\n\n"u8) is >= 0 and var end)
        {
            var request = input.Slice(used, end + 2);
            var id = request[..(request.IndexOf((byte)'\n') + 1)];
            id.CopyTo(output[length..]);
            length += id.Length;
            "action=pass\nttl=600\n\n"u8.CopyTo(output[length..]);
            length += "action=pass\nttl=600\n\n"u8.Length;
            used += request.Length;
        }

        return length;
    }
}
