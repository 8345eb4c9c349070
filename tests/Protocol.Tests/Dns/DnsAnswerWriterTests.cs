using System.Buffers;
using System.Text;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsAnswerWriterTests
{
    private const string Zone = "z.test";
    private static readonly AnswerCode Code = new(0x7f000004);

    [Fact]
    public void A_listed_client_is_answered_with_its_code()
    {
        var reply = Read(Query("4.3.2.1.z.test", DnsType.A), new DnsAnswerContent(DnsRcode.NoError, DnsType.A, 60) { Code = Code }, out var bytes);
        Assert.Equal((DnsRcode.NoError, false, 60), (reply.Rcode, reply.IsTruncated, reply.TtlSeconds));
        Assert.Equal(Code, Assert.Single(reply.Codes));
        Assert.Equal(0x04, bytes[2] & 0x06); // AA, not TC.
        Assert.Equal(0, bytes[3] & 0x80); // No recursion here.
    }

    [Theory]
    [InlineData(DnsRcode.NxDomain, 3600)]
    [InlineData(DnsRcode.NxDomain, 0)]
    [InlineData(DnsRcode.NoError, 300)]
    public void No_holds_as_long_as_the_soa_record_says(DnsRcode rcode, int ttl)
    {
        var reply = Read(Query("4.3.2.1.z.test", DnsType.A), new DnsAnswerContent(rcode, null, ttl), out var bytes);
        Assert.Equal((rcode, ttl), (reply.Rcode, reply.TtlSeconds));
        Assert.Empty(reply.Codes);
        Assert.Equal(ttl, (bytes[^15] << 24) | (bytes[^14] << 16) | (bytes[^13] << 8) | bytes[^12]); // MINIMUM, before the OPT record.
    }

    [Fact]
    public void A_text_of_any_length_comes_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 200).Select(i => $"{i} "));
        var reply = Read(Query("4.3.2.1.z.test", DnsType.Txt), new DnsAnswerContent(DnsRcode.NoError, DnsType.Txt, 5) { Text = text }, out _);
        Assert.Equal(text, Assert.Single(reply.Texts));
    }

    [Fact]
    public void What_does_not_fit_is_truncated_to_the_question()
    {
        var query = Query("4.3.2.1.z.test", DnsType.Txt);
        var request = DnsRequest.Read(query);
        var buffer = new byte[DnsAnswerWriter.MaxBytes];
        var length = DnsAnswerWriter.Write(
            buffer, query, request, new DnsAnswerContent(DnsRcode.NoError, DnsType.Txt, 5) { Text = new string('x', 600) }, Zone, 512);
        Assert.InRange(length, 12, query.Length);
        Assert.Equal(0x02, buffer[2] & 0x02);
    }

    [Theory]
    [InlineData("0000", 0, DnsRequestKind.Ignore)]
    [InlineData("1234 8100 0001 0000 0000 0000 00 0001 0001", 0, DnsRequestKind.Ignore)]
    [InlineData("1234 2800 0001 0000 0000 0000 00 0001 0001", 12, DnsRequestKind.NotImplemented)]
    [InlineData("1234 0100 0000 0000 0000 0000", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0001 0000 0000 00 0001 0001", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0000 0000 0000 c00c 0001 0001", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0000 0000 0000 05 61", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0000 0000 0000 00 0001", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029", 17, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0000 0000 0002 00 0001 0001 00 0029 0200 00000000 0000 00 0029 0200 00000000 0000", 17, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029 0200 00010000 0000", 17, DnsRequestKind.BadVersion)]
    [InlineData("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029 0200 00008000 0000", 17, DnsRequestKind.Question)]
    public void Every_message_is_of_some_kind(string hex, int echo, DnsRequestKind kind)
    {
        var message = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var request = DnsRequest.Read(message);
        Assert.Equal(kind, request.Kind);
        if (kind == DnsRequestKind.Ignore)
            return;
        Assert.Equal(echo, request.EchoBytes);
        var answer = new byte[DnsAnswerWriter.MaxBytes];
        var length = DnsAnswerWriter.Write(answer, message, request, new DnsAnswerContent(DnsRcode.Refused), Zone, 512);
        Assert.Equal(
            kind switch { DnsRequestKind.NotImplemented => 4, DnsRequestKind.Malformed => 1, DnsRequestKind.Question => 5, _ => 0 }, answer[3] & 0x0f);
        Assert.Equal(kind == DnsRequestKind.BadVersion ? 1 : 0, request.HasEdns ? answer[length - 6] : 0);
    }

    [Fact]
    public void The_question_comes_back_letter_for_letter()
    {
        var query = Query("4.3.2.1.Z.tEsT", DnsType.A);
        Assert.Equal("4.3.2.1.z.test", DnsRequest.Read(query).Name);
        var reply = Read(query, new DnsAnswerContent(DnsRcode.NxDomain, null, 1), out var bytes);
        Assert.Equal(1, reply.TtlSeconds);
        Assert.Contains("tEsT", Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_bytes_do_no_harm_and_get_little()
    {
        var random = new Random(7);
        var answer = new byte[DnsAnswerWriter.MaxBytes];
        var sample = Query("4.3.2.1.z.test", DnsType.A);
        for (var round = 0; round < 200_000; round++)
        {
            var message = round % 3 == 0 ? new byte[random.Next(64)] : sample.ToArray();
            if (round % 3 == 0)
                random.NextBytes(message);
            for (var i = random.Next(6); i > 0 && message.Length > 0; i--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
            var request = DnsRequest.Read(message);
            if (request.Kind == DnsRequestKind.Ignore)
                continue;
            var isOurs = request.Name?.EndsWith(Zone, StringComparison.Ordinal) == true;
            var content = isOurs ? new DnsAnswerContent(DnsRcode.NxDomain, null, 1) : new DnsAnswerContent(DnsRcode.Refused);
            var length = DnsAnswerWriter.Write(answer, message, request, content, Zone, DnsRequest.MinPayloadBytes);
            Assert.InRange(length, DnsName.HeaderBytes, isOurs ? DnsRequest.MinPayloadBytes : message.Length + 11);
        }
    }

    private static byte[] Query(string name, DnsType type)
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 7, name, type, out var length));
        return query[..length];
    }

    // Read back by our own client's reader, which is tested against real servers.
    private static DnsReply Read(byte[] query, in DnsAnswerContent content, out byte[] bytes)
    {
        var request = DnsRequest.Read(query);
        Assert.Equal(DnsRequestKind.Question, request.Kind);
        Assert.Equal(1232, request.PayloadBytes);
        var buffer = new byte[DnsAnswerWriter.MaxBytes];
        bytes = buffer[..DnsAnswerWriter.Write(buffer, query, request, content, Zone, DnsAnswerWriter.MaxUdpBytes)];
        Assert.True(DnsReplyReader.Answers(bytes, query));
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(bytes, out var reply));
        return reply;
    }
}
