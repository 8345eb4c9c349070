using Akka.Actor;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Screening;

public class ScreeningBacklogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingObserver _observer = new();

    [Fact]
    public async Task Beyond_the_bound_a_query_gets_the_default_at_once_and_all_others_by_the_deadline()
    {
        // A gate that begins nothing, as one does not that gets no thread.
        var screener = Create(ActorRefs.Nobody, new ScreeningBacklog());
        var waiting = Enumerable.Range(0, ScreeningBacklog.MaxWaiting).Select(i => AskAsync(screener, i)).ToList();
        Assert.All(waiting, query => Assert.False(query.IsCompleted));
        Assert.Empty(_observer.Sheds);

        var shed = AskAsync(screener, ScreeningBacklog.MaxWaiting);
        Assert.True(shed.IsCompleted);
        Assert.Equal(VerdictSource.Default, (await shed).Verdict.Source);
        Assert.Single(_observer.Sheds);

        _time.Advance(TimeSpan.FromSeconds(2));
        var answers = await Task.WhenAll(waiting).WaitAsync(ScreeningHarness.Patience);
        Assert.All(answers, answer => Assert.Equal(VerdictSource.Default, answer.Verdict.Source));
        Assert.Equal(0, screener.InFlight);
    }

    [Fact]
    public void A_query_that_begins_makes_room_for_one()
    {
        var backlog = new ScreeningBacklog();
        for (var i = 0; i < ScreeningBacklog.MaxWaiting; i++)
            Assert.True(backlog.TryEnter());
        Assert.False(backlog.TryEnter());
        backlog.Leave();
        Assert.True(backlog.TryEnter());
        Assert.False(backlog.TryEnter());
    }

    private static Task<Decision> AskAsync(Screener screener, int number) => screener.ScreenAsync(
        screener.QueryFor(Door.Plugin, ClientAddress.FromIPv4((10u << 24) + (uint)number), null));

    private Screener Create(IActorRef gate, ScreeningBacklog backlog) => new(
        _time, gate, backlog, new NearCache(_time, 100, TimeSpan.FromHours(1), false), new GrantsAndBans(_time), _observer, 20_000,
        new ProfileBook(new Profile(Profile.DefaultName, "p1", new VerdictSettings(), [])), PermanentLists.Empty,
        new ClientWatch(new ClientWatchSettings()));
}
