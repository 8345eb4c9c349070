using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>What a bucket is made of when it starts: what is stored, and what it learnt before it had read that.</summary>
public class BucketRecoveryTests : BucketScene
{
    [Fact]
    public void A_life_begins_above_every_number_before_it()
    {
        Record(State, Key, Pass(60));
        Revoke(State, Client);
        var first = State.Epoch;
        Assert.Equal(new Epoch(Now, Now + 2), first);
        State.BeginLife(Now - 5);
        Assert.Equal(new Epoch(Now + 3, Now + 2), State.Epoch);
        State.BeginLife(Now + 1000);
        Assert.Equal(new Epoch(Now + 1000, Now + 2), State.Epoch);
        Revoke(State, Client);
        Assert.Equal(new Epoch(Now + 1000, Now + 1001), State.Epoch);
    }

    [Fact]
    public void What_is_learnt_while_recovering_is_put_on_top_of_what_is_stored()
    {
        var stored = Stored(state =>
        {
            Record(state, Key, Pass(600));
            Record(state, KeyOf(Neighbour), Pass(600));
            state.RecordTimes(Neighbour, new PostscreenTimes(Seconds + 100, 0, 0, 0, 0), Now);
        });
        Revoke(State, Client);
        var fresh = ClientAddress.Parse("192.0.2.3");
        Record(State, KeyOf(fresh), Pass(60));
        Record(State, KeyOf(Neighbour), Pass(70) with { Fingerprint = "p2" });
        Record(State, KeyOf(Neighbour), Pass(80));
        State.RecordTimes(Neighbour, new PostscreenTimes(0, Seconds + 50, 0, 0, 0), Now);
        var epoch = State.Epoch;

        Assert.Empty(stored.Absorb(State));
        Assert.Null(stored.FindPass(Key, "p1", Now));
        Assert.NotNull(stored.FindPass(KeyOf(fresh), "p1", Now));
        Assert.Equal(80, stored.FindPass(KeyOf(Neighbour), "p1", Now)!.TtlSeconds);
        Assert.Equal(70, stored.FindPass(KeyOf(Neighbour), "p2", Now)!.TtlSeconds);
        Assert.Equal(new PostscreenTimes(Seconds + 100, Seconds + 50, 0, 0, 0), stored.FindTimes(Neighbour, Now));
        Assert.Equal((State.Sequence, epoch), (stored.Sequence, stored.Epoch));

        // Later changes have later numbers, and what was learnt is refused by later revocations only.
        Assert.NotNull(stored.RecordPass(Key, Pass(60), epoch, 0, Now));
        Revoke(stored, fresh);
        Assert.Null(stored.RecordPass(KeyOf(fresh), Pass(60), epoch, 0, Now));
    }

    // A stored pass stays where only times were learnt, and the other way round.
    [Fact]
    public void What_is_stored_of_a_client_stays_beside_what_is_learnt_of_it()
    {
        var stored = Stored(state =>
        {
            Record(state, Key, Pass(600));
            state.RecordTimes(Neighbour, PostscreenTimes.AllUntil(Seconds + 100), Now);
        });
        State.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 200), Now);
        Record(State, KeyOf(Neighbour), Pass(60));
        stored.Absorb(State);
        Assert.Equal(600, stored.FindPass(Key, "p1", Now)!.TtlSeconds);
        Assert.Equal(Seconds + 200, stored.FindTimes(Client, Now).Latest);
        Assert.Equal(60, stored.FindPass(KeyOf(Neighbour), "p1", Now)!.TtlSeconds);
        Assert.Equal(Seconds + 100, stored.FindTimes(Neighbour, Now).Latest);
    }

    [Fact]
    public void Times_that_were_revoked_while_recovering_stay_forgotten()
    {
        var old = PostscreenTimes.AllUntil(Seconds + 600);
        State.RecordTimes(Client, old, Now);
        Revoke(State, Client);
        var stored = Stored(_ => { });
        stored.Absorb(State);
        Assert.Null(stored.RecordTimes(Client, old, Now));
        Assert.NotNull(stored.RecordTimes(Neighbour, old, Now));
    }

    // The bucket could not know of the revocation when it took them.
    [Fact]
    [Trait("Finding", "A6")]
    public void Of_what_is_learnt_while_recovering_that_is_left_out_which_a_stored_revocation_covers()
    {
        var old = PostscreenTimes.AllUntil(Seconds + 600);
        var stored = Stored(state =>
        {
            state.RecordTimes(Client, old, Now - 20_000);
            state.Revoke([Network.Of(Client)], Now - 20_000);
        });
        Assert.NotNull(State.RecordPass(Key, Pass(60), default, ageMs: 15_000, Now));
        Assert.NotNull(State.RecordPass(KeyOf(Client, "strict"), Pass(60), default, ageMs: 5000, Now));
        Assert.NotNull(State.RecordPass(KeyOf(Neighbour), Pass(60), default, ageMs: 15_000, Now));
        Assert.NotNull(State.RecordTimes(Client, old with { Dnsbl = Seconds + 700 }, Now));
        Assert.Equal(Network.Of(Client), Assert.Single(stored.Absorb(State)));
        Assert.Null(stored.FindPass(Key, "p1", Now));
        Assert.NotNull(stored.FindPass(KeyOf(Client, "strict"), "p1", Now));
        Assert.NotNull(stored.FindPass(KeyOf(Neighbour), "p1", Now));
        Assert.Equal(new PostscreenTimes(0, Seconds + 700, 0, 0, 0), stored.FindTimes(Client, Now));
    }

    [Fact]
    public void Numbers_that_a_clock_which_went_back_would_use_twice_are_moved()
    {
        var stored = Stored(state => state.Revoke([Network.Of(Neighbour)], Now - 20_000), bornMs: Now + 5_000_000);
        var before = stored.Epoch.Revocation;
        Record(State, KeyOf(Neighbour), Pass(60));
        State.BeginLife(Now + 100);
        Revoke(State, Client);
        Record(State, Key, Pass(60));
        stored.Absorb(State);
        Assert.Equal(new Epoch(before + 101, before + 102), stored.Epoch);
        Assert.Equal(before + 103, stored.Sequence);

        // Both passes came after the revocations of their clients.
        Revoke(stored, ClientAddress.Parse("192.0.2.3"));
        Assert.NotNull(stored.FindPass(KeyOf(Neighbour), "p1", Now));
        Assert.NotNull(stored.FindPass(Key, "p1", Now));
    }

    [Fact]
    [Trait("Finding", "B4")]
    public void Revocations_of_another_history_are_found_whatever_their_numbers()
    {
        var lower = new Tombstone(Network.Of(Client), Now - 100, Now - 100);
        var own = State.Revoke([Network.Of(Neighbour)], Now).Changed.Tombstones[0];
        State.Revoke([Net("192.0.2.0/24")], Now); // Covers its own one before.
        var expired = lower with { Sequence = 7, MadeMs = Now - MaxLifeMs };
        Assert.Equal([lower], State.UnknownAmong([own, lower, expired], Now));
        State.Sweep(Now + 1000);
        Assert.Equal([lower], State.UnknownAmong([own, lower], Now + 1000));
    }

    // Numbers begin at the time of the life's start, which may be longer ago than any entry lasts.
    [Fact]
    public void A_revocation_is_known_as_ones_own_while_it_refuses_however_old_the_life_is()
    {
        var late = Now + MaxLifeMs;
        var own = State.Revoke([Network.Of(Client)], late).Changed.Tombstones;
        State.Sweep(late + 1000);
        Assert.Equal(1, State.TombstoneCount);
        Assert.Empty(State.UnknownAmong(own, late + 1000));
    }

    [Fact]
    public void Events_and_snapshots_fold_to_the_same_state_in_any_cut()
    {
        var changes = new List<BucketChanged>();
        for (var i = 0; i < 40; i++)
        {
            var client = ClientAddress.FromIPv4(0xC0000200u + (uint)(i % 10));
            changes.Add(BucketChanged.Of(Record(State, KeyOf(client), Pass(600 + i) with { Fingerprint = $"p{i % 3}" })!));
            changes.Add(BucketChanged.Of(State.RecordTimes(client, PostscreenTimes.AllUntil(Seconds + 100 + i), Now)!));
            if (i % 7 == 0)
                changes.Add(State.Revoke([Network.Of(client), Net("192.0.2.8/31")], Now).Changed);
            if (i % 9 == 0 && State.ForgetTimes(client) is { } forgotten)
                changes.Add(BucketChanged.Of(forgotten));
        }

        for (var cut = 0; cut <= changes.Count; cut += 5)
        {
            var second = Empty();
            second.Apply(Folded(changes.Take(cut)).Snapshot(Now));
            foreach (var change in changes.Skip(cut))
                second.Apply(change);
            Assert.Equal(Shown(State), Shown(second));
            Assert.Equal((State.Sequence, State.Epoch.Revocation), (second.Sequence, second.Epoch.Revocation));
            Assert.Equal(State.TombstoneCount, second.TombstoneCount);
        }
    }

    [Fact]
    public void A_snapshot_holds_what_still_holds()
    {
        Record(State, Key, Pass(60));
        State.RecordTimes(Neighbour, PostscreenTimes.AllUntil(Seconds + 50), Now);
        State.Revoke([Network.Of(Neighbour)], Now);
        var snapshot = State.Snapshot(Now + 49_000);
        Assert.Equal((1, 1, 1), (snapshot.Entries.Length, snapshot.Tombstones.Length, snapshot.Forgotten.Length));
        Assert.Equal(State.Sequence, snapshot.Sequence);
        Assert.Empty(State.Snapshot(Now + 50_000).Forgotten);
        snapshot = State.Snapshot(Now + 60_000);
        Assert.Equal((0, 1, 0), (snapshot.Entries.Length, snapshot.Tombstones.Length, snapshot.Forgotten.Length));
        Assert.Empty(State.Snapshot(Now + MaxLifeMs).Tombstones);
    }

    [Fact]
    public void A_pass_comes_back_from_a_snapshot_as_it_was()
    {
        var pass = Pass(60) with { Allow = true, Score = -7 };
        Record(State, Key, pass);
        Assert.Equal(-7, State.Snapshot(Now).Entries[0].Passes[0].Score);
        Assert.Equal(pass, Restarted(Now).FindPass(Key, "p1", Now));
    }

    [Fact]
    public void A_number_is_not_given_again_when_nothing_is_left_of_its_change()
    {
        Record(State, Key, Pass(60));
        var next = Restarted(Now + 60_000);
        Assert.Equal((0, State.Sequence), (next.Count, next.Sequence));
    }
}
