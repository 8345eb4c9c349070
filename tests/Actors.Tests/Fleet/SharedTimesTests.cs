using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Screening.Actors.Fleet;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Fleet;

/// <summary>postscreen's times with a played bucket.</summary>
public class SharedTimesTests : TestKit
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly Profile Profile = new("default", "p1", new VerdictSettings(), []);
    private static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);

    private readonly NearCache _near = new(TimeProvider.System, 100, TimeSpan.FromMinutes(10));
    private readonly FleetClient _client = new(TimeProvider.System);
    private readonly IActorRef _answers;
    private readonly TestProbe _bucket;
    private readonly SharedTimes _times;
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public SharedTimesTests()
    {
        _bucket = CreateTestProbe();
        _answers = Sys.ActorOf(AnswerReceiver.CreateProps(_client));
        _client.Open(_bucket, _answers);
        _near.Use([Profile]);
        _times = new SharedTimes(_client, _near, "mx1", MaxLife, TimeProvider.System);
    }

    [Fact]
    public void What_postscreen_stored_holds_here_at_once_and_is_told()
    {
        var stored = new PostscreenTimes(_now + 1000, _now + (long)MaxLife.TotalSeconds + 10_000, 0, 1, _now - 10);
        _times.Record(Client, stored);
        Assert.True(_times.TryGet(Client, out var times));
        Assert.Equal(stored.Pregreet, times.Pregreet);
        var latest = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(times.Dnsbl, _now + (long)MaxLife.TotalSeconds - 1, latest + (long)MaxLife.TotalSeconds);
        Assert.Equal((0, 1, 1), (times.Pipelining, times.NonSmtpCommand, times.BareNewline));
        Assert.Equal(stored, _bucket.ExpectMsg<RecordTimes>().Times);
    }

    [Fact]
    public async Task The_bucket_has_the_last_word()
    {
        _times.Record(Client, PostscreenTimes.AllUntil(_now + 100));
        var told = _bucket.ExpectMsg<RecordTimes>();
        _bucket.Reply(new TimesFound(told.Id, new PostscreenTimes(_now + 100, 0, 0, 0, 0), new Epoch(1, 1)));
        await AwaitConditionAsync(() => Task.FromResult(_times.TryGet(Client, out var times) && times.Dnsbl == 0), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task What_was_forgotten_here_is_not_brought_back_by_an_answer_or_news_from_before()
    {
        var times = PostscreenTimes.AllUntil(_now + 100);
        _times.Record(Client, times);
        var recorded = _bucket.ExpectMsg<RecordTimes>();
        _times.Forget(Client);
        var forgotten = _bucket.ExpectMsg<ForgetTimes>();

        _near.Store(new TimesNews(Client, times, WhitelistLayout.BucketOf(Client), new Epoch(1, 1)));
        Assert.False(_near.Times.TryGet(Client, out _, out _));
        _bucket.Reply(new TimesFound(recorded.Id, times, new Epoch(1, 1)));
        _bucket.Reply(new TimesFound(forgotten.Id, default, new Epoch(1, 1)));

        // Once the bucket has heard of all, what it says counts again.
        await AwaitConditionAsync(
            () =>
            {
                Assert.False(_near.Times.TryGet(Client, out _, out _));
                _near.Store(new TimesNews(Client, PostscreenTimes.AllUntil(_now + 200), WhitelistLayout.BucketOf(Client), new Epoch(1, 1)));
                var isThere = _near.Times.TryGet(Client, out _, out _);
                _near.Times.Remove(Client);
                return Task.FromResult(isThere);
            },
            TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_client_that_is_not_known_here_is_asked_for_and_its_pass_comes_along()
    {
        Assert.False(_times.TryGet(Client, out _));
        var asked = _times.GetAsync(Client, Profile);
        var get = _bucket.ExpectMsg<GetTimes>();
        Assert.Equal(("default", "p1"), (get.Profile, get.Fingerprint));
        var pass = new Pass(600, true, -4, "p1", "mx2", "trusted");
        _bucket.Reply(new TimesFound(get.Id, PostscreenTimes.AllUntil(_now + 50), default, pass));
        await asked;
        await AwaitConditionAsync(
            () => Task.FromResult(_times.TryGet(Client, out var times) && times.Latest == _now + 50), TimeSpan.FromSeconds(5));
        Assert.True(_near.TryGet(Client, Profile, out var verdict));
        Assert.True(verdict.Allow);
    }

    [Fact]
    public async Task A_silent_fleet_is_not_waited_for_and_soon_not_asked()
    {
        for (var i = 0; i < 20; i++)
            Assert.True((await _times.GetAsync(ClientAddress.FromIPv4((uint)i), Profile)).IsEmpty);
        var asked = 0;
        while (_bucket.HasMessages)
        {
            _bucket.ExpectMsg<GetTimes>();
            asked++;
        }

        Assert.InRange(asked, 1, 12);
        _client.Close(_answers);
        Assert.True(_times.TryGet(Client, out var times));
        Assert.True(times.IsEmpty);
    }

    [Fact]
    public async Task A_bucket_that_lost_its_memory_is_told_what_is_known_here()
    {
        var near = new NearCache(TimeProvider.System, 100, TimeSpan.Zero); // Everything has to be confirmed.
        var times = new SharedTimes(_client, near, "mx1", MaxLife, TimeProvider.System);
        times.Record(Client, PostscreenTimes.AllUntil(_now + 100));
        _bucket.ExpectMsg<RecordTimes>();
        Assert.False(times.TryGet(Client, out _));
        var asked = times.GetAsync(Client, Profile);
        var get = _bucket.ExpectMsg<GetTimes>();
        _bucket.Reply(new TimesFound(get.Id, default));
        Assert.Equal(_now + 100, (await asked).Dnsbl);
        Assert.Equal(_now + 100, _bucket.ExpectMsg<RecordTimes>().Times.Dnsbl);
    }

    [Fact]
    public async Task A_revocation_that_was_missed_takes_the_times_as_well()
    {
        _times.Record(Client, PostscreenTimes.AllUntil(_now + 100));
        _near.TryLearn(WhitelistLayout.BucketOf(Client), new Epoch(1, 1));
        var asked = _times.GetAsync(Client, Profile);
        _bucket.ExpectMsg<RecordTimes>();
        var get = _bucket.ExpectMsg<GetTimes>();
        _bucket.Reply(new TimesFound(get.Id, default, new Epoch(1, 2)));
        await asked;
        await AwaitConditionAsync(() => Task.FromResult(_times.Count == 0), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void News_are_taken_and_forgetting_is_told()
    {
        _near.Store(new TimesNews(Client, PostscreenTimes.AllUntil(_now + 100), WhitelistLayout.BucketOf(Client), default));
        Assert.True(_times.TryGet(Client, out var times) && times.Latest == _now + 100);
        Assert.True(_times.Forget(Client));
        Assert.False(_times.TryGet(Client, out times));
        Assert.True(times.IsEmpty);
        Assert.Equal(Client, _bucket.ExpectMsg<ForgetTimes>().Client);
        Assert.False(_times.Forget(Client));
    }
}
