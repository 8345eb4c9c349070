using System.Buffers;
using System.Text;
using Screening.Protocol.Memcache;

namespace Screening.Protocol.Tests.Memcache;

public sealed class MemcacheFramerTests
{
    public static TheoryData<string, string> Streams => new()
    {
        { "get k\r\nmn\n", "Get 'k'; MetaNoOp" },
        { "set k 0 0 3\r\nabc\r\nget k\r\n", "Set 'k' 'abc'; Get 'k'" },
        { "set k 0 0 5\r\na\r\nbc\r\nmn\r\n", "Set 'k' 'a\r\nbc'; MetaNoOp" },
        { "set k 0 0 0\r\n\r\nmn\r\n", "Set 'k' ''; MetaNoOp" },
        { "set k 0 0 8193\r\n" + new string('x', 8193) + "\r\nmn\r\n", "DataTooLong 'k'; MetaNoOp" },
        { "set k 0 0 3\r\nabcd\r\n", "BadData" },
        { "\u0080\u0000", "Binary" },
        { "mn\r\n\u0080\u0000", "MetaNoOp; Binary" },
        { "get \u0080\r\n", "Get '\u0080'" },
        { new string('x', 8193), "LineTooLong" },
        { new string('x', 8192), "" },
        { "POST / HTTP/1.1\r\n", "Unknown 'POST'" },
        { "\r\n", "Unknown ''" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Requests_end_where_they_say_in_whatever_pieces_they_come(string sent, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(sent);
        Assert.Equal(expected, Read(bytes, bytes.Length));
        foreach (var piece in new[] { 1, 2, 7, 8191 })
            Assert.Equal(expected, Read(bytes, piece));
    }

    [Fact]
    public void Any_octets_are_read_without_harm()
    {
        var random = new Random(11);
        foreach (var _ in Enumerable.Range(0, 20_000))
        {
            var words = "get set add k 0 1 9 999999999999 noreply \r\n \r\n \n \u0080 x".Split(' ');
            var chosen = Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)]);
            var text = string.Join(random.Next(3) == 0 ? "" : " ", chosen);
            Read(Encoding.Latin1.GetBytes(text), random.Next(1, 10));
        }
    }

    // What a connection makes of octets that come in pieces of this size.
    private static string Read(byte[] bytes, int piece)
    {
        var framer = new MemcacheFramer();
        var found = new List<string>();
        for (int start = 0, end = 0; ;)
        {
            if (start == end && end == bytes.Length)
                return string.Join("; ", found);
            end = start == end ? Math.Min(end + piece, bytes.Length) : end;
            switch (framer.TryRead(bytes.AsSpan(start, end - start), out var length, out var frame))
            {
                case OperationStatus.NeedMoreData when end == bytes.Length:
                    return string.Join("; ", found);
                case OperationStatus.NeedMoreData:
                    Assert.Equal(0, length);
                    end = Math.Min(end + piece, bytes.Length);
                    continue;
                case OperationStatus.InvalidData:
                    found.Add($"{frame.Kind}");
                    return string.Join("; ", found);
            }

            Assert.InRange(length, 1, end - start);
            start += length;
            if (frame.Kind != MemcacheFrameKind.Skipped)
                found.Add(Describe(frame));
        }
    }

    private static string Describe(in MemcacheFrame frame)
    {
        var request = frame.Request;
        var name = frame.Kind == MemcacheFrameKind.Request ? $"{request.Command}" : $"{frame.Kind}";
        var hasKey = !request.Keys.IsEmpty || request.Command == MemcacheCommand.Unknown;
        var hasData = frame.Kind == MemcacheFrameKind.Request && request.DataBytes >= 0;
        return name
            + (hasKey ? $" '{Encoding.Latin1.GetString(request.Keys).Trim()}'" : "")
            + (hasData ? $" '{Encoding.Latin1.GetString(frame.Data)}'" : "");
    }
}
