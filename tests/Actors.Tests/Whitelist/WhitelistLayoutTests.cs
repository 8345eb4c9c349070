using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

public class WhitelistLayoutTests
{
    // These numbers are part of what is stored: they never change.
    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.254")]
    public void Neighbours_share_a_bucket(string client) =>
        Assert.Equal(WhitelistLayout.BucketOf(ClientAddress.Parse("192.0.2.77")), WhitelistLayout.BucketOf(ClientAddress.Parse(client)));

    [Theory]
    [InlineData("192.0.2.1", 505)]
    [InlineData("203.0.113.9", 31)]
    [InlineData("2001:db8:1:2::3", 731)]
    public void A_client_stays_in_its_bucket_for_ever(string client, int bucket) =>
        Assert.Equal(bucket, WhitelistLayout.BucketOf(ClientAddress.Parse(client)));

    [Fact]
    public void Buckets_fill_evenly()
    {
        var counts = new int[WhitelistLayout.Buckets];
        for (var net = 0u; net < 102_400; net++)
            counts[WhitelistLayout.BucketOf(ClientAddress.FromIPv4((net * 256) + 1))]++;
        Assert.InRange(counts.Min(), 50, 100);
        Assert.InRange(counts.Max(), 100, 150);
    }
}
