using System.Buffers;
using System.Buffers.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Memcache;

/// <summary>postscreen's five times as its cache stores them: decimal seconds since 1970, joined by semicolons.</summary>
/// <remarks>
/// <code>PREGREET;DNSBL;PIPELINING;NON-SMTP-COMMAND;BARE-NEWLINE      1795546156;1795459876;1;1;1</code>
/// Source: Postfix, postscreen_tests.c; measured on 3.7. Further fields are ignored.
/// </remarks>
public static class PostscreenTimesText
{
    /// <summary>A longer value is not postscreen's.</summary>
    public const int MaxBytes = 256;

    private const int Fields = 5;

    // Every number of 18 digits fits 64 bits.
    private const int MaxDigits = 18;

    /// <summary>Reads a value. False if it is not postscreen's, which has five or more whole numbers and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out PostscreenTimes times)
    {
        times = default;
        if (value.Length > MaxBytes)
            return false;
        Span<long> fields = stackalloc long[Fields];
        var count = 0;
        foreach (var range in value.Split((byte)';'))
        {
            var field = value[range];
            if (field.Length is 0 or > MaxDigits || field.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                return false;
            if (count < Fields)
            {
                Utf8Parser.TryParse(field, out long seconds, out _);
                fields[count] = seconds;
            }

            count++;
        }

        times = new PostscreenTimes(fields[0], fields[1], fields[2], fields[3], fields[4]);
        return count >= Fields;
    }

    /// <summary>Writes a value.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <returns>The octets written.</returns>
    public static int Write(Span<byte> destination, in PostscreenTimes times)
    {
        var length = 0;
        ReadOnlySpan<long> fields = [times.Pregreet, times.Dnsbl, times.Pipelining, times.NonSmtpCommand, times.BareNewline];
        foreach (var field in fields)
        {
            if (length > 0)
                destination[length++] = (byte)';';
            Utf8Formatter.TryFormat(field, destination[length..], out var written);
            length += written;
        }

        return length;
    }
}
