using System.Globalization;
using System.Text;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Load;

/// <summary>Finds the end of a reply.</summary>
/// <returns>Bytes of the whole reply in front; 0 when it is not whole yet.</returns>
/// <exception cref="ServerException">It is no right answer: a part that refuses quickly is no measure.</exception>
internal delegate int ReplyEnd(ReadOnlySpan<byte> input);

/// <summary>What is asked at a door, and what counts for an answer.</summary>
/// <param name="Request">The request by its number.</param>
/// <param name="ReplyEnd">Where its reply ends.</param>
/// <param name="ConnectsEach">True if each request has a connection of its own.</param>
internal sealed record DoorTalk(Func<int, byte[]> Request, ReplyEnd ReplyEnd, bool ConnectsEach = false)
{
    /// <summary>The zone that the doors for DNS have.</summary>
    public const string Zone = "screening.internal";

    /// <summary>memcache: postscreen's own times of a client. They must be stored before.</summary>
    /// <param name="client">The client's address by the number of the request.</param>
    public static DoorTalk Memcache(Func<int, uint> client, int clients) => new(
        Prepared(clients, i => Ascii($"get {MemcacheKey(client(i))}\r\n")),
        input => input.StartsWith("VALUE "u8[..Math.Min(6, input.Length)]) ? EndOf(input, "\r\nEND\r\n"u8) : throw Unexpected(input));

    /// <summary>Policy delegation as smtpd speaks it.</summary>
    /// <param name="clients">How many clients repeat; 0: every request is a new one.</param>
    public static DoorTalk Policy(Func<int, uint> client, int clients)
    {
        byte[] Make(int i) => Ascii(
            $"request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address={Address(client(i))}\n"
            + "client_name=unknown\nclient_port=39499\nreverse_client_name=unknown\nserver_address=127.0.1.1\n"
            + "server_port=25\nhelo_name=client.test\nsender=a@sender.test\nrecipient=user@example.com\n"
            + "recipient_count=0\nqueue_id=\ninstance=\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\n"
            + "sasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
            + "encryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=mx1\n\n");
        return new DoorTalk(clients > 0 ? Prepared(clients, Make) : Make, input => EndOf(input, "\n\n"u8));
    }

    /// <summary>A question to a DNSBL; nobody asked about is listed. The first two bytes are the id.</summary>
    public static DoorTalk Dns(Func<int, uint> client, int clients) => new(
        Prepared(clients, i =>
        [
            0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
            .. $"{Reversed(client(i))}.{Zone}".Split('.').SelectMany(l => (byte[])[(byte)l.Length, .. Encoding.ASCII.GetBytes(l)]),
            0, 0, 1, 0, 1,
        ]),
        input => input.Length > 12 && (input[3] & 15) == 3 ? input.Length : throw Unexpected(input));

    /// <summary>
    /// What postscreen asks dnsblog(8), each time on a new connection. The stock one asks its resolver for this list, ours is that list.
    /// </summary>
    public static DoorTalk Dnsblog(Func<int, uint> client, int clients) => new(
        Prepared(clients, i => Ascii($"rbl_domain\0{Zone}\0client_address\0{Address(client(i))}\0label\04\0\0")),
        input => !input.EndsWith("\0\0"u8) || input.IndexOf("ttl\0"u8) < 0 ? 0
            : input.IndexOf("rbl_addr\0\0ttl\0"u8) > 0 ? input.Length : throw Unexpected(input),
        ConnectsEach: true);

    /// <summary>A message to rspamd's worker, every time from another client. It closes the connection after each.</summary>
    public static DoorTalk Rspamd(Func<int, uint> client) => new(
        i => Ascii(
            $"POST /checkv2 HTTP/1.1\r\nHost: localhost\r\nIP: {Address(client(i))}\r\nContent-Length: {RspamdMessage.Length}\r\n\r\n"
            + RspamdMessage),
        input =>
        {
            if (!input.StartsWith("HTTP/1.1 200"u8[..Math.Min(12, input.Length)]))
                throw Unexpected(input);
            return input.EndsWith("}"u8) ? input.Length : 0;
        },
        ConnectsEach: true);

    /// <summary>The commands that store what <see cref="Memcache"/> asks for, and the answer to each.</summary>
    public static DoorTalk MemcacheFill(Func<int, uint> client, int clients)
    {
        var until = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 86400;
        var value = string.Create(CultureInfo.InvariantCulture, $"{until};{until};1;1;1");
        return new DoorTalk(
            Prepared(clients, i => Ascii($"set {MemcacheKey(client(i))} 0 2592000 {value.Length}\r\n{value}\r\n")),
            input => input.Length < 8 ? 0 : input.StartsWith("STORED\r\n"u8) ? 8 : throw Unexpected(input));
    }

    private const string RspamdMessage = "From: a@c.example\nTo: b@mx.example\nSubject: x\nMessage-ID: <1@c.example>\n"
        + "Date: Thu, 26 Nov 2026 12:00:00 +0000\n\nhello\n";

    private static Func<int, byte[]> Prepared(int count, Func<int, byte[]> make)
    {
        byte[][] requests = [.. Enumerable.Range(0, count).Select(make)];
        return number => requests[number % requests.Length];
    }

    private static int EndOf(ReadOnlySpan<byte> input, ReadOnlySpan<byte> end) =>
        input.IndexOf(end) is >= 0 and var at ? at + end.Length : 0;

    private static string MemcacheKey(uint client) => $"postscreen:{Address(client)}";

    private static string Address(uint client) =>
        string.Create(CultureInfo.InvariantCulture, $"{client >> 24}.{client >> 16 & 255}.{client >> 8 & 255}.{client & 255}");

    private static string Reversed(uint client) => string.Join('.', Address(client).Split('.').Reverse());

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static ServerException Unexpected(ReadOnlySpan<byte> answer) =>
        new($"unexpected answer: {Encoding.Latin1.GetString(answer[..Math.Min(200, answer.Length)])}");
}
