using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>postscreen's five times in one bucket, and those that were forgotten.</summary>
public class BucketTimesTests : BucketScene
{
    [Fact]
    public void Times_merge_to_the_later_one_within_max_life_and_are_apart_from_the_pass()
    {
        State.RecordTimes(Client, new PostscreenTimes(Seconds + 10, Seconds + 20, 0, 0, Seconds - 5), Now);
        State.RecordTimes(Client, new PostscreenTimes(Seconds + 5, Seconds + 99_999_999, 0, 0, 0), Now);
        // A time that is over is one that postscreen has to test again, not one that never was.
        var merged = new PostscreenTimes(Seconds + 10, Seconds + (long)MaxLife.TotalSeconds, 0, 0, PostscreenTimes.Disabled);
        Assert.Equal(merged, State.FindTimes(Client, Now));
        Assert.Null(State.FindPass(Key, "", Now));
        Assert.Equal(0, State.Sweep(Now + 60_000));
        Record(State, Key, Pass(60));
        Assert.Equal(Seconds + 10, State.FindTimes(Client, Now).Pregreet);
    }

    [Fact]
    public void Values_without_any_time_are_not_kept_and_forgotten_times_leave_the_pass()
    {
        Assert.Null(State.RecordTimes(Client, new PostscreenTimes(0, 1, 1, 0, Seconds), Now));
        Assert.Null(State.ForgetTimes(Client));
        Record(State, Key, Pass(60));
        State.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 50), Now);
        Assert.Null(State.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 50), Now));
        Assert.True(State.ForgetTimes(Client)!.Times.IsEmpty);
        Assert.True(State.FindTimes(Client, Now).IsEmpty);
        Assert.NotNull(State.FindPass(Key, "", Now));
    }

    [Fact]
    public void An_entry_that_says_nothing_any_more_is_dropped_here_and_from_what_is_stored()
    {
        var set = State.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 50), Now)!;
        var gone = State.ForgetTimes(Client)!;
        Assert.Equal((true, 0), (gone.IsEmpty, State.Count));
        Assert.Equal(0, Folded([BucketChanged.Of(set), BucketChanged.Of(gone)]).Count);
    }

    [Fact]
    public void A_late_write_does_not_bring_forgotten_times_back()
    {
        var old = new PostscreenTimes(Seconds + 100, Seconds + 200, 0, 0, 0);
        State.RecordTimes(Client, old, Now);
        Revoke(State, Client);
        State.RecordTimes(Client, old with { Dnsbl = Seconds + 300 }, Now);
        Assert.Equal(new PostscreenTimes(0, Seconds + 300, 0, 0, 0), State.FindTimes(Client, Now));

        // Nor after another revocation, nor after a restart.
        Revoke(State, Client);
        Assert.Null(State.RecordTimes(Client, old, Now));
        var next = Empty();
        next.Apply(State.Snapshot(Now));
        Assert.Null(next.RecordTimes(Client, old with { Dnsbl = Seconds + 300 }, Now));
        Assert.NotNull(next.RecordTimes(Neighbour, old, Now));
    }

    [Fact]
    [Trait("Finding", "D")]
    public void Forgotten_times_are_remembered_while_they_would_hold()
    {
        var all = Net("192.0.2.0/24");
        for (var night = 0; night < 120; night++)
        {
            var now = Now + (night * 86_400_000L);
            for (var i = 1u; i <= 100; i++)
                State.RecordTimes(ClientAddress.FromIPv4(0xC0000200 + i), PostscreenTimes.AllUntil((now / 1000) + 3600), now);
            State.Sweep(now);
            var changed = State.Revoke([all], now + 1000).Changed;
            Assert.Equal((1, 100), (changed.Tombstones.Length, changed.Forgotten.Length));
            Assert.Equal((1, 100), (State.TombstoneCount, State.Snapshot(now + 1000).Forgotten.Length));
        }
    }

    [Fact]
    public void Times_that_are_over_need_not_be_remembered_as_forgotten()
    {
        Record(State, Key, Pass(60));
        State.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds), Now - 1000);
        Assert.Empty(State.Revoke([Network.Of(Client)], Now).Changed.Forgotten);
    }

    [Fact]
    public void The_forgotten_times_of_a_client_leave_when_the_last_of_them_is_over()
    {
        Forget(Client, 50);
        Forget(Client, 20);

        // The snapshot is one of an earlier time, at which both would hold: it shows what was dropped.
        State.Sweep(Now + 49_999);
        Assert.Equal(2, State.Snapshot(Now).Forgotten.Length);
        State.Sweep(Now + 50_000);
        Assert.Empty(State.Snapshot(Now).Forgotten);
    }

    [Fact]
    public void Eight_forgotten_times_of_a_client_are_remembered()
    {
        for (var seconds = 1; seconds <= 10; seconds++)
            Forget(Client, seconds);
        Assert.Equal(Enumerable.Range(3, 8).Select(i => Seconds + i), State.Snapshot(Now).Forgotten.Select(f => f.Times.Latest));
    }

    [Fact]
    public void Beyond_the_capacity_the_forgotten_times_that_end_first_leave()
    {
        Forget(ClientAddress.FromIPv4(0), 10); // It has longer ones too.
        for (var i = 0u; i <= 100; i++)
            Forget(ClientAddress.FromIPv4(i), 1000 - (int)i);
        var left = Enumerable.Range(0, 95).Select(i => ClientAddress.FromIPv4((uint)i)).ToHashSet();
        Assert.Equal(left, State.Snapshot(Now).Forgotten.Select(f => f.Client).ToHashSet());
    }
}
