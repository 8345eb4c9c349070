using System.Text.Json;
using Screening.Actors.Fleet;
using Screening.Node.Api;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Api;

public sealed class CacheLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_line_reads_back_as_it_was_written()
    {
        var times = new PostscreenTimes(1, 2, 3, 4, 5);
        WhitelistLine[] lines =
        [
            new(
                NetworkOf("192.0.2.1"), "strict", WhitelistLineKind.Pass, Now.AddTicks(1234567), times, "mx1", Now, "a \"b\" \\", true, -7,
                "784efef9957d"),
            new(
                NetworkOf("2001:db8::/32"), "default", WhitelistLineKind.Grant, Now.AddHours(1), default, "alice@mx1",
                Now.AddMilliseconds(5), ""),
            new(NetworkOf("0.0.0.0/0"), "default", WhitelistLineKind.Ban, Now.AddHours(1), default, "uid 5", Now, "all"),
        ];
        Assert.All(lines, line =>
        {
            Assert.True(CacheLine.TryParse(Write(line), "other", Now, out var read, out var fault), fault);
            Assert.Equal(line, read);
        });
    }

    [Fact]
    public void What_a_line_does_not_say_is_empty_and_who_imports_made_it_now()
    {
        const string text = """{"address":"192.0.2.1/32","kind":"pass","expires":"2030-01-01T01:00:00+01:00","shiny":true}""";
        Assert.True(CacheLine.TryParse(text, "alice", Now, out var line, out var fault), fault);
        var expected = new WhitelistLine(
            NetworkOf("192.0.2.1"), "default", WhitelistLineKind.Pass, new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), default,
            "alice", Now, "");
        Assert.Equal(expected, line);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("5", "not a JSON object")]
    [InlineData("""{"kind":"ban","expires":"2030-01-01T00:00:00Z"}""", "address is missing")]
    [InlineData("""{"address":7}""", "address is not a text")]
    [InlineData("""{"address":"10.0.0.1/8"}""", "address: '10.0.0.1/8' has host bits set")]
    [InlineData("""{"address":"10.0.0.0/8"}""", "kind is missing")]
    [InlineData("""{"address":"10.0.0.0/8","kind":"BAN"}""", "kind: 'BAN' is none of pass, grant, ban")]
    [InlineData("""{"address":"10.0.0.0/8","kind":"ban"}""", "expires is missing")]
    [InlineData("""{"address":"10.0.0.0/8","kind":"ban","expires":"tomorrow"}""", "expires: 'tomorrow' is not a time such as")]
    [InlineData("""{"address":"10.0.0.0/8","kind":"ban","expires":1767323045}""", "expires is not a text")]
    [InlineData("""{"address":"10.0.0.0/8","kind":"pass","expires":"2030-01-01T00:00:00Z"}""", "a pass is of one address")]
    [InlineData("""{"address":"10.0.0.0/8","kind":"ban","profile":"strict","expires":"2030-01-01T00:00:00Z"}""", "it must be default")]
    [InlineData(
        """{"address":"10.0.0.0","kind":"pass","profile":"","expires":"2030-01-01T00:00:00Z"}""", "profile is not the name of a profile")]
    [InlineData(
        """{"address":"10.0.0.0","kind":"pass","expires":"2030-01-01T00:00:00Z","times":[1,2,3,4]}""", "times is not 5 whole seconds")]
    [InlineData(
        """{"address":"10.0.0.0","kind":"pass","expires":"2030-01-01T00:00:00Z","times":[1,2,3,4,-5]}""", "times is not 5 whole seconds")]
    [InlineData(
        """{"address":"10.0.0.0","kind":"pass","expires":"2030-01-01T00:00:00Z","times":[1,2,3,4,9223372036854775807]}""",
        "times is not 5")]
    [InlineData("""{"address":"10.0.0.0","kind":"pass","expires":"2030-01-01T00:00:00Z","score":1.5}""", "score is not a whole number")]
    [InlineData(
        """{"address":"10.0.0.0","kind":"pass","expires":"2030-01-01T00:00:00Z","allow":"yes"}""", "allow is neither true nor false")]
    [InlineData("""{"address":"10.0.0.0","kind":"pass","expires":"2030-01-01T00:00:00Z","made":"x"}""", "made: 'x' is not a time")]
    [InlineData("""{"address":"10.0.0.0","address":"10.0.0.1","kind":"pass"}""", "not JSON: address is repeated, or is not of its form")]
    [InlineData("""{"address":"10.0.0.0","also":5}""", "not JSON: also is repeated, or is not of its form")]
    [InlineData("""{"address":"\ud800","kind":"pass"}""", "address is not a text")]
    [InlineData("""{"address":{"a":1},"kind":"pass"}""", "address is not a text")]
    [InlineData("""{"address":"10.0.0.0","score":99999999999}""", "score is not a whole number")]
    [InlineData("""{"x":[[[[[[[[[[1]]]]]]]]]]}""", "not JSON: The maximum configured depth of 8 has been exceeded")]
    [InlineData("""{"address":"10.0.0.0"} x""", "not JSON: 'x' is invalid after a single JSON value")]
    [InlineData("null", "not a JSON object")]
    public void A_faulty_line_says_what_is_wrong(string text, string expected)
    {
        Assert.False(CacheLine.TryParse(text, "alice", Now, out _, out var fault));
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_bounded_and_cleaned()
    {
        Assert.False(CacheLine.TryParse(new string(' ', 4097), "alice", Now, out _, out var fault));
        Assert.Equal("longer than 4096 characters", fault);
        var reason = new string('r', 300);
        var text = $$"""{"address":"10.0.0.0","kind":"ban","expires":"2030-01-01T00:00:00Z","by":"b\u0007","reason":"{{reason}}"}""";
        Assert.True(CacheLine.TryParse(text, "alice", Now, out var line, out fault), fault);
        Assert.Equal(("b?", 200), (line.By, line.Reason.Length));
    }

    private static string Write(WhitelistLine line) => JsonSerializer.Serialize(CacheLine.Of(line), ApiJson.Default.CacheLine);

    private static Network NetworkOf(string text) =>
        Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);
}
