using Screening.Actors.Cluster;

namespace Screening.Actors.Tests.Cluster;

[Trait("Finding", "security-6")]
public class PeerNamesTests
{
    [Theory]
    [InlineData("mx1.example.org", "MX1.example.org.", true)]
    [InlineData("mx1.example.org", "mx2.example.org", false)]
    [InlineData("mx1.example.org", "*.example.org", false)] // The star of a certificate stands for nothing.
    [InlineData("*.example.org", "*.example.org", true)]
    [InlineData("*.example.org", "edge7.example.org", true)]
    [InlineData("*.example.org", "a.edge.example.org", false)]
    [InlineData("*.example.org", "example.org", false)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.10", false)]
    [InlineData("2001:db8:0::1", "2001:DB8::1", true)]
    public void A_name_is_one_of_those_that_are_expected_or_not(string expected, string shown, bool isOne) =>
        Assert.Equal(isOne, new PeerNames(["other.example", expected]).ContainsAny(["unrelated.example", shown]));

    [Theory]
    [InlineData("mx1", true)]
    [InlineData("*.edge.example.org", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("", false)]
    [InlineData("mx1.example.org:4053", false)]
    [InlineData("mx*.example.org", false)]
    [InlineData("mx1..example.org", false)]
    public void What_can_be_expected_is_an_address_a_name_or_a_domain_behind_a_star(string name, bool isValid) =>
        Assert.Equal(isValid, PeerNames.IsValid(name));
}
