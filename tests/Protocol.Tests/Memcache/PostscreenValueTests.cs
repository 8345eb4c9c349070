using System.Text;
using CsCheck;
using Screening.Protocol.Memcache;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Memcache;

public sealed class PostscreenValueTests
{
    [Theory]
    [InlineData("1795546156;1795459876;1;1;1", 1795546156, 1795459876, 1, 1, 1)]
    [InlineData("0;0;0;0;0", 0, 0, 0, 0, 0)]
    [InlineData("5;4;3;2;1;777", 5, 4, 3, 2, 1)]
    public void postscreens_values_are_told_by_their_form(string text, long a, long b, long c, long d, long e)
    {
        Assert.True(PostscreenTimesText.TryParse(Encoding.ASCII.GetBytes(text), out var times));
        Assert.Equal(new PostscreenTimes(a, b, c, d, e), times);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1795459756")]
    [InlineData("1;2;3;4")]
    [InlineData("1;2;3;4;")]
    [InlineData("1;2;-3;4;5")]
    [InlineData("1;2; 3;4;5")]
    [InlineData("1;2;3;4;5\n")]
    [InlineData("1;2;3;4;5x")]
    [InlineData("1;2;3;4;1234567890123456789")]
    [InlineData("pass please")]
    public void Other_values_are_not(string text) => Assert.False(PostscreenTimesText.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void What_is_written_is_read_again() => Gen.Long[0, 999_999_999_999_999_999].Array[5].Sample(f =>
    {
        var times = new PostscreenTimes(f[0], f[1], f[2], f[3], f[4]);
        var text = new byte[PostscreenTimesText.MaxBytes];
        var length = PostscreenTimesText.Write(text, times);
        Assert.Equal(string.Join(';', f), Encoding.ASCII.GetString(text, 0, length));
        Assert.True(PostscreenTimesText.TryParse(text.AsSpan(0, length), out var read));
        Assert.Equal(times, read);
    });

    [Fact]
    public void Any_bytes_are_read_without_a_throw() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        PostscreenTimesText.TryParse(bytes, out _);
        PostscreenKey.TryReadClient(bytes, out _);
    });

    [Theory]
    [InlineData("postscreen:192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("postscreen:fd00:7e57::2:b", "fd00:7e57::2:b")]
    [InlineData("fd00:7e57::2:b", "fd00:7e57::2:b")]
    [InlineData("postscreen:::1", "::1")]
    [InlineData("cache:fd00::1", "fd00::1")]
    [InlineData("mx/ps_192.0.2.1", "192.0.2.1")]
    [InlineData("a:b:192.0.2.1", "192.0.2.1")]
    [InlineData("postscreen:::ffff:192.0.2.1", "192.0.2.1")]
    public void A_client_is_found_whatever_the_key_format(string key, string client)
    {
        Assert.True(PostscreenKey.TryReadClient(Encoding.ASCII.GetBytes(key), out var found));
        Assert.Equal(ClientAddress.Parse(client), found);
    }

    [Theory]
    [InlineData("postscreen:_LAST_CACHE_CLEANUP_COMPLETED_")]
    [InlineData("postscreen:192.0.2")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("\u00ff")]
    public void Other_keys_name_no_client_but_have_a_stand_in_of_their_own(string key)
    {
        var bytes = Encoding.Latin1.GetBytes(key);
        Assert.False(PostscreenKey.TryReadClient(bytes, out _));
        var standIn = PostscreenKey.StandIn(bytes);
        Assert.Equal(standIn, PostscreenKey.StandIn(bytes));
        Assert.NotEqual(standIn, PostscreenKey.StandIn([.. bytes, 0]));
        Assert.True(Network.Of(ClientAddress.Parse("100::"), 8).Contains(standIn), $"{standIn}");
    }
}
