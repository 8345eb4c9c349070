using System.Globalization;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Policy;

/// <summary>One request of Postfix's policy delegation, as far as it matters here.</summary>
/// <remarks>
/// <code>
/// request=smtpd_access_policy           the only kind there is
/// protocol_state=RCPT                   CONNECT EHLO HELO MAIL RCPT DATA END-OF-MESSAGE VRFY ETRN
/// client_address=192.0.2.1              the only attribute that is needed
/// client_port=39499  server_address=198.51.100.1  server_port=25
/// helo_name=client.example  sender=a@client.example
/// instance=4bef.6b048aaa.a1922.0        empty before RCPT, then the same for all requests about one mail
/// sasl_username=  ccert_fingerprint=  ccert_pubkey_fingerprint=   not empty: the client is authenticated
/// </code>
/// SMTPD_POLICY_README: attributes come in any order, unknown ones are ignored. Of a repeated one the last counts.
/// <list type="table">
/// <item><term>LineTooLong, RequestTooLong (from the framer)</term><description>framing is lost: close, one log line</description></item>
/// <item><term>everything else</term><description><c>DUNNO</c>, counted; the connection stays open</description></item>
/// </list>
/// </remarks>
public sealed record PolicyRequest
{
    /// <summary>Bounds of a request: a sender may have 320 octets and more, a certificate's name 2 kB.</summary>
    public static readonly ParseLimits Limits = new(8 * 1024, 32 * 1024);

    /// <summary>The client's address.</summary>
    public ClientAddress Client { get; private init; }

    /// <summary>The client's port; 0 when not told.</summary>
    public int ClientPort { get; private init; }

    /// <summary>The mail exchanger's address that the client connected to; null when not told (Postfix before 3.2).</summary>
    public ClientAddress? Server { get; private init; }

    /// <summary>The port the client connected to; 0 when not told.</summary>
    public int ServerPort { get; private init; }

    /// <summary>The client's HELO; null when it gave none yet.</summary>
    public string? Helo { get; private init; }

    /// <summary>The envelope sender; empty for a bounce, null before MAIL.</summary>
    public string? Sender { get; private init; }

    /// <summary>What all requests about one mail have in common; null when there is none.</summary>
    public string? Instance { get; private init; }

    /// <summary>True if the client showed a password or a certificate that Postfix knows.</summary>
    public bool IsAuthenticated { get; private init; }

    /// <summary>True where <c>PREPEND</c> has a mail to be put before: at END-OF-MESSAGE Postfix only warns of it (smtpd_check.c).</summary>
    public bool MayPrepend { get; private init; }

    /// <summary>Reads one framed message.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out PolicyRequest request, out ParseError error)
    {
        var lines = new AttributeLines(message);
        ReadOnlySpan<byte> kind = default, state = default, client = default, clientPort = default, server = default, serverPort = default,
            helo = default, sender = default, instance = default, user = default, certificate = default, publicKey = default;
        int kindAt = 0, clientAt = -1;
        while (lines.MoveNext())
        {
            switch (lines.Name)
            {
                case var name when name.SequenceEqual("request"u8):
                    kind = lines.Value;
                    kindAt = lines.ValueOffset;
                    break;
                case var name when name.SequenceEqual("client_address"u8):
                    client = lines.Value;
                    clientAt = lines.ValueOffset;
                    break;
                case var name when name.SequenceEqual("protocol_state"u8):
                    state = lines.Value;
                    break;
                case var name when name.SequenceEqual("client_port"u8):
                    clientPort = lines.Value;
                    break;
                case var name when name.SequenceEqual("server_address"u8):
                    server = lines.Value;
                    break;
                case var name when name.SequenceEqual("server_port"u8):
                    serverPort = lines.Value;
                    break;
                case var name when name.SequenceEqual("helo_name"u8):
                    helo = lines.Value;
                    break;
                case var name when name.SequenceEqual("sender"u8):
                    sender = lines.Value;
                    break;
                case var name when name.SequenceEqual("instance"u8):
                    instance = lines.Value;
                    break;
                case var name when name.SequenceEqual("sasl_username"u8):
                    user = lines.Value;
                    break;
                case var name when name.SequenceEqual("ccert_fingerprint"u8):
                    certificate = lines.Value;
                    break;
                case var name when name.SequenceEqual("ccert_pubkey_fingerprint"u8):
                    publicKey = lines.Value;
                    break;
            }
        }

        error = lines.Error;
        var address = default(ClientAddress);
        if (error.Kind == ParseErrorKind.None)
            error = Fault(message, kind, kindAt, client, clientAt, out address);
        var mayPrepend = state.SequenceEqual("RCPT"u8) || state.SequenceEqual("DATA"u8);
        var isAboutMail = mayPrepend || state.SequenceEqual("END-OF-MESSAGE"u8);
        request = new PolicyRequest
        {
            Client = address,
            ClientPort = Port(clientPort),
            Server = ClientAddress.TryParse(server, out var local) ? local : null,
            ServerPort = Port(serverPort),
            Helo = Text(helo),
            Sender = Text(sender) ?? (isAboutMail ? "" : null),
            Instance = Text(instance),
            IsAuthenticated = !user.IsEmpty || !certificate.IsEmpty || !publicKey.IsEmpty,
            MayPrepend = mayPrepend,
        };
        return error.Kind == ParseErrorKind.None;
    }

    private static ParseError Fault(
        ReadOnlySpan<byte> message, ReadOnlySpan<byte> kind, int kindAt, ReadOnlySpan<byte> client, int clientAt, out ClientAddress address)
    {
        address = default;
        if (!kind.IsEmpty && !kind.SequenceEqual("smtpd_access_policy"u8))
            return new ParseError(ParseErrorKind.BadValue, kindAt);
        if (clientAt < 0)
            return new ParseError(ParseErrorKind.MissingAttribute, message.Length);
        return ClientAddress.TryParse(client, out address) ? default : new ParseError(ParseErrorKind.BadAddress, clientAt);
    }

    private static string? Text(ReadOnlySpan<byte> value) => value.IsEmpty ? null : Encoding.UTF8.GetString(value);

    private static int Port(ReadOnlySpan<byte> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : 0;
}
