using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Vocabulary;

public sealed class PrivateAddressTests
{
    [Theory]
    [InlineData("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0")]
    [InlineData("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0")]
    [InlineData("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0")]
    [InlineData("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0")]
    [InlineData("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0")]
    [InlineData("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fbff:ffff::", "fe00::")]
    [InlineData("fe80::", "febf:ffff::", "fe7f:ffff::", "fec0::")]
    public void A_private_network_ends_where_it_ends(string first, string last, string below, string above)
    {
        Assert.All((string[])[first, last], text => Assert.True(ClientAddress.Parse(text).IsPrivate, text));
        Assert.All((string[])[below, above, "127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "::"], text =>
            Assert.False(ClientAddress.Parse(text).IsPrivate, text));
    }
}
