using Akka.Actor;
using Akka.TestKit.Xunit2;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>The whitelist of a node that is alone.</summary>
public class LocalRegionTests : TestKit
{
    [Theory]
    [InlineData(WhitelistLayout.Grants)]
    [InlineData(0)]
    [InlineData(WhitelistLayout.Buckets - 1)]
    public void Every_message_reaches_its_entity_and_the_answer_its_asker(int bucket)
    {
        var region = ActorOf(LocalRegion.CreateProps(_ => name => Props.Create(() => new Named(name))));

        region.Tell(new Wake(bucket), TestActor);

        Assert.Equal(WhitelistLayout.EntityOf(bucket), ExpectMsg<string>());
    }

    [Fact]
    public void A_number_that_is_no_buckets_reaches_nobody()
    {
        var region = ActorOf(LocalRegion.CreateProps(_ => name => Props.Create(() => new Named(name))));

        region.Tell(new Wake(WhitelistLayout.Buckets), TestActor);
        region.Tell(new Wake(7), TestActor);

        Assert.Equal("bucket-7", ExpectMsg<string>());
    }

    private sealed class Named(string name) : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(name);
    }
}
