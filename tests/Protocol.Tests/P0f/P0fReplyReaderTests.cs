using System.Buffers;
using System.Text;
using CsCheck;
using Screening.Protocol.P0f;

namespace Screening.Protocol.Tests.P0f;

public sealed class P0fReplyReaderTests
{
    private static readonly P0fReply Unknown = new(P0fStatus.NoMatch, "", "", "", P0fMatch.Exact, -1, 0, 0, 0);

    [SkippableFact]
    public void The_reply_of_a_real_p0f_is_read()
    {
        Skip.IfNot(BitConverter.IsLittleEndian, "the captured bytes are little-endian");
        var expected = new P0fReply(P0fStatus.Ok, "Linux", "2.2.x-3.x", "", P0fMatch.Generic, 0, 0, 0, 0);
        Assert.Equal(expected, Read(Vector.Read("p0f-reply-ok.bin")));
        Assert.Equal(Unknown, Read(Vector.Read("p0f-reply-nomatch.bin")));
        Assert.Equal(Unknown with { Status = P0fStatus.BadQuery }, Read(Vector.Read("p0f-reply-badquery.bin")));
    }

    [Fact]
    public void Replies_go_round() => Gen
        .Select(
            Gen.Char[' ', '~'].Array[0, 32].Select(letters => new string(letters)).Array[3],
            Gen.Int[0, 3],
            Gen.Short,
            Gen.UInt.Array[3])
        .Sample((texts, match, distance, numbers) =>
        {
            var reply = new P0fReply(
                P0fStatus.Ok, texts[0], texts[1], texts[2], (P0fMatch)match, distance, numbers[0], numbers[1], numbers[2]);
            Assert.Equal(reply, Read(P0fReplyWriter.Write(reply)));
        });

    [Fact]
    public void A_cut_reply_needs_more_data()
    {
        var bytes = P0fReplyWriter.Write(Unknown);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, P0fReplyReader.TryRead(bytes.AsSpan(0, length), out var reply));
            Assert.Null(reply);
        }
    }

    [Fact]
    public void What_stands_behind_a_reply_is_left_alone() =>
        Assert.Equal(Unknown, Read([.. P0fReplyWriter.Write(Unknown), 1, 2, 3]));

    [Fact]
    public void Wrong_magic_is_told_as_soon_as_it_is_there()
    {
        Assert.Equal(OperationStatus.NeedMoreData, P0fReplyReader.TryRead("HTT"u8, out _));
        Assert.Equal(OperationStatus.InvalidData, P0fReplyReader.TryRead("HTTP"u8, out _));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0x30u)]
    [InlineData(0x1000_0010u)]
    public void An_unknown_status_is_refused(uint status)
    {
        var bytes = P0fReplyWriter.Write(Unknown with { Status = (P0fStatus)status });
        Assert.Equal(OperationStatus.InvalidData, P0fReplyReader.TryRead(bytes, out _));
    }

    [Fact]
    public void What_is_no_printable_ASCII_becomes_a_question_mark()
    {
        var bytes = P0fReplyWriter.Write(Unknown with { Status = P0fStatus.Ok });
        Encoding.Latin1.GetBytes("a\n\u001b[\u007f\u00e4 b\0secret").CopyTo(bytes, 40);
        Assert.Equal("a??[?? b", Read(bytes).OsName);
    }

    [Fact]
    public void No_bytes_throw() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        P0fReplyReader.TryRead(bytes, out _);
        var framed = P0fReplyWriter.Write(Unknown);
        bytes.AsSpan(0, Math.Min(bytes.Length, 220)).CopyTo(framed.AsSpan(8));
        Assert.Equal(OperationStatus.Done, P0fReplyReader.TryRead(framed, out _));
    });

    private static P0fReply Read(byte[] bytes)
    {
        Assert.Equal(OperationStatus.Done, P0fReplyReader.TryRead(bytes, out var reply));
        return reply!;
    }
}
