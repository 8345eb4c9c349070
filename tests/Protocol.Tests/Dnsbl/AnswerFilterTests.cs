using CsCheck;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Dnsbl;

public sealed class AnswerFilterTests
{
    // The patterns are those of Postfix src/util/ip_match.in; what matches, and where faults are, is from ip_match.ref.
    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4", "1.2.3.4", "1.2.3.5")]
    [InlineData("1.2.[3].4", "1.2.3.4", "1.2.3.4", "1.2.4.4")]
    [InlineData("1.2.[1..127;128..255].5", "1.2.[1..255].5", "1.2.128.5", "1.2.0.5")]
    [InlineData("1.2.3.[4]", "1.2.3.4", "1.2.3.4", "1.2.3.40")]
    [InlineData("1.2.[3..11].5", "1.2.[3..11].5", "1.2.11.5", "1.2.12.5")]
    [InlineData("1.2.[3;5;7;9;11].5", "1.2.[3;5;7;9;11].5", "1.2.9.5", "1.2.4.5")]
    [InlineData("[1;2].3.4.5", "[1;2].3.4.5", "2.3.4.5", "3.3.4.5")]
    [InlineData("[[1;2].3.4.5]", "[1;2].3.4.5", "2.3.4.5", "3.3.4.5")]
    [InlineData("[127.0.0.2]", "127.0.0.2", "127.0.0.2", "127.0.0.3")]
    [InlineData("127.000.0.010", "127.0.0.10", "127.0.0.10", "127.0.0.8")]
    [InlineData("[0..255].[0..255].[0..255].[7..7]", "[0..255].[0..255].[0..255].7", "9.9.9.7", "9.9.9.8")]
    [InlineData("127.0.0.[63..64;191;192]", "127.0.0.[63;64;191;192]", "127.0.0.192", "127.0.0.193")]
    public void A_filter_matches_its_codes(string text, string shortest, string inside, string outside)
    {
        Assert.True(AnswerFilter.TryParse(text, out var filter, out var error, out _), error);
        Assert.NotNull(filter);
        Assert.Equal(shortest, filter.ToString());
        Assert.True(filter.Matches(Code(inside)), inside);
        Assert.False(filter.Matches(Code(outside)), outside);
    }

    [Theory]
    [InlineData("", 0, "empty")]
    [InlineData("[]", 1, "empty")]
    [InlineData("1.2.300.4", 4, "above 255")]
    [InlineData("1.2.99999999999999999999.4", 4, "above 255")]
    [InlineData("1.2.3.", 6, "number 0 to 255 is expected")]
    [InlineData("1.2.3", 5, "after 3 of 4")]
    [InlineData("a", 0, "expected before 'a'")]
    [InlineData("1.2.3;4", 5, "'.' expected before ';'")]
    [InlineData("1.2.[].4", 5, "expected before ']'")]
    [InlineData("1.2.[.4", 5, "expected before '.'")]
    [InlineData("1.2.].4", 4, "expected before ']'")]
    [InlineData("1.2.[1-255].5", 6, "a range is written with two dots, 1..255")]
    [InlineData("1.2.[1..127.128..255].5", 11, "';' or ']' expected before '.'")]
    [InlineData("1.2.3.[4..1]", 10, "backwards")]
    [InlineData("1.2.3.[4.1]", 9, "two dots")]
    [InlineData("1.2.3.[4..x]", 10, "expected before 'x'")]
    [InlineData("1.2.3.[x]", 7, "expected before 'x'")]
    [InlineData("1.2.3.[4;]", 9, "expected before ']'")]
    [InlineData("1.2.3.4x", 7, "after the fourth field")]
    [InlineData("1.2.3.3[6..9]", 7, "after the fourth field")]
    [InlineData("1.2.3.[6..9]3", 12, "after the fourth field")]
    [InlineData("1.2.3.[4", 8, "']' is missing")]
    [InlineData("[[1;2].3.4.5", 1, "expected before '['")]
    [InlineData("1;2].3.4.5", 1, "'.' expected before ';'")]
    [InlineData("1.2.3.-4", 6, "expected before '-'")]
    [InlineData("1.2.3.4.5", 7, "after the fourth field")]
    public void Anything_else_is_refused_where_it_goes_wrong(string text, int offset, string message)
    {
        Assert.False(AnswerFilter.TryParse(text, out var filter, out var error, out var at));
        Assert.Null(filter);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal(offset, at);
    }

    [Fact]
    public void The_shortest_text_reads_as_the_same_filter() =>
        Gen.Select(Gen.Byte, Gen.Byte).Array[1, 6].Array[4].Sample(fields =>
        {
            var text = string.Join('.', fields.Select(members => $"[{string.Join(';', members.Select(Range))}]"));
            Assert.True(AnswerFilter.TryParse(text, out var filter, out var error, out _), error);
            Assert.True(AnswerFilter.TryParse(filter!.ToString(), out var again, out error, out _), error);
            Assert.Equal(filter, again);
            for (var value = 0; value < 256; value++)
            {
                var expected = fields[3].Any(pair =>
                    value >= Math.Min(pair.Item1, pair.Item2) && value <= Math.Max(pair.Item1, pair.Item2));
                Assert.Equal(expected, filter.Fourth.Contains((byte)value));
            }
        });

    private static AnswerCode Code(string text) =>
        AnswerCode.TryParse(text, out var code) ? code : throw new FormatException(text);

    private static string Range((byte One, byte Other) ends) => $"{Math.Min(ends.One, ends.Other)}..{Math.Max(ends.One, ends.Other)}";
}
