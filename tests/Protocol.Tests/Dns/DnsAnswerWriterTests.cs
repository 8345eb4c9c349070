using System.Buffers;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Dns;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsAnswerWriterTests
{
    private const string Zone = "z.test";
    private const string Client = "4.3.2.1.z.test";
    private const string Opt = "\nadditional OPT size 1232 rcode 0 version 0 flags 0 \"\"";
    private static readonly DnsAnswerContent Listed = new(DnsRcode.NoError, DnsType.A, 60) { Code = new AnswerCode(0x7f000004) };

    [Fact]
    public void A_listed_client_is_answered_with_its_code() => Assert.Equal(
        $"7 QR AA RD NOERROR\nquestion {Client} IN A\nanswer {Client} 60 IN A 127.0.0.4{Opt}",
        DnsDump.Of(Answer(Query(Client, DnsType.A), Listed)));

    [Theory]
    [InlineData(DnsRcode.NxDomain, "NXDOMAIN", 3600)]
    [InlineData(DnsRcode.NxDomain, "NXDOMAIN", 0)]
    [InlineData(DnsRcode.NoError, "NOERROR", 0x01020304)]
    public void No_holds_as_long_as_the_soa_record_says(DnsRcode rcode, string word, int ttl)
    {
        var bytes = Answer(Query(Client, DnsType.A), new DnsAnswerContent(rcode, null, ttl));
        Assert.Equal(
            $"7 QR AA RD {word}\nquestion {Client} IN A\n"
                + $"authority z.test {ttl} IN SOA localhost hostmaster.z.test 1 3600 600 86400 {ttl}{Opt}",
            DnsDump.Of(bytes));
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(bytes, out var reply));
        Assert.Equal((rcode, ttl), (reply.Rcode, reply.TtlSeconds));
    }

    // Written by hand from RFC 1035 sections 3.3.13 and 4.1 and RFC 6891 section 6.1.2.
    [Fact]
    public void Not_listed_is_this_message_octet_by_octet() => Assert.Equal(
        "0007 8503 0001 0000 0001 0001".Replace(" ", "", StringComparison.Ordinal)
            + "013401330132013101" + "7A0474657374000001" + "0001"
            + "C014" + "0006" + "0001" + "0000003C" + "002C"
            + "096C6F63616C686F737400" + "0A686F73746D6173746572C014"
            + "00000001" + "00000E10" + "00000258" + "00015180" + "0000003C"
            + "00" + "0029" + "04D0" + "00000000" + "0000",
        Convert.ToHexString(Answer(Query(Client, DnsType.A), new DnsAnswerContent(DnsRcode.NxDomain, null, 60))));

    [Fact]
    public void The_apex_has_a_name_server_and_an_soa_record()
    {
        Assert.Equal(
            $"7 QR AA RD NOERROR\nquestion z.test IN NS\nanswer z.test 60 IN NS localhost{Opt}",
            DnsDump.Of(Answer(Query(Zone, DnsType.Ns), new DnsAnswerContent(DnsRcode.NoError, DnsType.Ns, 60))));
        Assert.Equal(
            "7 QR AA RD NOERROR\nquestion z.test IN SOA\n"
                + $"answer z.test 60 IN SOA localhost hostmaster.z.test 1 3600 600 86400 60{Opt}",
            DnsDump.Of(Answer(Query(Zone, DnsType.Soa), new DnsAnswerContent(DnsRcode.NoError, DnsType.Soa, 60))));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(255, 255)]
    [InlineData(256, 255, 1)]
    [InlineData(600, 255, 255, 90)]
    [InlineData(1024, 255, 255, 255, 255, 4)]
    [InlineData(1025, 255, 255, 255, 255, 4)]
    public void A_text_is_strings_of_255_octets_and_1024_in_all(int length, params int[] pieces)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + i % 26)));
        var strings = pieces.Select((piece, i) => $"\"{text.AsSpan(pieces[..i].Sum(), piece)}\"");
        Assert.Equal(
            $"7 QR AA RD NOERROR\nquestion {Client} IN TXT\nanswer {Client} 5 IN TXT {string.Join(' ', strings)}{Opt}",
            DnsDump.Of(Answer(Query(Client, DnsType.Txt), new DnsAnswerContent(DnsRcode.NoError, DnsType.Txt, 5) { Text = text })));
    }

    [Fact]
    public void An_error_is_the_question_and_no_answer_of_the_zone() => Assert.Equal(
        $"7 QR RD REFUSED\nquestion {Client} IN A{Opt}",
        DnsDump.Of(Answer(Query(Client, DnsType.A), new DnsAnswerContent(DnsRcode.Refused))));

    [Fact]
    public void One_who_sent_no_opt_record_gets_none()
    {
        var query = WithoutOpt(Query(Client, DnsType.A));
        Assert.Equal($"7 QR AA RD NOERROR\nquestion {Client} IN A\nanswer {Client} 60 IN A 127.0.0.4", DnsDump.Of(Answer(query, Listed)));
        Assert.Equal(
            $"7 QR RD REFUSED\nquestion {Client} IN A",
            DnsDump.Of(Answer(query, new DnsAnswerContent(DnsRcode.Refused))));
    }

    // Of the request's flags only RD is repeated, whatever else is set; its opcode too, and nobody gets here with another than QUERY.
    [Theory]
    [InlineData(0x00, 0x00, "QR AA NOERROR")]
    [InlineData(0x01, 0x00, "QR AA RD NOERROR")]
    [InlineData(0x06, 0xff, "QR AA NOERROR")]
    [InlineData(0x07, 0x70, "QR AA RD NOERROR")]
    public void Recursion_is_echoed_and_no_other_flag(byte first, byte second, string flags)
    {
        var query = Query(Client, DnsType.A);
        (query[2], query[3]) = (first, second);
        Assert.Equal(
            $"7 {flags}\nquestion {Client} IN A\nanswer {Client} 60 IN A 127.0.0.4{Opt}", DnsDump.Of(Answer(query, Listed)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_does_not_fit_is_truncated_to_the_question(bool edns)
    {
        var query = edns ? Query(Client, DnsType.Txt) : WithoutOpt(Query(Client, DnsType.Txt));
        var content = new DnsAnswerContent(DnsRcode.NoError, DnsType.Txt, 5) { Text = new string('x', 600) };
        var whole = Answer(query, content);
        Assert.Equal(whole, Answer(query, content, limit: whole.Length));
        Assert.Equal(
            $"7 QR AA TC RD NOERROR\nquestion {Client} IN TXT{(edns ? Opt : "")}",
            DnsDump.Of(Answer(query, content, limit: whole.Length - 1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_truncated_answer_is_an_answer_with_tc(bool edns)
    {
        var query = edns ? Query(Client, DnsType.A) : WithoutOpt(Query(Client, DnsType.A));
        var buffer = Used();
        var length = DnsAnswerWriter.WriteTruncated(buffer, query, Read(query, out _));
        Assert.Equal($"7 QR AA TC RD NOERROR\nquestion {Client} IN A", DnsDump.Of(buffer.AsSpan(0, length)));
        Assert.True(DnsReplyReader.Answers(buffer.AsSpan(0, length), query));
    }

    [Theory]
    [InlineData("1234 2900 0001 0000 0000 0000 00 0001 0001", "4660 QR RD opcode 5 NOTIMP\nquestion  IN A")]
    [InlineData("1234 2900 0001 0000 0000 0000 02 61", "4660 QR RD opcode 5 NOTIMP")]
    [InlineData("1234 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001", "4660 QR RD FORMERR")]
    [InlineData("1234 0000 0001 0007 0000 0000 00 0001 0001", "4660 QR FORMERR\nquestion  IN A")]
    [InlineData("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029", "4660 QR RD FORMERR\nquestion  IN A")]
    [InlineData("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029 0200 00010000 0000", "4660 QR RD NOERROR\nquestion  IN A\n"
        + "additional OPT size 1232 rcode 1 version 0 flags 0 \"\"")]
    [InlineData("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029 0200 00018000 0000", "4660 QR RD NOERROR\nquestion  IN A\n"
        + "additional OPT size 1232 rcode 1 version 0 flags 32768 \"\"")] // RFC 3225 section 3
    [Trait("Finding", "clients-P8")]
    public void A_fault_is_answered_with_what_was_understood_of_the_question(string hex, string expected)
    {
        var message = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(expected, DnsDump.Of(Answer(message, Listed)));
    }

    [Fact]
    public void The_question_comes_back_letter_for_letter()
    {
        var query = Query("4.3.2.1.Z.tEsT", DnsType.A);
        Read(query, out var name);
        Assert.Equal(Client, name);
        Assert.Equal(
            $"7 QR AA RD NOERROR\nquestion 4.3.2.1.Z.tEsT IN A\nanswer 4.3.2.1.Z.tEsT 60 IN A 127.0.0.4{Opt}",
            DnsDump.Of(Answer(query, Listed)));
    }

    [Fact]
    public void Our_own_reader_reads_an_answer()
    {
        var query = Query(Client, DnsType.A);
        var bytes = Answer(query, Listed);
        Assert.True(DnsReplyReader.Answers(bytes, query));
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(bytes, out var reply));
        Assert.Equal((DnsRcode.NoError, 60, Listed.Code), (reply.Rcode, reply.TtlSeconds, Assert.Single(reply.Codes)));
    }

    [Fact]
    public void Hostile_bytes_do_no_harm_and_get_little()
    {
        var random = new Random(7);
        var answer = new byte[DnsAnswerWriter.MaxBytes];
        var sample = Query(Client, DnsType.A);
        for (var round = 0; round < 200_000; round++)
        {
            var message = round % 3 == 0 ? new byte[random.Next(64)] : sample.ToArray();
            if (round % 3 == 0)
                random.NextBytes(message);
            for (var i = random.Next(6); i > 0 && message.Length > 0; i--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
            var request = Read(message, out var name);
            if (request.Kind == DnsRequestKind.Ignore)
                continue;
            var isOurs = name.EndsWith(Zone, StringComparison.Ordinal);
            var content = isOurs ? new DnsAnswerContent(DnsRcode.NxDomain, null, 1) : new DnsAnswerContent(DnsRcode.Refused);
            var length = DnsAnswerWriter.Write(answer, message, request, content, Zone, DnsRequest.MinPayloadBytes);
            Assert.InRange(length, DnsMessage.HeaderBytes, isOurs ? DnsRequest.MinPayloadBytes : message.Length + 11);
        }
    }

    private static byte[] Query(string name, DnsType type)
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 7, name, type, out var length));
        return query[..length];
    }

    private static byte[] WithoutOpt(byte[] query)
    {
        var plain = query[..^11];
        plain[11] = 0;
        return plain;
    }

    // Endpoints use their buffers again: what an earlier answer left there must not come through.
    private static byte[] Used()
    {
        var buffer = new byte[DnsAnswerWriter.MaxBytes];
        buffer.AsSpan().Fill(0xee);
        return buffer;
    }

    private static DnsRequest Read(byte[] message, out string name)
    {
        var request = DnsRequest.Read(message, new char[DnsRequest.MaxNameLength], out var text);
        name = text.ToString();
        return request;
    }

    private static byte[] Answer(byte[] query, in DnsAnswerContent content, int limit = DnsAnswerWriter.MaxBytes)
    {
        var buffer = Used();
        return buffer[..DnsAnswerWriter.Write(buffer, query, Read(query, out _), content, Zone, limit)];
    }
}
