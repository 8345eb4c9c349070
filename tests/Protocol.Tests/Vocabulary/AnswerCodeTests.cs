using CsCheck;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Vocabulary;

public sealed class AnswerCodeTests
{
    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.254")]
    [InlineData("127.0.1.2")]
    [InlineData("127.0.1.254")]
    [InlineData("127.0.9.3")]
    [InlineData("127.0.11.3")]
    [InlineData("127.1.10.3")]
    [InlineData("127.255.254.255")]
    [InlineData("127.0.2.255")]
    public void A_code_of_a_list_may_count(string text)
    {
        Assert.Null(Code(text).ErrorReason());
        Assert.True(Code(text).MayCount);
    }

    [Theory]
    [InlineData("127.255.255.252", "typing error")]
    [InlineData("127.255.255.254", "public or open resolver")]
    [InlineData("127.255.255.255", "too many queries")]
    [InlineData("127.255.255.0", "error code")]
    [InlineData("127.255.255.253", "error code")]
    [InlineData("127.0.0.255", "too many queries")]
    [InlineData("127.0.10.0", "DNSWL")]
    [InlineData("127.0.10.3", "DNSWL")]
    [InlineData("127.0.10.255", "DNSWL")]
    [InlineData("127.0.1.255", "list of domains")]
    [InlineData("126.255.255.255", "127.0.0.0/8")]
    [InlineData("128.0.0.0", "127.0.0.0/8")]
    [InlineData("0.0.0.0", "127.0.0.0/8")]
    [InlineData("203.0.113.9", "127.0.0.0/8")]
    public void A_code_that_lists_everybody_never_counts(string text, string reason)
    {
        Assert.Contains(reason, Code(text).ErrorReason(), StringComparison.Ordinal);
        Assert.False(Code(text).MayCount);
        Assert.False(new SitePattern("list.test", null, 1).Matches([Code(text)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0")]
    [InlineData("127.0.0.02")]
    [InlineData("127.0.0.256")]
    [InlineData("::ffff:127.0.0.2")]
    [InlineData("::1")]
    public void Anything_but_a_dotted_quad_is_refused(string text) => Assert.False(AnswerCode.TryParse(text, out _));

    [Fact]
    public void Text_goes_round_and_octets_are_its_numbers() => Gen.UInt.Sample(bits =>
    {
        var code = new AnswerCode(bits);
        Assert.Equal(code, Code(code.ToString()));
        Assert.Equal($"{code[0]}.{code[1]}.{code[2]}.{code[3]}", code.ToString());
    });

    private static AnswerCode Code(string text) =>
        AnswerCode.TryParse(text, out var code) ? code : throw new FormatException(text);
}
