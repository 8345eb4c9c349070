using CsCheck;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Vocabulary;

public sealed class NetworkTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("1.2.3.4", "1.2.3.4/32")]
    [InlineData("1.2.3.4/32", "1.2.3.4/32")]
    [InlineData("::/0", "::/0")]
    [InlineData("::1", "::1/128")]
    [InlineData("2001:DB8::/32", "2001:db8::/32")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4/32")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0")]
    [InlineData("::ffff:1.2.3.4/128", "1.2.3.4/32")]
    public void A_network_is_read(string text, string expected)
    {
        Assert.True(Network.TryParse(text, out var network, out var error), error);
        Assert.Equal(expected, network.ToString());
        Assert.Equal("", error);
    }

    [Theory]
    [InlineData("", "'' is not an IP address or network")]
    [InlineData("/8", "'/8' is not an IP address or network")]
    [InlineData("10/8", "'10/8' is not an IP address or network")]
    [InlineData("10.0.0.0/33", "'10.0.0.0/33' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/", "'10.0.0.0/' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/08", "'10.0.0.0/08' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/-1", "'10.0.0.0/-1' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/+8", "'10.0.0.0/+8' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/ 8", "'10.0.0.0/ 8' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/8/8", "'10.0.0.0/8/8' has no prefix length of 0 to 32")]
    [InlineData("10.0.0.0/99999999999", "'10.0.0.0/99999999999' has no prefix length of 0 to 32")]
    [InlineData("::/129", "'::/129' has no prefix length of 0 to 128")]
    [InlineData("10.1.2.3/8", "'10.1.2.3/8' has host bits set; perhaps 10.0.0.0/8 is meant")]
    [InlineData("2001:db8::1/32", "'2001:db8::1/32' has host bits set; perhaps 2001:db8::/32 is meant")]
    [InlineData("::ffff:10.0.0.0/8", "'::ffff:10.0.0.0/8' has no prefix length of 96 to 128")]
    [InlineData("::ffff:10.0.0.1/104", "'::ffff:10.0.0.1/104' has host bits set; perhaps 10.0.0.0/8 is meant")]
    public void Anything_else_is_refused_with_a_reason(string text, string expected)
    {
        Assert.False(Network.TryParse(text, out var network, out var error));
        Assert.Equal(expected, error);
        Assert.Equal(default, network);
    }

    [Fact]
    public void Long_text_is_cut_in_the_reason()
    {
        Assert.False(Network.TryParse(new string('x', 100_000), out _, out var error));
        Assert.InRange(error.Length, 1, 150);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "1.2.3.4", false)]
    [InlineData("::/0", "::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::", false)]
    public void A_network_contains_addresses_of_its_family(string network, string address, bool expected)
    {
        Assert.True(Network.TryParse(network, out var parsed, out _));
        Assert.Equal(expected, parsed.Contains(ClientAddress.Parse(address)));
    }

    [Fact]
    public void Text_goes_round_and_a_network_contains_its_part() =>
        Gen.Select(Addresses.Any, Gen.Int[0, 128], Gen.Int[0, 128]).Sample((address, outer, inner) =>
        {
            var (length, longer) = (outer % (address.BitLength + 1), inner % (address.BitLength + 1));
            var network = Network.Of(address, length);
            Assert.True(Network.TryParse(network.ToString(), out var read, out var error), error);
            Assert.Equal(network, read);
            Assert.True(network.Contains(address));
            Assert.Equal(longer >= length, network.Contains(Network.Of(address, longer)));
        });

    [Fact]
    public void A_prefix_beyond_the_family_is_a_bug_of_the_caller() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.Of(ClientAddress.Parse("1.2.3.4"), 33));
}
