using System.Buffers;
using System.Globalization;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsblog;

/// <summary>Writes the answer to a <see cref="DnsblogRequest"/>; its form stands there.</summary>
public static class DnsblogReply
{
    // All that is neither the request's nor a code: names, NULs, a TTL of up to 10 digits.
    private const int FixedBytes = 80;

    // A quad, and the space before it.
    private const int MaxCodeBytes = 16;

    /// <summary>
    /// Writes a reply, in one piece to <paramref name="output"/>, and in one piece it must reach the socket: postscreen reads once, and
    /// drops a reply that is not complete then (Postfix src/postscreen/postscreen_dnsbl.c, psc_dnsbl_receive).
    /// </summary>
    /// <param name="codes">What the client is listed as; empty when it is not.</param>
    /// <param name="ttlSeconds">How long that holds; -1, or anything below 0, when unknown.</param>
    public static void Write(IBufferWriter<byte> output, DnsblogRequest request, ReadOnlySpan<AnswerCode> codes, int ttlSeconds)
    {
        var echoed = request.RblDomain.Length + request.ClientText.Length + request.Label.Length;
        var span = output.GetSpan(FixedBytes + echoed + (codes.Length * MaxCodeBytes));
        var length = 0;
        Append("rbl_domain"u8, request.RblDomain, span, ref length);
        Append("client_address"u8, request.ClientText, span, ref length);
        Append("label"u8, request.Label, span, ref length);
        AppendText("rbl_addr"u8, span, ref length);
        for (var i = 0; i < codes.Length; i++)
        {
            if (i > 0)
                span[length++] = (byte)' ';
            codes[i].TryFormat(span[length..], out var octets);
            length += octets;
        }

        span[length++] = 0;
        AppendText("ttl"u8, span, ref length);
        Math.Max(ttlSeconds, -1).TryFormat(span[length..], out var digits, default, CultureInfo.InvariantCulture);
        length += digits;
        span[length++] = 0;
        span[length++] = 0;
        output.Advance(length);
    }

    private static void Append(ReadOnlySpan<byte> name, string value, Span<byte> span, ref int length)
    {
        AppendText(name, span, ref length);
        length += Encoding.ASCII.GetBytes(value, span[length..]);
        span[length++] = 0;
    }

    private static void AppendText(ReadOnlySpan<byte> text, Span<byte> span, ref int length)
    {
        text.CopyTo(span[length..]);
        length += text.Length;
        span[length++] = 0;
    }
}
