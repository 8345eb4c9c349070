using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Fleet;

public class FleetClientTests : TestKit
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly FleetClient _client;
    private readonly TestProbe _region;
    private readonly TestProbe _answers;

    public FleetClientTests()
    {
        (_region, _answers) = (CreateTestProbe(), CreateTestProbe());
        _client = new FleetClient(_time);
    }

    [Fact]
    public void Without_a_fleet_no_question_is_put()
    {
        Assert.False(Ask(1));
        Assert.False(_client.IsOpen);
        Assert.True(_client.AskAsync(id => new GetTimes(id, Client)).IsCompletedSuccessfully);
    }

    [Fact]
    public void Questions_go_to_the_region_and_every_answer_to_who_asked_until_it_is_gone()
    {
        Open();
        Assert.True(Ask(1));
        Assert.Equal(1, _region.ExpectMsg<LookUp>().Id);
        Assert.Equal(_answers, _region.LastSender);
        _client.Answer(new EvidenceCame(1, [])); // May overtake the miss.
        ExpectMsg<EvidenceCame>();
        _client.Answer(new LookUpMiss(1, default, Asks: true));
        ExpectMsg<LookUpMiss>();
        _client.Answer(new EvidenceCame(1, []));
        ExpectMsg<EvidenceCame>();
        _client.Forget(1);
        _client.Answer(new EvidenceCame(1, []));
        _client.Answer(new EvidenceCame(99, []));
        Assert.False(HasMessages); // Answers are told in the caller's thread: there is nothing to wait for.
    }

    [Fact]
    [Trait("Finding", "L1")]
    public void Answers_that_are_late_do_not_open_the_breaker()
    {
        Open();
        for (var id = 1; id <= Breaker.Threshold * 2; id++)
            Assert.True(Ask(id));
        _time.Advance(TimeSpan.FromMilliseconds(990));
        Assert.True(Ask(100));
        for (var id = 1; id <= Breaker.Threshold * 2; id++)
            _client.Answer(new LookUpMiss(id, default, Asks: false));
        Assert.False(_client.IsLeftAlone);
        Assert.True(Ask(101));
        Assert.Equal(1, _client.LateShare); // But they show.
        ReceiveN(Breaker.Threshold * 2);
    }

    [Fact]
    public void A_fleet_that_loses_questions_is_left_alone_and_then_tried_again()
    {
        Open();
        LoseQuestions();
        Assert.True(_client.IsLeftAlone);
        Assert.False(Ask(100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Ask(101));
        Assert.False(Ask(102)); // One at a time.
        _client.Answer(new LookUpMiss(101, default, Asks: false));
        Assert.False(_client.IsLeftAlone);
        Assert.True(Ask(103));
    }

    [Fact]
    [Trait("Finding", "L2")]
    public void A_probe_that_is_lost_is_followed_by_another_one()
    {
        Open();
        LoseQuestions();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Ask(101));
        _client.Forget(101); // Its screening crashed: nobody tells what became of it.
        for (var (id, probes) = (200, 0); probes < 3; id++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            probes += Ask(id) ? 1 : 0;
            Assert.True(id < 250, "no further probe");
        }
    }

    [Fact]
    [Trait("Finding", "D: IsLeftAlone")]
    public async Task A_question_about_times_ends_the_pause_as_a_lookup_does()
    {
        Open();
        LoseQuestions();
        _time.Advance(TimeSpan.FromSeconds(1));
        var asked = _client.AskAsync(id => new GetTimes(id, Client));
        _region.FishForMessage(m => m is GetTimes);
        _client.Answer(new TimesFound(((GetTimes)_region.LastMessage!).Id, default));
        Assert.NotNull(await asked.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.False(_client.IsLeftAlone);
    }

    [Fact]
    public async Task Who_asked_a_fleet_that_is_gone_hears_so()
    {
        Open();
        var asked = _client.AskAsync(id => new GetTimes(id, Client));
        _client.Close(TestActor); // Another one's.
        Assert.True(_client.IsOpen);
        _client.Close(_answers);
        Assert.False(_client.IsOpen);
        Assert.Null(await asked.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.False(_client.IsLeftAlone);
    }

    [Fact]
    public void The_wait_follows_a_fleet_that_becomes_slower_at_once_and_a_faster_one_by_and_by()
    {
        Open();
        Assert.Equal(TimeSpan.MaxValue, _client.UsualWait);
        AnswerAfter(1, 10);
        Assert.Equal(40, _client.UsualWait.TotalMilliseconds);
        AnswerAfter(2, 50);
        Assert.Equal(120, _client.UsualWait.TotalMilliseconds);
        AnswerAfter(3, 14);
        Assert.Equal(116, _client.UsualWait.TotalMilliseconds);
        Open();
        Assert.Equal(TimeSpan.MaxValue, _client.UsualWait);
    }

    [Fact]
    [Trait("Finding", "Item 8")]
    public void A_pass_from_before_the_fleet_is_there_is_told_as_soon_as_it_is()
    {
        var began = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Conclude(began, ttlSeconds: 600);
        Conclude(began, ttlSeconds: 5);
        _time.Advance(TimeSpan.FromSeconds(20));
        Open();
        var told = _region.ExpectMsg<Conclude>();
        Assert.Equal((580, 20_500, new Epoch(3, 7)), (told.Pass.TtlSeconds, told.AgeMs, told.Epoch));
        Conclude(_time.GetTimestamp(), ttlSeconds: 60);
        Assert.Equal(60, _region.ExpectMsg<Conclude>().Pass.TtlSeconds); // The one of 5 s was over.
        _client.Close(_answers);
        Conclude(_time.GetTimestamp(), ttlSeconds: 160);
        _time.Advance(FleetClient.ToldFor); // The first ones are not told again by then.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Open();
        Assert.Equal(40, _region.ExpectMsg<Conclude>().Pass.TtlSeconds);
    }

    [Fact]
    public void Of_too_many_passes_that_wait_for_a_fleet_the_oldest_leave()
    {
        for (var i = 1; i <= FleetClient.MaxKept + 2; i++)
            Conclude(_time.GetTimestamp(), ttlSeconds: i);
        Open();
        Assert.Equal(3, _region.ExpectMsg<Conclude>().Pass.TtlSeconds);
        _region.ReceiveN(FleetClient.MaxKept - 1, TimeSpan.FromSeconds(20));
    }

    [Fact]
    [Trait("Finding", "lab-2")]
    public void Passes_of_the_last_two_minutes_are_told_again_with_what_is_left_of_them()
    {
        Open();
        Conclude(_time.GetTimestamp(), ttlSeconds: 600);
        _region.ExpectMsg<Conclude>();
        _time.Advance(TimeSpan.FromSeconds(80));
        Conclude(_time.GetTimestamp(), ttlSeconds: 500);
        _region.ExpectMsg<Conclude>();

        _client.TellAgain();
        var first = _region.ExpectMsg<Conclude>();
        Assert.Equal((520, 80_000), (first.Pass.TtlSeconds, first.AgeMs));
        Assert.Equal(500, _region.ExpectMsg<Conclude>().Pass.TtlSeconds);

        _time.Advance(TimeSpan.FromSeconds(60));
        _client.TellAgain();
        Assert.Equal(440, _region.ExpectMsg<Conclude>().Pass.TtlSeconds);

        // After a life without the fleet as well: the one that it was told to may have been on the other side of a split.
        _client.Close(_answers);
        Open();
        Assert.Equal(440, _region.ExpectMsg<Conclude>().Pass.TtlSeconds);
    }

    private void Open() => _client.Open(_region, _answers);

    private bool Ask(long id) => _client.TryLookUp(new LookUp(id, Client, "default", "p1", default, []), Wait, TestActor);

    private void AnswerAfter(long id, int milliseconds)
    {
        Assert.True(Ask(id));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _client.Answer(new LookUpMiss(id, default, Asks: false));
    }

    private void LoseQuestions()
    {
        for (var id = 1; id <= Breaker.Threshold; id++)
            Assert.True(Ask(id));
        _time.Advance(FleetClient.AnswerTimeout + TimeSpan.FromMilliseconds(1));
        Assert.False(Ask(99));
    }

    private void Conclude(long began, int ttlSeconds) =>
        _client.Conclude(Client, "default", new Epoch(3, 7), began, new Pass(ttlSeconds, false, 0, "p1", "mx1", "clean"));
}
