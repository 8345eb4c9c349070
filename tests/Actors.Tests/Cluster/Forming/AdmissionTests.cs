using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class AdmissionTests
{
    private static readonly NodeIdentity Here = Nodes.Identity(1);
    private static readonly NodeIdentity There = Nodes.Identity(2);

    [Fact]
    public void Nodes_that_are_alike_are_let_in()
    {
        Assert.Equal("", Admission.Refusal(Here, There));
        Assert.Equal("", Admission.Refusal(Nodes.Identity(1, provider: "postgresql"), Nodes.Identity(2, provider: "postgresql")));
    }

    [Fact]
    public void Another_layout_of_the_whitelist_is_refused()
    {
        Assert.Equal("the whitelist's layout is 1 here and 2 there", Admission.Refusal(Here, There with { Layout = 2 }));
        Assert.NotEqual("", Admission.Refusal(Here, There with { Layout = 2, IsCache = false }));
    }

    [Theory]
    [Trait("Finding", "B5")]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_way_to_decide_a_split_is_refused_from_edges_too(bool isCache)
    {
        var reason = Admission.Refusal(
            Here with { SplitBrain = "lease-majority" }, There with { SplitBrain = "keep-oldest", IsCache = isCache });
        Assert.StartsWith("a split is decided by lease-majority here and by keep-oldest there; ", reason, StringComparison.Ordinal);
        Assert.Contains("edges included", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Cache_nodes_share_a_provider_that_several_can_use()
    {
        Assert.Equal("store.provider is memory here and postgresql there", Admission.Refusal(Here, There with { Provider = "postgresql" }));
        var sqlite = Here with { Provider = "sqlite" };
        Assert.StartsWith(
            "store.provider is sqlite, which keeps", Admission.Refusal(sqlite, There with { Provider = "sqlite" }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Edges_and_a_node_that_asks_itself_may_have_any_provider()
    {
        var sqlite = Here with { Provider = "sqlite" };
        Assert.Equal("", Admission.Refusal(sqlite, There with { IsCache = false }));
        Assert.Equal("", Admission.Refusal(sqlite with { IsCache = false }, There));
        Assert.Equal("", Admission.Refusal(sqlite, sqlite));
    }
}
