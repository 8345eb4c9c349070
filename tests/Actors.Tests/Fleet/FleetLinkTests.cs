using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Fleet;

public class FleetLinkTests : TestKit
{
    private readonly FakeTimeProvider _time = new();
    private readonly FleetPort _port;
    private readonly TestProbe _region;
    private readonly TestProbe _door;
    private readonly IActorRef _link;

    public FleetLinkTests()
    {
        (_region, _door) = (CreateTestProbe(), CreateTestProbe());
        _port = new FleetPort(_time);
        _link = Sys.ActorOf(FleetLink.CreateProps(_time, _port));
    }

    [Fact]
    public void Without_a_fleet_it_is_silent_at_once()
    {
        Ask(1);
        ExpectMsg<FleetSilent>();
        Assert.Null(_port.Region);
    }

    [Fact]
    public void Questions_go_to_the_region_and_answers_to_who_asked_however_late()
    {
        Open();
        Ask(1);
        Assert.Equal(1, _region.ExpectMsg<LookUp>().Id);
        Assert.Equal(_door, _region.LastSender);
        _link.Tell(new LookUpMiss(1, default, Asks: true));
        ExpectMsg<LookUpMiss>();
        _link.Tell(new EvidenceCame(1, []));
        ExpectMsg<EvidenceCame>();
        _link.Tell(new EvidenceCame(1, []));
        ExpectMsg<EvidenceCame>();
    }

    [Fact]
    public void A_fleet_that_is_late_again_and_again_is_left_alone_and_then_tried_again()
    {
        Open();
        for (var id = 1; id <= Breaker.Threshold; id++)
        {
            Ask(id);
            _region.ExpectMsg<LookUp>();
            _link.Tell(new LookUpLate(id));
        }

        Ask(100);
        ExpectMsg<FleetSilent>();
        Assert.True(_port.IsLeftAlone);
        Assert.Equal(1, _port.LateShare);

        // An answer that came too late for the count does not close it; one in time does.
        _link.Tell(new LookUpMiss(1, default, Asks: false));
        ExpectMsg<LookUpMiss>();
        Assert.True(_port.IsLeftAlone);
        _time.Advance(TimeSpan.FromSeconds(1));
        Ask(101);
        _region.ExpectMsg<LookUp>();
        _link.Tell(new LookUpMiss(101, default, Asks: false));
        ExpectMsg<LookUpMiss>();
        Assert.False(_port.IsLeftAlone);
    }

    [Fact]
    public void A_cluster_system_that_ends_closes_only_its_own_door()
    {
        Open();
        _link.Tell(new FleetClosed(TestActor));
        AwaitAssert(() => Assert.NotNull(_port.Region));
        _link.Tell(new FleetClosed(_door));
        AwaitAssert(() => Assert.Null(_port.Region));
    }

    private void Open()
    {
        _link.Tell(new FleetOpened(_region, _door));
        AwaitAssert(() => Assert.NotNull(_port.Region));
    }

    private void Ask(long id) =>
        _link.Tell(new AskFleet(new LookUp(id, ClientAddress.Parse("192.0.2.1"), "default", "p1", default, 1000, []), TestActor));
}
