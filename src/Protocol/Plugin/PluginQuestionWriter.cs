using System.Buffers;
using System.Globalization;
using System.Text;

namespace Screening.Protocol.Plugin;

/// <summary>Writes a query of the plug-in protocol, as postscreen would: the asking side.</summary>
/// <remarks>
/// <code>
/// query_id=ID
/// address_family=ipv4          of the client
/// protocol=tcp
/// local_address=1.2.3.4        what is not known is left out
/// local_port=25
/// remote_address=5.4.3.2
/// remote_port=6666
/// profile=NAME                 attributes of ours; a server that does not know them ignores them
/// helo=NAME
/// sender=ADDRESS
/// </code>
/// Control characters in a value become <c>?</c>, so that no value can end its line; a long value is cut. No query passes the
/// protocol's own limits.
/// </remarks>
public static class PluginQuestionWriter
{
    /// <summary>Longest <c>query_id</c>.</summary>
    public const int MaxQueryIdLength = 128;

    // Three free values, the id and the rest stay well below 8,192; a name and "=" fit a line of 1,024 beside it.
    private const int MaxValueBytes = 960;

    /// <summary>True if the text can be a <c>query_id</c>: printable ASCII without space, not empty, not too long.</summary>
    public static bool IsQueryId(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxQueryIdLength && !text.ContainsAnyExceptInRange('!', '~');

    /// <summary>Writes a query and its empty line.</summary>
    public static void Write(IBufferWriter<byte> output, in PluginQuestion question)
    {
        Attribute(output, "query_id="u8, question.QueryId);
        output.Write(question.Client.IsIPv4 ? "address_family=ipv4\nprotocol=tcp\n"u8 : "address_family=ipv6\nprotocol=tcp\n"u8);
        Attribute(output, "local_address="u8, question.Local?.ToString());
        Port(output, "local_port="u8, question.LocalPort);
        Attribute(output, "remote_address="u8, question.Client.ToString());
        Port(output, "remote_port="u8, question.RemotePort);
        Attribute(output, "profile="u8, question.Profile);
        Attribute(output, "helo="u8, question.Helo);
        Attribute(output, "sender="u8, question.Sender);
        output.Write("\n"u8);
    }

    private static void Port(IBufferWriter<byte> output, ReadOnlySpan<byte> name, int port) =>
        Attribute(output, name, port > 0 ? port.ToString(CultureInfo.InvariantCulture) : null);

    private static void Attribute(IBufferWriter<byte> output, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
            return;
        output.Write(name);
        var line = output.GetSpan(MaxValueBytes + 1);
        var length = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            if (length + rune.Utf8SequenceLength > MaxValueBytes)
                break;
            if (Rune.IsControl(rune))
                line[length++] = (byte)'?';
            else
                length += rune.EncodeToUtf8(line[length..]);
        }

        line[length++] = (byte)'\n';
        output.Advance(length);
    }
}
