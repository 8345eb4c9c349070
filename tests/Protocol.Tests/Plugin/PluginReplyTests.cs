using System.Buffers;
using System.Text;
using CsCheck;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Plugin;

public sealed class PluginReplyTests
{
    [Theory]
    [InlineData(VerdictAction.Pass, 600, "u", "query_id=u\naction=pass\nttl=600\n\n")]
    [InlineData(VerdictAction.Pass, 0, "u", "query_id=u\naction=pass\nttl=1\n\n")]
    [InlineData(VerdictAction.Pass, int.MaxValue, "", "query_id=\naction=pass\nttl=2147483647\n\n")]
    [InlineData(VerdictAction.Ignore, 0, null, "action=ignore\n\n")]
    [InlineData(VerdictAction.Enforce, 0, "a=b", "query_id=a=b\naction=enforce\n\n")]
    [InlineData(VerdictAction.Drop, 5, "u", "query_id=u\naction=drop\n\n")]
    public void Answers_are_written(VerdictAction action, int ttlSeconds, string? id, string wanted) =>
        Assert.Equal(wanted, Encoding.Latin1.GetString(Write(action, ttlSeconds, id)));

    [Fact]
    public void The_id_is_echoed_byte_for_byte() =>
        Assert.Equal("query_id=\u00ff\u0001\naction=drop\n\n", Encoding.Latin1.GetString(Write(VerdictAction.Drop, 0, "\u00ff\u0001")));

    [Fact]
    public void What_is_written_is_read() =>
        Gen.Select(Gen.Enum<VerdictAction>(), Gen.Int[0, int.MaxValue], Gen.Char['!', '~'].Array[1, 100]).Sample((action, ttl, id) =>
        {
            var message = Write(action, ttl, new string(id));
            Assert.True(PluginAnswer.TryParse(message, out var answer, out _));
            Assert.Equal(new string(id), Encoding.Latin1.GetString(answer.QueryId));
            Assert.Equal(action, answer.Action);
            Assert.Equal(action == VerdictAction.Pass ? Math.Max(1, ttl) : null, answer.TtlSeconds);
            var framer = new AttributeFramer(PluginRequest.Limits);
            Assert.Equal(OperationStatus.Done, framer.TryFindEnd(new ReadOnlySequence<byte>(message), out var length, out _));
            Assert.Equal(message.Length, length);
        });

    private static byte[] Write(VerdictAction action, int ttlSeconds, string? id)
    {
        var output = new ArrayBufferWriter<byte>();
        var verdict = new Verdict(action, Allow: false, ttlSeconds, Score: 0, VerdictSource.Screened);
        PluginReply.Write(output, id is not null, Encoding.Latin1.GetBytes(id ?? ""), verdict);
        return output.WrittenSpan.ToArray();
    }
}
