using CsCheck;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Dnsbl;

public sealed class SiteListTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" ,\t,\r\n ", "")]
    [InlineData("zen.spamhaus.org", "zen.spamhaus.org")]
    [InlineData("ZEN.Spamhaus.ORG*3", "zen.spamhaus.org*3")]
    [InlineData("a.test*1", "a.test")]
    [InlineData("a.test*+2", "a.test*2")]
    [InlineData("a.test*-4", "a.test*-4")]
    [InlineData("a.test*0", "a.test*0")]
    [InlineData("a.test*007", "a.test*7")]
    [InlineData("a.test*1000000", "a.test*1000000")]
    [InlineData("a.test*-1000000", "a.test*-1000000")]
    [InlineData("a.test=127.0.0.2", "a.test=127.0.0.2")]
    [InlineData("a.test=127.0.0.[2;4..8]*-1", "a.test=127.0.0.[2;4..8]*-1")]
    [InlineData("a.test=[127.0.0.2]*2", "a.test=127.0.0.2*2")]
    [InlineData("a.test,b.test c.test\td.test\r\n  e.test,,f.test,", "a.test|b.test|c.test|d.test|e.test|f.test")]
    [InlineData("a.test*2 a.test=127.0.0.3*1", "a.test*2|a.test=127.0.0.3")]
    [InlineData("key_1.zen.dq.spamhaus.net", "key_1.zen.dq.spamhaus.net")]
    [InlineData("1.2.3.4a", "1.2.3.4a")]
    public void A_list_is_read_as_Postfix_does(string text, string expected)
    {
        Assert.True(SiteList.TryParse(text, out var sites, out var errors), string.Join("; ", errors));
        Assert.Equal(expected, string.Join('|', sites));
    }

    [Theory]
    [InlineData("a.test*", "7: the weight '' is not a whole number")]
    [InlineData("a.test*x", "7: the weight 'x' is not a whole number")]
    [InlineData("a.test*1.5", "7: the weight '1.5' is not a whole number")]
    [InlineData("a.test*3*4", "7: the weight '3*4' is not a whole number")]
    [InlineData("a.test*3=127.0.0.2", "7: the weight '3=127.0.0.2' is not a whole number")]
    [InlineData("a.test*1000001", "7: the weight 1000001 is beyond 1000000")]
    [InlineData("a.test*-1000001", "7: the weight -1000001 is beyond 1000000")]
    [InlineData("a.test*99999999999", "7: the weight '99999999999' is not a whole number")]
    [InlineData("a.test=", "7: the filter is empty")]
    [InlineData("a.test=*2", "7: the filter is empty")]
    [InlineData("=127.0.0.2", "0: the domain is empty")]
    [InlineData("*2", "0: the domain is empty")]
    [InlineData("a..test", "0: a dot too many in the domain")]
    [InlineData(".a.test", "0: a dot too many in the domain")]
    [InlineData("a.test.", "0: a dot too many in the domain")]
    [InlineData("-a.test", "0: a hyphen at the start or end of a label")]
    [InlineData("a-.test", "0: a hyphen at the start or end of a label")]
    [InlineData("1.2.3.4", "0: a domain of digits only")]
    [InlineData("a.test:53", "0: ':' cannot be in a domain")]
    [InlineData("ä.test", "0: 'ä' cannot be in a domain")]
    [InlineData("a.test=127.0.0.300", "15: a number above 255")]
    [InlineData("ok.test, bad..test*x", "9: a dot too many in the domain|19: the weight 'x' is not a whole number")]
    [InlineData("$x=1*y", "0: '$' cannot be in a domain|4: the filter ends after 1 of 4 fields|5: the weight 'y' is not a whole number")]
    [InlineData(
        "z.test=127.0.0.[2,3]*2",
        "17: ']' is missing (numbers inside [] are separated by ';', since ',' ends the entry)|18: ']' cannot be in a domain")]
    public void All_faults_are_told_with_their_place(string text, string expected)
    {
        Assert.False(SiteList.TryParse(text, out _, out var errors));
        Assert.Equal(expected, string.Join('|', errors.Select(error => $"{error.Offset}: {error.Message}")));
    }

    [Fact]
    public void A_fault_names_its_entry_and_leaves_the_others()
    {
        Assert.False(SiteList.TryParse("a.test b.test*x c.test", out var sites, out var errors));
        Assert.Equal("b.test*x", Assert.Single(errors).Entry);
        Assert.Equal("a.test|c.test", string.Join('|', sites));
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_label_has_a_length_limit(int length, bool expected) =>
        Assert.Equal(expected, ZoneName.ErrorReason(new string('a', length) + ".test") is null);

    [Theory]
    [InlineData(189, true)]
    [InlineData(190, false)]
    public void A_domain_has_a_length_limit(int length, bool expected)
    {
        var name = string.Concat(Enumerable.Repeat("a.", 200))[..(length - 1)].TrimEnd('.').PadRight(length, 'b');
        Assert.Equal(length, name.Length);
        Assert.Equal(expected, ZoneName.ErrorReason(name) is null);
    }

    [Fact]
    public void Text_goes_round_whatever_the_separators() => Gen
        .Select(
            OneOf("a.test", "b-c.test", "_x.y", "9a").Array[0, 8],
            OneOf("", "=127.0.0.2", "=127.0.[0..3].[2;9]").Array[8],
            Gen.Int[-5, 5].Array[8],
            OneOf(" ", ",", ", ", "\t\r\n", ",,").Array[9])
        .Sample((zones, filters, weights, separators) =>
        {
            var entries = zones.Select((zone, i) => $"{zone}{filters[i]}{(weights[i] == 1 ? "" : $"*{weights[i]}")}").ToArray();
            var text = string.Concat(entries.Select((entry, i) => separators[i] + entry)) + separators[8];
            Assert.True(SiteList.TryParse(text, out var sites, out _), text);
            Assert.Equal(entries, sites.Select(site => site.ToString()));
        });

    [Fact]
    public void A_pattern_matches_as_a_slow_obvious_reader_does() => Gen
        .Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Byte[0, 6].Array[0, 4])
        .Sample((first, second, octets) =>
        {
            var (low, high) = (Math.Min(first, second), Math.Max(first, second));
            Assert.True(SiteList.TryParse($"a.test=127.0.0.[{low}..{high}]", out var sites, out _));
            var codes = octets.Select(octet => new AnswerCode(0x7f000000u | octet)).ToArray();
            Assert.Equal(octets.Any(octet => octet >= low && octet <= high), sites[0].Matches(codes));
            Assert.Equal(octets.Length > 0, (sites[0] with { Filter = null }).Matches(codes));
        });

    [Fact]
    public void No_text_throws() => Gen
        .OneOf(Gen.String, Gen.Char["a.=*[];,12-0 "].Array[0, 40].Select(letters => new string(letters)))
        .Sample(text =>
        {
            var good = SiteList.TryParse(text, out _, out var errors);
            Assert.Equal(good, errors.IsEmpty);
            Assert.All(errors, error => Assert.InRange(error.Offset, 0, text.Length));
        });

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
