using System.Text;
using CsCheck;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;

namespace Screening.Protocol.Tests.Plugin;

public sealed class PluginAnswerTests
{
    [Theory]
    [InlineData("query_id=q1\naction=pass\nttl=600\n\n", "q1 Pass 600 - -")]
    [InlineData("action=ignore\n\n", " Ignore - - -")]
    [InlineData("query_id=q1\r\naction=enforce\r\n\r\n", "q1 Enforce - - -")]
    [InlineData("score=-2\nreason=seen before\naction=drop\nquery_id=q1\nlater=x\n\n", "q1 Drop - -2 seen before")]
    [InlineData("action=pass\naction=drop\n\n", " Drop - - -")]
    [InlineData("action=drop\nttl=0\n\n", " Drop - - -")]
    [InlineData("action=pass\nttl=1\nscore=0\n\n", " Pass 1 0 -")]
    [InlineData("action=pass\nscore=-1000000\n\n", " Pass - -1000000 -")]
    [InlineData("action=pass\nttl=2147483647\nscore=1000000\n\n", " Pass 2147483647 1000000 -")]
    [InlineData("action=pass\nreason=\n\n", " Pass - - ")]
    [InlineData("action=pass\nreason=caf\u00e9\u0007\n\n", " Pass - - caf??")]
    public void Answers_are_read(string message, string expected)
    {
        Assert.True(PluginAnswer.TryParse(Encoding.UTF8.GetBytes(message), out var reply, out var error), error.ToString());
        var id = Encoding.UTF8.GetString(reply.QueryId);
        Assert.Equal(expected, $"{id} {reply.Action} {Text(reply.TtlSeconds)} {Text(reply.Score)} {reply.Reason ?? "-"}");
    }

    [Theory]
    [InlineData("\n", ParseErrorKind.MissingAttribute)]
    [InlineData("query_id=q1\n\n", ParseErrorKind.MissingAttribute)]
    [InlineData("action=\n\n", ParseErrorKind.MissingAttribute)]
    [InlineData("action=PASS\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass \n\n", ParseErrorKind.BadValue)]
    [InlineData("action=permit\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=0\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=-1\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=+1\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl= 1\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=1.5\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=2147483648\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nttl=00000000001\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nscore=\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nscore=--1\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nscore=+1\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nscore=1000001\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nscore=-1000001\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nscore=-\n\n", ParseErrorKind.BadValue)]
    [InlineData("action=pass\nnonsense\n\n", ParseErrorKind.MissingSeparator)]
    public void What_is_wrong_spoils_the_answer(string message, ParseErrorKind expected)
    {
        Assert.False(PluginAnswer.TryParse(Encoding.UTF8.GetBytes(message), out _, out var error));
        Assert.Equal(expected, error.Kind);
    }

    [Theory]
    [InlineData("query_id=q1\naction=PASS\n\n", 19)]
    [InlineData("action=pass\nttl=0\n\n", 16)]
    [InlineData("action=pass\nttl=1\nscore=x\n\n", 24)]
    [InlineData("query_id=q1\n\n", 13)]
    public void A_fault_has_its_place(string message, int offset)
    {
        PluginAnswer.TryParse(Encoding.UTF8.GetBytes(message), out _, out var error);
        Assert.Equal(offset, error.Offset);
    }

    [Fact]
    public void Spoilt_answer_still_says_whose_it_is()
    {
        Assert.False(PluginAnswer.TryParse("query_id=q7\naction=what\n\n"u8, out var reply, out _));
        Assert.Equal("q7", Encoding.UTF8.GetString(reply.QueryId));
    }

    [Fact]
    public void Long_reason_is_cut()
    {
        var message = Encoding.UTF8.GetBytes($"action=pass\nreason={new string('x', 900)}\n\n");
        Assert.True(PluginAnswer.TryParse(message, out var reply, out _));
        Assert.Equal(PluginAnswer.MaxReasonLength, reply.Reason!.Length);
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        string[] parts = ["action=pass\n", "ttl=9", "score=-", "=", "\n", "\r", "query_id=", "\0"];
        Gen.Byte.Array[0, 200].Sample(Read);
        Gen.Int[0, parts.Length - 1].Array[0, 9].Sample(chosen =>
            Read(Encoding.UTF8.GetBytes(string.Concat(chosen.Select(i => parts[i])))));

        static void Read(byte[] message) => PluginAnswer.TryParse(message, out _, out _);
    }

    private static string Text(int? number) => number?.ToString() ?? "-";
}
