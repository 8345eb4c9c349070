using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit.Xunit2;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Actors.Tests.Fleet;

public class RegionOpenerTests() : TestKit("""
    akka.actor.provider = cluster
    akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
    """)
{
    /// <summary>What was sent to a member while it could not be reached is lost, although it was never removed.</summary>
    [Fact]
    [Trait("Finding", "lab-4")]
    public void Passes_are_told_again_when_a_member_can_be_reached_again()
    {
        var client = new FleetClient(TimeProvider.System);
        var (region, answers) = (CreateTestProbe(), CreateTestProbe());
        client.Open(region, answers);
        var meter = new WhitelistMeter(TimeProvider.System);
        var opener = Sys.ActorOf(RegionOpener.CreateProps("mx1", "cache", meter, client, CreateTestProbe(), answers));
        client.Conclude(
            ClientAddress.Parse("192.0.2.1"), "default", new Epoch(1, 1), TimeProvider.System.GetTimestamp(),
            new Pass(TtlSeconds: 600, Allow: false, Score: 0, Fingerprint: "f", By: "mx1", Reason: ""));
        region.ExpectMsg<Conclude>();

        opener.Tell(new ClusterEvent.ReachableMember(Akka.Cluster.Cluster.Get(Sys).SelfMember));

        region.ExpectMsg<Conclude>(Waiting.Limit);
    }
}
