using System.Buffers;
using System.Text;
using CsCheck;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Testing;

namespace Screening.Protocol.Tests.Framing;

public sealed class AttributeFramerTests
{
    // Label, bytes, the lengths of the messages in it, what comes behind them.
    public static readonly TheoryData<string, string, int[], OperationStatus> Samples = new()
    {
        { "nothing", "", [], OperationStatus.NeedMoreData },
        { "one message", "a=b\n\n", [5], OperationStatus.NeedMoreData },
        { "CRLF", "a=b\r\n\r\n", [7], OperationStatus.NeedMoreData },
        { "line ends mixed", "a=b\r\nc=d\n\r\n", [11], OperationStatus.NeedMoreData },
        { "a blank line alone", "\n", [1], OperationStatus.NeedMoreData },
        { "a blank CRLF line alone", "\r\n", [2], OperationStatus.NeedMoreData },
        { "two messages", "a=b\n\nc=d\n\n", [5, 5], OperationStatus.NeedMoreData },
        { "a message and a half", "a=b\n\nc=d\n", [5], OperationStatus.NeedMoreData },
        { "no blank line", "a=b\nc=d\n", [], OperationStatus.NeedMoreData },
        { "no line end", "a=b", [], OperationStatus.NeedMoreData },
        { "a CR at the end", "a=b\n\r", [], OperationStatus.NeedMoreData },
        { "a bare CR is no line end", "\r\r\n\n", [4], OperationStatus.NeedMoreData },
        { "binary", "\0\u0001\u00ff\n\n", [5], OperationStatus.NeedMoreData },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Ends_are_found_however_the_bytes_arrive(string label, string text, int[] lengths, OperationStatus last)
    {
        foreach (var (way, sequence) in SplitSequences.Of(Encoding.Latin1.GetBytes(text)))
        {
            var (found, status, _) = Frame(sequence);
            Assert.True(lengths.SequenceEqual(found) && status == last, $"{label}, {way}: {string.Join(' ', found)}, {status}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Bytes_that_drip_in_make_the_same_messages(string label, string text, int[] lengths, OperationStatus last)
    {
        var (found, status, _) = Drip(Encoding.Latin1.GetBytes(text), 1);
        Assert.True(lengths.SequenceEqual(found) && status == last, $"{label}: {string.Join(' ', found)}, {status}");
    }

    [Theory]
    [InlineData(1024, "\n", true)]
    [InlineData(1024, "\r\n", true)]
    [InlineData(1025, "\n", false)]
    [InlineData(1025, "\r\n", false)]
    public void A_line_has_a_limit(int bytes, string lineEnd, bool valid)
    {
        var message = Encoding.ASCII.GetBytes(new string('a', bytes) + lineEnd + lineEnd);
        foreach (var (status, error) in Ways(message))
        {
            Assert.Equal(valid ? OperationStatus.Done : OperationStatus.InvalidData, status);
            Assert.Equal(valid ? default : new ParseError(ParseErrorKind.LineTooLong, 1024), error);
        }
    }

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    [InlineData(9000, false)]
    public void A_request_has_a_limit(int bytes, bool valid)
    {
        var message = Encoding.ASCII.GetBytes(Lines(bytes - 1) + "\n");
        Assert.Equal(bytes, message.Length);
        foreach (var (status, error) in Ways(message))
        {
            Assert.Equal(valid ? OperationStatus.Done : OperationStatus.InvalidData, status);
            Assert.Equal(valid ? default : new ParseError(ParseErrorKind.RequestTooLong, 8192), error);
        }
    }

    [Fact]
    public void The_limit_that_is_met_first_is_named_however_the_bytes_arrive()
    {
        foreach (var before in Enumerable.Range(7160, 20))
        {
            foreach (var tail in new[] { new string('b', 2000), new string('b', 1024) + "\rb\n", new string('b', 1024) + "\r\n\n" })
            {
                var message = Encoding.ASCII.GetBytes(Lines(before) + tail);
                Assert.Single(Ways(message).Distinct());
            }
        }
    }

    [Fact]
    public void A_line_without_end_is_refused_before_it_ends()
    {
        var framer = new AttributeFramer(PluginRequest.Limits);
        Assert.Equal(OperationStatus.InvalidData, framer.TryFindEnd(new ReadOnlySequence<byte>(new byte[1026]), out _, out var error));
        Assert.Equal(ParseErrorKind.LineTooLong, error.Kind);
    }

    [Fact]
    public void It_tells_whether_a_message_has_begun()
    {
        var framer = new AttributeFramer(PluginRequest.Limits);
        Assert.False(framer.IsInsideMessage);
        framer.TryFindEnd(new ReadOnlySequence<byte>("a"u8.ToArray()), out _, out _);
        Assert.True(framer.IsInsideMessage);
        framer.TryFindEnd(new ReadOnlySequence<byte>("a\n\n"u8.ToArray()), out _, out _);
        Assert.False(framer.IsInsideMessage);
    }

    [Fact]
    public void Random_bytes_frame_alike_in_all_ways_and_never_throw() =>
        Gen.Int[0, 4].Select(i => "\n\ra\0\u00ff"[i]).Select(c => (byte)c).Array[0, 40].Sample(bytes =>
        {
            var expected = SlowFrame(bytes);
            foreach (var (way, sequence) in SplitSequences.Of(bytes))
                Assert.True(expected.SequenceEqual(Frame(sequence).Lengths), way);
            Assert.Equal(expected, Drip(bytes, 3).Lengths);
        });

    // Lines of 64 bytes and a rest, so many bytes in all.
    private static string Lines(int bytes) =>
        string.Concat(Enumerable.Repeat(new string('a', 63) + "\n", (bytes / 64) - 1)) + new string('a', 63 + (bytes % 64)) + "\n";

    private static List<int> SlowFrame(byte[] bytes)
    {
        var lengths = new List<int>();
        int start = 0, line = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '\n')
                continue;
            var text = Encoding.Latin1.GetString(bytes[line..i]);
            line = i + 1;
            if (text is not ("" or "\r"))
                continue;
            lengths.Add(line - start);
            start = line;
        }

        return lengths;
    }

    private static (List<int> Lengths, OperationStatus Status, ParseError Error) Frame(ReadOnlySequence<byte> bytes)
    {
        var framer = new AttributeFramer(PluginRequest.Limits);
        var lengths = new List<int>();
        while (true)
        {
            var status = framer.TryFindEnd(bytes, out var length, out var error);
            if (status != OperationStatus.Done)
                return (lengths, status, error);
            lengths.Add((int)length);
            bytes = bytes.Slice(length);
        }
    }

    // As a socket would: more bytes each time, those of earlier times again.
    private static (List<int> Lengths, OperationStatus Status, ParseError Error) Drip(byte[] bytes, int step)
    {
        var framer = new AttributeFramer(PluginRequest.Limits);
        var lengths = new List<int>();
        var start = 0;
        for (var end = 0; ; end = Math.Min(end + step, bytes.Length))
        {
            var status = OperationStatus.Done;
            while (status == OperationStatus.Done)
            {
                status = framer.TryFindEnd(new ReadOnlySequence<byte>(bytes, start, end - start), out var length, out var error);
                if (status == OperationStatus.InvalidData)
                    return (lengths, status, error);
                if (status == OperationStatus.Done)
                    lengths.Add((int)length);
                start += (int)length;
            }

            if (end == bytes.Length)
                return (lengths, status, default);
        }
    }

    // Whole, and dripping in by steps; where messages were found, as "done".
    private static IEnumerable<(OperationStatus Status, ParseError Error)> Ways(byte[] message)
    {
        var whole = Frame(new ReadOnlySequence<byte>(message));
        yield return (whole.Lengths.Count > 0 ? OperationStatus.Done : whole.Status, whole.Error);
        foreach (var step in new[] { 1, 7, 500, 1024, 1025 })
        {
            var (lengths, status, error) = Drip(message, step);
            yield return (lengths.Count > 0 ? OperationStatus.Done : status, error);
        }
    }
}
