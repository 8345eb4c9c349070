using Screening.Actors.Cluster;

namespace Screening.Actors.Tests.Cluster;

public sealed class NameFamilyTests
{
    [Theory]
    [InlineData("0.0.0.0", true, false)]
    [InlineData("[::]", true, false)]
    [InlineData("[::]", false, true)] // A pod with IPv6 only.
    [InlineData("2001:db8::1", true, true)]
    [InlineData("192.0.2.1", true, false)]
    public void Names_are_reached_by_the_family_that_all_nodes_have(string listen, bool hasIPv4, bool usesIPv6) =>
        Assert.Equal(usesIPv6, ClusterSystem.UsesIPv6(new ClusterSettings
        {
            Node = "n",
            ListenHost = listen.Trim('[', ']'),
            ListenPort = 4053,
            PublicHost = "screening-0.screening",
            PublicPort = 4053,
            HasIPv4 = hasIPv4,
            Store = null!,
        }));
}
