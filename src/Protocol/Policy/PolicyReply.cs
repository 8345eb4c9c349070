using System.Buffers;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Policy;

/// <summary>
/// Writes answers of policy delegation: <c>action=</c>, an action of access(5), LF and an empty line. After anything else, even a CR, smtpd
/// waits for its whole timeout.
/// </summary>
public static class PolicyReply
{
    /// <summary>The longest action; smtpd's answer to the client is one line of at most 512 octets (RFC 5321 section 4.5.3.1.5).</summary>
    public const int MaxActionLength = 480;

    /// <summary>Neither for nor against the client: the next restriction decides.</summary>
    public const string Dunno = "DUNNO";

    private const string Client = "{client}";
    private const string Reason = "{reason}";

    /// <summary>Writes one answer.</summary>
    /// <param name="action">What is not printable ASCII becomes <c>?</c>; cut at <see cref="MaxActionLength"/>.</param>
    public static void Write(IBufferWriter<byte> output, string action)
    {
        output.Write("action="u8);
        Encoding.ASCII.GetBytes(PeerText.Clean(action, MaxActionLength), output);
        output.Write("\n\n"u8);
    }

    /// <summary>Fills <c>{client}</c> and <c>{reason}</c> into a text. What is filled in is not looked at again.</summary>
    public static string Fill(string text, ClientAddress client, string reason)
    {
        var filled = new StringBuilder(text.Length + 64);
        var rest = text.AsSpan();
        while (rest.IndexOf('{') is var brace and >= 0)
        {
            filled.Append(rest[..brace]);
            rest = rest[brace..];
            if (rest.StartsWith(Client, StringComparison.Ordinal))
            {
                filled.Append(client.ToString());
                rest = rest[Client.Length..];
            }
            else if (rest.StartsWith(Reason, StringComparison.Ordinal))
            {
                filled.Append(reason);
                rest = rest[Reason.Length..];
            }
            else
            {
                filled.Append('{');
                rest = rest[1..];
            }
        }

        return filled.Append(rest).ToString();
    }
}
