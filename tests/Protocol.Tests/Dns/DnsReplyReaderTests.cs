using System.Buffers;
using System.Collections.Immutable;
using CsCheck;
using Screening.Protocol.Dns;
using Screening.Testing.Dns;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsReplyReaderTests
{
    private const string Name = "2.0.0.127.bl.example";

    public static TheoryData<string, FakeDnsReply, DnsType, string> Replies => new()
    {
        { "one code", FakeDnsReply.A(60, "127.0.0.2"), DnsType.A, "NoError 127.0.0.2 ttl 60" },
        {
            "lowest ttl", FakeDnsReply.A(60, "127.0.0.2", "127.0.0.4") with { AddressTtls = [9, 5] }, DnsType.A,
            "NoError 127.0.0.2,127.0.0.4 ttl 5"
        },
        { "lowest ttl first", FakeDnsReply.A(60, "127.0.0.2", "127.0.0.4") with { AddressTtls = [5, 9] }, DnsType.A,
            "NoError 127.0.0.2,127.0.0.4 ttl 5" },
        { "aliases", FakeDnsReply.A(60, "127.0.0.3") with { Aliases = ["a.example", "b.example"] }, DnsType.A, "NoError 127.0.0.3 ttl 60" },
        { "alias to nothing", FakeDnsReply.NotFound(90) with { Aliases = ["a.example"] }, DnsType.A, "NxDomain  ttl 90" },
        { "NXDOMAIN with the SOA's own ttl", FakeDnsReply.NotFound(120) with { SoaMinimum = 5 }, DnsType.A, "NxDomain  ttl 120" },
        { "NXDOMAIN without SOA", FakeDnsReply.NotFound(null), DnsType.A, "NxDomain  ttl " },
        { "no data", FakeDnsReply.NoData(33), DnsType.A, "NoError  ttl 33" },
        { "SERVFAIL", FakeDnsReply.Error(2), DnsType.A, "ServFail  ttl " },
        { "ttl with its highest bit", FakeDnsReply.A(0x80000001, "127.0.0.2"), DnsType.A, "NoError 127.0.0.2 ttl 0" },
        { "greatest ttl", FakeDnsReply.A(0x7fffffff, "127.0.0.2"), DnsType.A, "NoError 127.0.0.2 ttl 2147483647" },
        { "text", FakeDnsReply.Text(9, "why", ""), DnsType.Txt, "NoError why| ttl 9" },
        { "text of several strings", FakeDnsReply.Text(9, new string('x', 300)), DnsType.Txt, $"NoError {new string('x', 300)} ttl 9" },
        { "long text is cut", FakeDnsReply.Text(9, new string('x', 3000)), DnsType.Txt, $"NoError {new string('x', 1024)} ttl 9" },
        { "addresses are no texts", FakeDnsReply.A(9, "127.0.0.2"), DnsType.Txt, "NoError  ttl " },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public void Replies_say_what_the_server_meant(string label, FakeDnsReply sent, DnsType type, string expected)
    {
        var (query, message) = Exchange(sent, type);

        Assert.True(DnsReplyReader.Answers(message, query), label);
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(message, out var reply));
        Assert.False(reply.IsTruncated);
        Assert.Equal(expected, $"{reply.Rcode} {string.Join(',', reply.Codes)}{string.Join('|', reply.Texts)} ttl {reply.TtlSeconds}");
    }

    [Fact]
    public void Truncated_reply_says_so_and_nothing_else()
    {
        var (_, message) = Exchange(FakeDnsReply.A(1, "127.0.0.2") with { TruncateUdp = true }, DnsType.A);

        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(message, out var reply));
        Assert.True(reply.IsTruncated);
        Assert.Empty(reply.Codes);
    }

    [Fact]
    public void Reply_to_another_question_is_no_answer()
    {
        var (query, message) = Exchange(FakeDnsReply.A(1, "127.0.0.2"), DnsType.A);
        Assert.False(DnsReplyReader.Answers(message, Query("3.0.0.127.bl.example", DnsType.A)), "other name");
        Assert.False(DnsReplyReader.Answers(message, Query(Name, DnsType.Txt)), "other type");
        Assert.False(DnsReplyReader.Answers(query, query), "a query");
        Assert.False(DnsReplyReader.Answers(Changed(message, 1), query), "other id");
        Assert.False(DnsReplyReader.Answers(Changed(message, 5), query), "no question but records");
        Assert.False(DnsReplyReader.Answers(message.AsSpan(0, 20), query), "cut in the question");
        Assert.False(DnsReplyReader.Answers([], query), "empty");
    }

    [Fact]
    public void Case_of_the_echoed_name_does_not_matter()
    {
        var (_, message) = Exchange(FakeDnsReply.A(1, "127.0.0.2"), DnsType.A);

        Assert.True(DnsReplyReader.Answers(message, Query(Name.ToUpperInvariant(), DnsType.A)));
    }

    [Fact]
    public void Error_without_question_is_read()
    {
        byte[] formErr = [0, 1, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0];

        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(formErr, out var reply));
        Assert.Equal(DnsRcode.FormErr, reply.Rcode);
    }

    [Fact]
    public void Chain_in_the_wrong_order_is_followed()
    {
        // b.example A before bl CNAME b: written by hand, since no sane server does it.
        var query = Query("bl", DnsType.A);
        var message = Convert.FromHexString(
            "0001818000010002" + "00000000" + "02626C00" + "00010001"
            + "0162076578616D706C6500" + "00010001" + "0000003C" + "0004" + "7F000002"
            + "C00C" + "00050001" + "0000003C" + "0002" + "C014");

        Assert.True(DnsReplyReader.Answers(message, query));
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(message, out var reply));
        Assert.Equal("127.0.0.2", Assert.Single(reply.Codes).ToString());
    }

    [Fact]
    public void Records_of_other_names_do_not_count()
    {
        var (_, message) = Exchange(FakeDnsReply.A(1, "127.0.0.2"), DnsType.A);
        var owner = message.Length - 16;
        message[owner + 1] += 2; // the pointer leads to the question's second label

        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(message, out var reply));
        Assert.Empty(reply.Codes);
    }

    [Theory]
    [InlineData("C014", "a pointer to itself")]
    [InlineData("C020", "a pointer forwards")]
    [InlineData("C000", "a pointer into the header")]
    [InlineData("4061", "a label type nobody uses")]
    [InlineData("3F61", "a label over the end")]
    public void Bad_name_is_invalid(string owner, string why)
    {
        var message = Convert.FromHexString(
            "0001818000010001" + "00000000" + "02626C00" + "00010001" + owner + "00010001" + "0000003C" + "0004" + "7F000002");

        Assert.True(DnsReplyReader.TryRead(message, out _) == OperationStatus.InvalidData, why);
    }

    [Theory]
    [InlineData("0002C00C", "a loop")]
    [InlineData("0003C010", "cut")]
    [InlineData("0004016100" + "00", "something behind the name")]
    [InlineData("00020161", "a name that ends behind its record")]
    [InlineData("0000", "no name")]
    [InlineData("000140", "a label type nobody uses")]
    public void Bad_alias_is_invalid(string data, string why)
    {
        var message = Message(1, 0, "C00C" + "00050001" + "0000003C" + data);

        Assert.True(DnsReplyReader.TryRead(message, out _) == OperationStatus.InvalidData, why);
    }

    [Fact]
    public void Address_of_other_than_four_octets_is_invalid()
    {
        var message = Convert.FromHexString(
            "0001818000010001" + "00000000" + "02626C00" + "00010001" + "C00C" + "00010001" + "0000003C" + "0003" + "7F0000");

        Assert.Equal(OperationStatus.InvalidData, DnsReplyReader.TryRead(message, out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cut_reply_is_invalid_at_each_place(bool isListed)
    {
        var reply = isListed ? FakeDnsReply.A(60, "127.0.0.2") : FakeDnsReply.NotFound();
        var (_, message) = Exchange(reply with { Aliases = ["a.example"] }, DnsType.A);

        for (var length = 0; length < message.Length; length++)
            Assert.True(DnsReplyReader.TryRead(message.AsSpan(0, length), out _) == OperationStatus.InvalidData, $"cut at {length}");
    }

    [Theory]
    [InlineData("answers")]
    [InlineData("authorities")]
    [InlineData("half of each")]
    public void A_reply_of_1024_records_is_the_longest(string sections)
    {
        // An address is 16 octets here, so that all of them are less than a message can be.
        const string Record = "C00C" + "00010001" + "0000003C" + "0004" + "7F000002";
        foreach (var count in new[] { DnsReplyReader.MaxRecords, DnsReplyReader.MaxRecords + 1 })
        {
            var status = count == DnsReplyReader.MaxRecords ? OperationStatus.Done : OperationStatus.InvalidData;
            var answers = sections switch { "answers" => count, "authorities" => 0, _ => count / 2 };
            var message = Message(answers, count - answers, string.Concat(Enumerable.Repeat(Record, count)));
            Assert.Equal((count, status), (count, DnsReplyReader.TryRead(message, out var reply)));
            Assert.Equal(status == OperationStatus.Done ? answers : 0, reply.Codes.Length);
        }
    }

    // What a list's "not listed" is worth: the ttl of the SOA record, wherever in the section it stands.
    [Theory]
    [InlineData(0, "NS 900|SOA 60", 60)]
    [InlineData(0, "SOA 60|NS 900", 60)]
    [InlineData(0, "SOA 60|SOA 900", 60)]
    [InlineData(0, "NS 900", null)]
    [InlineData(0, "SOA/CH 900", null)]
    [InlineData(0, "SOA/CH 900|SOA 60", 60)]
    [InlineData(1, "A 20|SOA 900", 20)]
    [InlineData(1, "A 900|SOA 20", 900)]
    [InlineData(1, "A/CH 20|SOA 60", 60)]
    [InlineData(2, "A/CH 20|A 30|SOA 60", 30)]
    [InlineData(1, "SOA 20|SOA 60", 60)]
    public void The_ttl_is_that_of_the_records_that_count(int answers, string records, int? ttl)
    {
        var lines = records.Split('|');
        var hex = lines.Select(line =>
        {
            var words = line.Split('/', ' ');
            var type = words[0] switch { "A" => "0001", "NS" => "0002", _ => "0006" };
            var data = words[0] == "A" ? "00047F000002" : words[0] == "NS" ? "0002C00C" : "0018C00CC00C" + new string('0', 40);
            return $"C00C{type}{(words.Length == 3 ? "0003" : "0001")}{int.Parse(words[^1]):X8}{data}";
        });
        var message = Message(answers, lines.Length - answers, string.Concat(hex));
        Assert.Equal(OperationStatus.Done, DnsReplyReader.TryRead(message, out var reply));
        var codes = lines.Take(answers).Count(line => line.StartsWith("A ", StringComparison.Ordinal));
        Assert.Equal((ttl, codes), (reply.TtlSeconds, reply.Codes.Length));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(5, true)]
    public void Without_a_question_only_an_error_is_an_answer(byte rcode, bool isAnswer)
    {
        var query = Query(Name, DnsType.A);
        byte[] reply = [query[0], query[1], 0x81, (byte)(0x80 | rcode), 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(isAnswer, DnsReplyReader.Answers(reply, query));
        Assert.False(DnsReplyReader.Answers([.. reply, 0], query), "something where the question should be");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("00", "")]
    [InlineData("0161", "a")]
    [InlineData("016100" + "0162", "ab")]
    [InlineData("01FF", "\ufffd")]
    [InlineData("01", null)]
    [InlineData("0261", null)]
    [InlineData("0161" + "01", null)]
    [InlineData("FF61", null)]
    public void A_text_is_its_strings_or_invalid(string data, string? text)
    {
        var message = Convert.FromHexString(
            "000181800001000100000000" + "02626C00" + "00100001" + "C00C" + "00100001" + "0000003C" + $"{data.Length / 2:X4}" + data);
        var status = DnsReplyReader.TryRead(message, out var reply);
        Assert.Equal(text is null ? OperationStatus.InvalidData : OperationStatus.Done, status);
        Assert.Equal(text, reply.Texts.SingleOrDefault());
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Sixteen_aliases_are_followed(int aliases, bool isRead)
    {
        var names = Enumerable.Range(0, aliases).Select(i => $"a{i}.example").ToImmutableArray();
        var (_, message) = Exchange(FakeDnsReply.A(60, "127.0.0.2") with { Aliases = names }, DnsType.A);
        Assert.Equal(isRead ? OperationStatus.Done : OperationStatus.InvalidData, DnsReplyReader.TryRead(message, out var reply));
        Assert.Equal(isRead ? 1 : 0, reply.Codes.Length);
    }

    [Theory]
    [InlineData(DnsType.A)]
    [InlineData(DnsType.Txt)]
    public void No_bytes_make_it_throw(DnsType type)
    {
        var sent = FakeDnsReply.A(60, "127.0.0.2", "127.0.0.3") with { Aliases = ["a.example"], Texts = ["why", new string('x', 300)] };
        var (query, good) = Exchange(sent, type);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 6].Sample(changes =>
        {
            var message = good.ToArray();
            foreach (var (at, value) in changes)
                message[at] = value;
            _ = DnsReplyReader.Answers(message, query);
            _ = DnsReplyReader.TryRead(message, out _);
        });
        Gen.Byte.Array[0, 600].Sample(message =>
        {
            _ = DnsReplyReader.Answers(message, query);
            _ = DnsReplyReader.TryRead(message, out _);
        });
    }

    // An answer to "bl A", whose records are given in hexadecimal; C00C is the name that was asked for.
    private static byte[] Message(int answers, int authorities, string records) =>
        Convert.FromHexString($"000181800001{answers:X4}{authorities:X4}0000" + "02626C00" + "00010001" + records);

    private static byte[] Query(string name, DnsType type)
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 1, name, type, out var length));
        return query[..length];
    }

    private static (byte[] Query, byte[] Message) Exchange(FakeDnsReply reply, DnsType type)
    {
        var query = Query(Name, type);
        Assert.True(FakeDnsWire.TryReadQuestion(query, out _, out var asked, out var end));
        return (query, FakeDnsWire.Write(query, end, asked, reply, overTcp: false));
    }

    private static byte[] Changed(byte[] message, int at)
    {
        var changed = message.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    // 27 kB over TCP that took 0.7 s to read: every record's name begins at the end of a chain of 8,000 pointers.
    [Theory]
    [Trait("Finding", "security-13")]
    [InlineData(8_000, 900, DnsType.A, OperationStatus.InvalidData)]
    [InlineData(126, 1024, DnsType.Cname, OperationStatus.InvalidData)]
    [InlineData(1, 1024, DnsType.A, OperationStatus.Done)]
    public void A_message_costs_a_bounded_number_of_steps(int pointers, int records, DnsType type, OperationStatus expected)
    {
        var message = Query(string.Join('.', Enumerable.Repeat('0', 32)) + ".bl.example", DnsType.A)[..^11].ToList();
        (message[2], message[11]) = (0x84, 0);
        (message[6], message[7]) = ((byte)(records >> 8), (byte)records);

        // The chain lies in the data of the first record, which nobody asked for. Aliases are those of another name.
        var name = type == DnsType.Cname ? 14 : 12;
        message.AddRange([0xc0, 12, 0, 99, 0, 1, 0, 0, 0, 0, (byte)(pointers * 2 >> 8), (byte)(pointers * 2)]);
        var start = message.Count;
        for (var i = 0; i < pointers; i++)
        {
            var target = i == 0 ? name : start + (2 * (i - 1));
            message.AddRange([(byte)(0xc0 | target >> 8), (byte)target]);
        }

        var last = start + (2 * (pointers - 1));
        for (var i = 1; i < records; i++)
            message.AddRange([(byte)(0xc0 | last >> 8), (byte)last, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 2]);

        Assert.Equal(expected, DnsReplyReader.TryRead(message.ToArray(), out var reply));
        Assert.Equal(expected == OperationStatus.Done ? records - 1 : 0, reply.Codes.Length);
    }
}
