using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Policy;

/// <summary>
/// One request of Postfix's policy delegation, as far as it matters here. Its spans point into the message that was parsed.
/// </summary>
/// <remarks>
/// <code>
/// request=smtpd_access_policy           the only kind there is
/// protocol_state=RCPT                   CONNECT EHLO HELO MAIL RCPT DATA END-OF-MESSAGE VRFY ETRN
/// client_address=192.0.2.1              the only required attribute
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
public readonly ref struct PolicyRequest
{
    /// <summary>Bounds of a request. A sender may have 320 octets and more, and Postfix sends certificate names of up to 2 kB.</summary>
    public static readonly ParseLimits Limits = new(8 * 1024, 32 * 1024);

    /// <summary>The client's address.</summary>
    public ClientAddress Client { get; private init; }

    /// <summary>The client's port; 0 if unknown.</summary>
    public int ClientPort { get; private init; }

    /// <summary>The mail exchanger's address that the client connected to; null if unknown (Postfix before 3.2).</summary>
    public ClientAddress? Server { get; private init; }

    /// <summary>The port the client connected to; 0 if unknown.</summary>
    public int ServerPort { get; private init; }

    /// <summary>The client's HELO; empty if it has not given one yet.</summary>
    public ReadOnlySpan<byte> Helo { get; private init; }

    /// <summary>The envelope sender; empty for a bounce, and before MAIL.</summary>
    public ReadOnlySpan<byte> Sender { get; private init; }

    /// <summary>True if there is a sender, though it may be empty.</summary>
    public bool HasSender { get; private init; }

    /// <summary>The same for all requests about one mail; empty before there is one.</summary>
    public ReadOnlySpan<byte> Instance { get; private init; }

    /// <summary>True if the client showed a password or a certificate that Postfix knows.</summary>
    public bool IsAuthenticated { get; private init; }

    /// <summary>
    /// True at RCPT and DATA, where <c>PREPEND</c> still has a message to put a header before; at END-OF-MESSAGE smtpd only logs a warning
    /// (smtpd_check.c).
    /// </summary>
    public bool MayPrepend { get; private init; }

    /// <summary>The HELO as text; null if there is none. Allocates.</summary>
    public string? HeloText() => Helo.IsEmpty ? null : Encoding.UTF8.GetString(Helo);

    /// <summary>The sender as text; null before MAIL. Allocates.</summary>
    public string? SenderText() => HasSender ? Encoding.UTF8.GetString(Sender) : null;

    /// <summary>Reads one framed message. When false, what could be read of it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out PolicyRequest request, out ParseError error)
    {
        var found = Attributes.Table.Read(message);
        error = found.Error;
        var client = default(ClientAddress);
        if (error.Kind == ParseErrorKind.None)
            error = Fault(found, message.Length, out client);
        var state = found[Attributes.State];
        var mayPrepend = state.SequenceEqual("RCPT"u8) || state.SequenceEqual("DATA"u8);
        var isAfterMail = mayPrepend || state.SequenceEqual("END-OF-MESSAGE"u8);
        request = new PolicyRequest
        {
            Client = client,
            ClientPort = found.Port(Attributes.ClientPort),
            Server = found.Address(Attributes.Server),
            ServerPort = found.Port(Attributes.ServerPort),
            Helo = found[Attributes.Helo],
            Sender = found[Attributes.Sender],

            // Postfix writes "sender=" both for MAIL FROM:<> and before MAIL; only the state tells them apart.
            HasSender = isAfterMail || !found[Attributes.Sender].IsEmpty,
            Instance = found[Attributes.Instance],
            IsAuthenticated = !found[Attributes.User].IsEmpty || !found[Attributes.Certificate].IsEmpty
                || !found[Attributes.PublicKey].IsEmpty,
            MayPrepend = mayPrepend,
        };
        return error.Kind == ParseErrorKind.None;
    }

    private static ParseError Fault(in AttributeValues found, int messageBytes, out ClientAddress client)
    {
        client = default;
        var kind = found[Attributes.Request];
        if (!kind.IsEmpty && !kind.SequenceEqual("smtpd_access_policy"u8))
            return new ParseError(ParseErrorKind.BadValue, found.OffsetOf(Attributes.Request));
        if (!found.Has(Attributes.Client))
            return new ParseError(ParseErrorKind.MissingAttribute, messageBytes);
        return ClientAddress.TryParse(found[Attributes.Client], out client)
            ? default
            : new ParseError(ParseErrorKind.BadAddress, found.OffsetOf(Attributes.Client));
    }

    private static class Attributes
    {
        public const int Request = 0, State = 1, Client = 2, ClientPort = 3, Server = 4, ServerPort = 5, Helo = 6, Sender = 7, Instance = 8;
        public const int User = 9, Certificate = 10, PublicKey = 11;

        public static readonly AttributeTable Table = new(
            (Request, "request"),
            (State, "protocol_state"),
            (Client, "client_address"),
            (ClientPort, "client_port"),
            (Server, "server_address"),
            (ServerPort, "server_port"),
            (Helo, "helo_name"),
            (Sender, "sender"),
            (Instance, "instance"),
            (User, "sasl_username"),
            (Certificate, "ccert_fingerprint"),
            (PublicKey, "ccert_pubkey_fingerprint"));
    }
}
