using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class PeersTests
{
    private readonly Peers _peers = new(TimeSpan.FromSeconds(5));

    [Fact]
    public void Clocks_that_differ_are_warned_of_once_and_until_they_agree()
    {
        Assert.Null(_peers.Apply(Nodes.Identity(1), TimeSpan.FromSeconds(5)));
        Assert.Null(_peers.Apply(Nodes.Identity(2), TimeSpan.FromSeconds(-5)));
        Assert.Empty(_peers.Warnings);
        Assert.Equal("the clock of mx1 is 6.5 s ahead of this node's", _peers.Apply(Nodes.Identity(1), TimeSpan.FromSeconds(6.5)));
        Assert.Equal("the clock of mx2 is 90.0 s behind this node's", _peers.Apply(Nodes.Identity(2), TimeSpan.FromSeconds(-90)));
        Assert.Null(_peers.Apply(Nodes.Identity(1), TimeSpan.FromSeconds(7)));
        Assert.Equal(["the clock of mx1 is 7.0 s ahead of this node's", "the clock of mx2 is 90.0 s behind this node's"], _peers.Warnings);
        _peers.Apply(Nodes.Identity(1), TimeSpan.Zero);
        Assert.Single(_peers.Warnings);
        Assert.NotNull(_peers.Apply(Nodes.Identity(1), TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public void A_node_is_shown_by_its_name_as_soon_as_that_is_known()
    {
        Assert.Equal("10.0.0.1:4053", _peers.LabelOf(Nodes.At(1)));
        _peers.Apply(Nodes.Identity(1), TimeSpan.Zero);
        Assert.Equal("mx1 (10.0.0.1:4053)", _peers.LabelOf(Nodes.At(1)));
    }

    [Fact]
    [Trait("Finding", "D-knownAs")]
    public void Nodes_that_are_gone_are_forgotten()
    {
        for (var node = 1; node < 100; node++)
        {
            _peers.Apply(Nodes.Identity(node), TimeSpan.FromSeconds(60));
            _peers.Keep(address => address == Nodes.At(node) || address == Nodes.At(1));
        }

        Assert.Equal(2, _peers.Warnings.Count());
        Assert.Equal(("mx1", "", "mx99"), (_peers.NameOf(Nodes.At(1)), _peers.NameOf(Nodes.At(50)), _peers.NameOf(Nodes.At(99))));
    }
}
