using System.Buffers;
using CsCheck;
using Screening.Protocol.Dnsblog;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Protocol.Tests.Dnsblog;

public sealed class DnsblogRequestParserTests
{
    private static readonly (string, string) Domain = ("rbl_domain", "a.test");
    private static readonly (string, string) Client = ("client_address", "1.2.3.4");
    private static readonly (string, string) Label = ("label", "4");

    [Fact]
    public void What_postscreen_sends_is_read_however_it_arrives()
    {
        var bytes = Vector.Read("dnsblog-request.bin");
        Assert.Equal(bytes, DnsblogAsker.Request("one.test", "127.0.77.10", 4));
        foreach (var (label, sequence) in SplitSequences.Of([.. bytes, .. "next"u8]))
        {
            var reader = new SequenceReader<byte>(sequence);
            Assert.True(DnsblogRequestParser.TryRead(ref reader, out var request, out var error) == OperationStatus.Done, label);
            Assert.Equal(default, error);
            Assert.Equal(bytes.Length, reader.Consumed);
            Assert.Equal("one.test", request!.RblDomain);
            Assert.Equal(ClientAddress.Parse("127.0.77.10"), request.Client);
            Assert.Equal("127.0.77.10", request.ClientText);
            Assert.Equal("4", request.Label);
        }
    }

    [Fact]
    public void A_cut_request_needs_more_data_and_leaves_the_reader()
    {
        var bytes = Vector.Read("dnsblog-request.bin");
        for (var length = 0; length < bytes.Length; length++)
        {
            foreach (var (label, sequence) in SplitSequences.Of(bytes[..length]))
            {
                var reader = new SequenceReader<byte>(sequence);
                Assert.True(DnsblogRequestParser.TryRead(ref reader, out _, out _) == OperationStatus.NeedMoreData, $"{length}, {label}");
                Assert.Equal(0, reader.Consumed);
            }
        }
    }

    [Fact]
    public void The_reader_may_stand_behind_other_bytes()
    {
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>([9, 9, .. DnsblogAsker.Request("a.test", "1.2.3.4")]));
        reader.Advance(2);
        Assert.Equal(OperationStatus.Done, DnsblogRequestParser.TryRead(ref reader, out _, out _));
        Assert.True(reader.End);
    }

    [Fact]
    public void Order_unknown_and_repeated_attributes_do_not_matter()
    {
        var request = Read(DnsblogAsker.Attributes(
            ("new", ""), Label, ("rbl_domain", "first.test"), ("x\u00ff y", "z"), Client, Domain));
        Assert.Equal("a.test", request.RblDomain);
    }

    [Fact]
    public void The_last_of_a_repeated_attribute_counts_though_the_first_is_bad()
    {
        var request = Read(DnsblogAsker.Attributes(("rbl_domain", ""), ("client_address", "1.2.3"), Label, Client, Domain));
        Assert.Equal(("a.test", "1.2.3.4"), (request.RblDomain, request.ClientText));
    }

    [Fact]
    public void An_empty_value_does_not_end_a_request() =>
        Assert.Equal("a.test", Read(DnsblogAsker.Attributes(("empty", ""), Domain, Client, ("empty", ""), Label)).RblDomain);

    [Fact]
    public void The_clients_text_is_kept_as_it_came()
    {
        var request = Read(DnsblogAsker.Attributes(Domain, ("client_address", "2001:0DB8::0:1"), Label));
        Assert.Equal("2001:0DB8::0:1", request.ClientText);
        Assert.Equal(ClientAddress.Parse("2001:db8::1"), request.Client);
    }

    public static TheoryData<string, byte[], ParseErrorKind, long> Faults => new()
    {
        { "nothing", "\0"u8.ToArray(), ParseErrorKind.MissingAttribute, 0 },
        { "no domain", DnsblogAsker.Attributes(Client, Label), ParseErrorKind.MissingAttribute, 31 },
        { "no client", DnsblogAsker.Attributes(Domain, Label), ParseErrorKind.MissingAttribute, 26 },
        { "no label", DnsblogAsker.Attributes(Domain, Client), ParseErrorKind.MissingAttribute, 41 },
        { "empty domain", DnsblogAsker.Attributes(("rbl_domain", ""), Client, Label), ParseErrorKind.BadValue, 11 },
        { "long domain", DnsblogAsker.Attributes(("rbl_domain", new string('a', 256)), Client, Label), ParseErrorKind.BadValue, 11 },
        { "domain with space", DnsblogAsker.Attributes(("rbl_domain", "a test"), Client, Label), ParseErrorKind.BadValue, 11 },
        { "domain with DEL", DnsblogAsker.Attributes(("rbl_domain", "a\u007f"), Client, Label), ParseErrorKind.BadValue, 11 },
        { "domain not ASCII", DnsblogAsker.Attributes(("rbl_domain", "\u00e4"), Client, Label), ParseErrorKind.BadValue, 11 },
        { "long label", DnsblogAsker.Attributes(("label", new string('1', 101)), Client, Domain), ParseErrorKind.BadValue, 6 },
        { "bad address", DnsblogAsker.Attributes(Domain, ("client_address", "1.2.3"), Label), ParseErrorKind.BadAddress, 33 },
        { "empty address", DnsblogAsker.Attributes(Domain, ("client_address", ""), Label), ParseErrorKind.BadAddress, 33 },
        { "too long", DnsblogAsker.Attributes(("x", new string('y', 3000)), Domain, Client, Label), ParseErrorKind.RequestTooLong, 2048 },
        { "endless", [.. Enumerable.Repeat((byte)'x', 2048)], ParseErrorKind.RequestTooLong, 2048 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_told_with_its_place(string label, byte[] bytes, ParseErrorKind kind, long offset)
    {
        foreach (var (way, sequence) in SplitSequences.Of(bytes))
        {
            var reader = new SequenceReader<byte>(sequence);
            var status = DnsblogRequestParser.TryRead(ref reader, out var request, out var error);
            Assert.True(status == OperationStatus.InvalidData && request is null, $"{label}, {way}: {status}");
            Assert.Equal(new ParseError(kind, offset), error);
            Assert.Equal(0, reader.Consumed);
        }
    }

    [Theory]
    [InlineData(2048, OperationStatus.Done)]
    [InlineData(2049, OperationStatus.InvalidData)]
    public void The_limit_counts_the_last_NUL(int length, OperationStatus expected)
    {
        var rest = DnsblogAsker.Request("a.test", "1.2.3.4");
        byte[] bytes = [.. "x\0"u8, .. Enumerable.Repeat((byte)'y', length - rest.Length - 3), 0, .. rest];
        Assert.Equal(length, bytes.Length);
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(bytes));
        Assert.Equal(expected, DnsblogRequestParser.TryRead(ref reader, out _, out _));
    }

    [Fact]
    public void The_longest_domain_and_label_are_taken() =>
        Read(DnsblogAsker.Attributes(("rbl_domain", new string('a', 255)), Client, ("label", new string('1', 100))));

    [Fact]
    public void No_bytes_throw_and_splits_agree() => Gen
        .OneOf(Gen.Byte.Array[0, 60], Gen.Int[0, 4].Array[0, 12].Select(Pieces))
        .Sample(bytes =>
        {
            var results = SplitSequences.Of(bytes).Select(split =>
            {
                var reader = new SequenceReader<byte>(split.Bytes);
                var status = DnsblogRequestParser.TryRead(ref reader, out var request, out var error);
                return (status, request, error, reader.Consumed);
            });
            Assert.Single(results.Distinct());
        });

    private static byte[] Pieces(int[] kinds) =>
        [.. kinds.SelectMany(kind => kind switch
        {
            0 => "rbl_domain\0a.test\0"u8.ToArray(),
            1 => "client_address\0::1\0"u8.ToArray(),
            2 => [.. "label\0"u8, .. "7\0"u8],
            3 => "\0"u8.ToArray(),
            _ => "x\0\0"u8.ToArray(),
        })];

    private static DnsblogRequest Read(byte[] bytes)
    {
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(bytes));
        Assert.Equal(OperationStatus.Done, DnsblogRequestParser.TryRead(ref reader, out var request, out _));
        return request!;
    }
}
