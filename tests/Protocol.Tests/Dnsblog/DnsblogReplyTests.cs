using System.Buffers;
using CsCheck;
using Screening.Protocol.Dnsblog;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Protocol.Tests.Dnsblog;

public sealed class DnsblogReplyTests
{
    [Fact]
    public void A_reply_is_what_postscreen_took()
    {
        var request = Request("one.test", "127.0.77.10", "4");
        Assert.Equal(Vector.Read("dnsblog-reply.bin"), Write(request, [new(0x7f000002), new(0x7f000004)], 300));
    }

    [Theory]
    [InlineData(-1, -1)]
    [InlineData(int.MinValue, -1)]
    [InlineData(0, 0)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void A_ttl_that_is_not_known_is_minus_one(int ttl, int expected)
    {
        var answer = DnsblogAsker.ReadReply(Write(Request("a.test", "2001:0DB8::1", "7"), [], ttl));
        Assert.Equal(new DnsblogAnswer("a.test", "2001:0DB8::1", "7", "", expected), answer);
    }

    [Fact]
    public void Any_codes_go_round() => Gen.Select(Gen.UInt.Array[0, 20], Gen.Int[0, int.MaxValue]).Sample((bits, ttl) =>
    {
        var codes = bits.Select(value => new AnswerCode(value)).ToArray();
        var answer = DnsblogAsker.ReadReply(Write(Request(new string('z', 255), "::1", new string('9', 100)), codes, ttl));
        Assert.Equal(string.Join(' ', codes), answer?.RblAddress);
        Assert.Equal(ttl, answer?.Ttl);
    });

    [Fact]
    public void A_reply_is_handed_over_in_one_piece()
    {
        var output = new CountingWriter();
        DnsblogReply.Write(output, Request("a.test", "1.2.3.4", "7"), [new(0x7f000002)], 60);
        Assert.Equal(1, output.Pieces);
    }

    [Fact]
    public void The_askers_side_refuses_what_postscreen_refuses()
    {
        var good = Write(Request("a.test", "1.2.3.4", "7"), [], 60);
        for (var length = 0; length < good.Length; length++)
            Assert.Null(DnsblogAsker.ReadReply(good.AsSpan(0, length)));
        Assert.Null(DnsblogAsker.ReadReply([.. good, 0]));
        Assert.Null(DnsblogAsker.ReadReply(DnsblogAsker.Request("a.test", "1.2.3.4")));
    }

    private static DnsblogRequest Request(string domain, string client, string label)
    {
        var bytes = DnsblogAsker.Attributes(("rbl_domain", domain), ("client_address", client), ("label", label));
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(bytes));
        Assert.Equal(OperationStatus.Done, DnsblogRequestParser.TryRead(ref reader, out var request, out _));
        return request!;
    }

    private static byte[] Write(DnsblogRequest request, AnswerCode[] codes, int ttlSeconds)
    {
        var output = new ArrayBufferWriter<byte>();
        DnsblogReply.Write(output, request, codes, ttlSeconds);
        return output.WrittenSpan.ToArray();
    }

    private sealed class CountingWriter : IBufferWriter<byte>
    {
        public int Pieces { get; private set; }

        public void Advance(int count) => Pieces++;

        public Memory<byte> GetMemory(int sizeHint = 0) => new byte[sizeHint];

        public Span<byte> GetSpan(int sizeHint = 0) => new byte[sizeHint];
    }
}
