using System.Buffers;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Policy;

public sealed class PolicyRequestTests
{
    // As Postfix 3.7 sends it at RCPT, from a capture.
    private const string AtRcpt =
        "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=127.0.2.12\nclient_name=unknown\n"
        + "client_port=39499\nreverse_client_name=unknown\nserver_address=127.0.1.1\nserver_port=2525\nhelo_name=client.test\n"
        + "sender=ok@sender.test\nrecipient=user@harness.test\nrecipient_count=0\nqueue_id=\ninstance=4bef.6b048aaa.a1922.0\nsize=0\n"
        + "etrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
        + "ccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=mx1\n\n";

    [Fact]
    public void What_postfix_sends_is_read()
    {
        var request = Parsed(AtRcpt);
        Assert.Equal(Address.Of("127.0.2.12"), request.Client);
        Assert.Equal(Address.Of("127.0.1.1"), request.Server);
        Assert.Equal((39499, 2525), (request.ClientPort, request.ServerPort));
        Assert.Equal(("client.test", "ok@sender.test"), (request.HeloText(), request.SenderText()));
        Assert.Equal("4bef.6b048aaa.a1922.0"u8, request.Instance);
        Assert.False(request.IsAuthenticated);
        Assert.True(request.MayPrepend);
    }

    [Theory]
    [InlineData("sasl_username=joe", true)]
    [InlineData("ccert_fingerprint=AB:CD", true)]
    [InlineData("ccert_pubkey_fingerprint=AB:CD", true)]
    [InlineData("sasl_method=PLAIN", false)]
    [InlineData("ccert_subject=joe", false)]
    public void A_client_is_authenticated_by_what_postfix_has_checked(string line, bool isAuthenticated) =>
        Assert.Equal(isAuthenticated, Parsed($"client_address=192.0.2.1\n{line}\n\n").IsAuthenticated);

    [Theory]
    [InlineData("CONNECT", false, null)]
    [InlineData("EHLO", false, null)]
    [InlineData("MAIL", false, null)]
    [InlineData("RCPT", true, "")]
    [InlineData("DATA", true, "")]
    [InlineData("END-OF-MESSAGE", false, "")]
    public void An_empty_sender_is_a_bounce_once_there_is_a_mail(string state, bool mayPrepend, string? sender)
    {
        var request = Parsed($"protocol_state={state}\nsender=\nhelo_name=\ninstance=\nclient_address=192.0.2.1\n\n");
        Assert.Equal(mayPrepend, request.MayPrepend);
        Assert.Equal(sender, request.SenderText());
        Assert.Null(request.HeloText());
        Assert.True(request.Instance.IsEmpty);
    }

    [Theory]
    [InlineData("client_address=192.0.2.1\nclient_address=2001:db8::1\n\n", "2001:db8::1")]
    [InlineData("tls_sni=x\nclient_address=::ffff:192.0.2.1\nhelo_name=a=b\r\n\r\n", "192.0.2.1")]
    public void The_last_of_a_repeated_attribute_counts_and_unknown_ones_do_not(string message, string client) =>
        Assert.Equal(Address.Of(client), Parsed(message).Client);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("65535", 65535)]
    [InlineData("65536", 0)]
    [InlineData("-1", 0)]
    [InlineData("+25", 0)]
    [InlineData("25 ", 0)]
    [InlineData("", 0)]
    public void A_port_is_16_bits_or_not_told(string digits, int port)
    {
        var request = Parsed($"client_address=192.0.2.1\nclient_port={digits}\nserver_port={digits}\n\n");
        Assert.Equal((port, port), (request.ClientPort, request.ServerPort));
    }

    [Theory]
    [InlineData("\n", ParseErrorKind.MissingAttribute)]
    [InlineData("helo_name=a\n\n", ParseErrorKind.MissingAttribute)]
    [InlineData("client_address=unknown\n\n", ParseErrorKind.BadAddress)]
    [InlineData("client_address=\n\n", ParseErrorKind.BadAddress)]
    [InlineData("request=other\nclient_address=192.0.2.1\n\n", ParseErrorKind.BadValue)]
    [InlineData("client_address=192.0.2.1\nnonsense\n\n", ParseErrorKind.MissingSeparator)]
    [InlineData("=x\nclient_address=192.0.2.1\n\n", ParseErrorKind.BadName)]
    public void What_is_no_request_says_why(string message, ParseErrorKind kind)
    {
        Assert.False(PolicyRequest.TryParse(Encoding.Latin1.GetBytes(message), out _, out var error));
        Assert.Equal(kind, error.Kind);
    }

    [Fact]
    public void Any_bytes_are_read_without_harm()
    {
        var random = new Random(4);
        var sample = Encoding.Latin1.GetBytes(AtRcpt);
        for (var round = 0; round < 20_000; round++)
        {
            var message = sample.ToArray();
            for (var i = random.Next(1, 20); i > 0; i--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
            PolicyRequest.TryParse(message.AsSpan(random.Next(40)), out _, out _);
        }
    }

    private static PolicyRequest Parsed(string message)
    {
        Assert.True(PolicyRequest.TryParse(Encoding.Latin1.GetBytes(message), out var request, out var error), error.ToString());
        return request;
    }
}

file static class Address
{
    public static ClientAddress Of(string text)
    {
        Assert.True(ClientAddress.TryParse(Encoding.ASCII.GetBytes(text), out var address));
        return address;
    }
}

public sealed class PolicyReplyTests
{
    [Theory]
    [InlineData("DUNNO", "action=DUNNO\n\n")]
    [InlineData("550 a\r\nb\u00e9", "action=550 a??b?\n\n")]
    public void A_reply_is_one_line_of_ascii_and_an_empty_one(string action, string written)
    {
        var output = new ArrayBufferWriter<byte>();
        PolicyReply.Write(output, action);
        Assert.Equal(written, Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Fact]
    public void A_reply_is_cut_where_smtp_would_cut_it()
    {
        var output = new ArrayBufferWriter<byte>();
        PolicyReply.Write(output, new string('x', 2000));
        Assert.Equal("action=".Length + PolicyReply.MaxActionLength + 2, output.WrittenCount);
    }

    [Theory]
    [InlineData("550 {client}: {reason}", "550 192.0.2.1: listed {client}")]
    [InlineData("{}{clien}{reason", "{}{clien}{reason")]
    [InlineData("{client}{client}", "192.0.2.1192.0.2.1")]
    public void Client_and_reason_are_filled_in_once(string text, string filled) =>
        Assert.Equal(filled, PolicyReply.Fill(text, Address.Of("192.0.2.1"), "listed {client}"));
}
