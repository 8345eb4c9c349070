using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

public class BucketStateTests
{
    private const long Now = 1_800_000_000_000;
    private const long Seconds = Now / 1000;
    private static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);
    private static readonly long MaxLifeMs = (long)MaxLife.TotalMilliseconds;
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly ClientAddress Neighbour = ClientAddress.Parse("192.0.2.200");
    private static readonly EntryKey Key = KeyOf(Client);

    private readonly BucketState _state = NewLife();

    [Fact]
    public void A_pass_is_found_with_what_is_left_of_it_until_it_expires()
    {
        Record(_state, Key, Pass(60));
        Assert.Equal(Pass(40), _state.FindPass(Key, "p1", Now + 20_000));
        Assert.Equal(Pass(1), _state.FindPass(Key, "p1", Now + 59_999));
        Assert.Null(_state.FindPass(Key, "p1", Now + 60_000));
        Assert.Null(_state.FindPass(Key, "p2", Now));
        Assert.NotNull(_state.FindPass(Key, "", Now));
        Assert.Null(_state.FindPass(KeyOf(Client, "strict"), "p1", Now));
        Assert.Equal((0, 1), (_state.Sweep(Now + 59_999), _state.Count));
        Assert.Equal((1, 0), (_state.Sweep(Now + 60_000), _state.Count));
    }

    [Fact]
    public void Nothing_lives_longer_than_max_life()
    {
        Record(_state, Key, Pass(int.MaxValue));
        Assert.Equal((int)MaxLife.TotalSeconds, _state.FindPass(Key, "p1", Now)!.TtlSeconds);
        Assert.Null(_state.FindPass(Key, "p1", Now + MaxLifeMs));
    }

    [Fact]
    [Trait("Finding", "D")]
    public void A_pass_with_another_fingerprint_takes_a_place_beside_ones_own()
    {
        Record(_state, Key, Pass(60));
        var stored = Record(_state, Key, Pass(90) with { Fingerprint = "p2" })!;
        Assert.Equal(Pass(60), _state.FindPass(Key, "p1", Now));
        Assert.Equal(90, _state.FindPass(Key, "p2", Now)!.TtlSeconds);
        Assert.Equal("p2", _state.FindPass(Key, "", Now)!.Fingerprint);
        Assert.Equal(["p2", "p1"], stored.Passes.Select(p => p.Fingerprint));
        Assert.Equal(1, _state.Count);

        // One that is expired is not "any", and leaves at the next write.
        Assert.Equal("p2", _state.FindPass(Key, "", Now + 60_000)!.Fingerprint);
        Assert.Null(_state.FindPass(Key, "p1", Now + 60_000));
        stored = _state.RecordPass(Key, Pass(10) with { Fingerprint = "p2" }, _state.Epoch, 0, Now + 60_000)!;
        Assert.Equal(Now + 70_000, Assert.Single(stored.Passes).ExpiresMs);
    }

    [Fact]
    public void An_entry_lives_as_long_as_the_longest_of_its_passes_and_has_eight_at_most()
    {
        Record(_state, Key, Pass(500));
        for (var i = 0; i < 10; i++)
            Record(_state, Key, Pass(60 + i) with { Fingerprint = $"q{i}" });
        Assert.Null(_state.FindPass(Key, "p1", Now));
        Assert.Null(_state.FindPass(Key, "q1", Now));
        Assert.NotNull(_state.FindPass(Key, "q2", Now));
        Assert.Equal(0, _state.Sweep(Now + 68_000));
        Assert.Equal("q9", _state.FindPass(Key, "", Now + 68_000)!.Fingerprint);
        Assert.Equal(1, _state.Sweep(Now + 69_000));
    }

    [Fact]
    public void An_entry_stays_for_an_early_pass_that_outlives_the_later_ones()
    {
        Record(_state, Key, Pass(600));
        Record(_state, Key, Pass(90) with { Fingerprint = "p2" });
        Record(_state, Key, Pass(60) with { Fingerprint = "p3" });
        Assert.Equal(0, _state.Sweep(Now + 599_999));
        Assert.Equal("p1", _state.FindPass(Key, "", Now + 599_999)!.Fingerprint);
        Assert.Equal(1, _state.Sweep(Now + 600_000));
    }

    [Fact]
    public void A_pass_whose_screening_began_before_a_revocation_is_refused_and_one_after_it_is_kept()
    {
        var seen = _state.Epoch;
        Revoke(_state, Client);
        Assert.Null(_state.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.Null(_state.FindPass(Key, "p1", Now));
        Assert.NotNull(_state.RecordPass(Key, Pass(60), _state.Epoch, 0, Now));
        Assert.NotNull(_state.RecordPass(KeyOf(Neighbour), Pass(60), seen, 0, Now));
    }

    // tests.md, BucketState:203: a revocation does not end the one before it.
    [Fact]
    public void A_second_revocation_leaves_the_first_in_force()
    {
        var seen = _state.Epoch;
        Revoke(_state, Client);
        var between = _state.Epoch;
        Revoke(_state, Neighbour);
        Assert.Equal(2, _state.TombstoneCount);
        Assert.Null(_state.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.Null(_state.RecordPass(KeyOf(Neighbour), Pass(60), between, 0, Now));
        Assert.NotNull(_state.RecordPass(Key, Pass(60), between, 0, Now));
    }

    [Theory]
    [InlineData(20_000, 9_999, true)] // Began 10 s before the revocation by the clocks, but these may differ.
    [InlineData(20_000, 10_000, true)]
    [InlineData(20_000, 9_998, false)]
    [InlineData(0, 0, true)]
    public void Of_a_screening_with_an_epoch_of_no_life_or_another_its_age_decides(int passedMs, int ageMs, bool isRefused)
    {
        Revoke(_state, Client);
        var (now, age) = (Now + passedMs, ageMs + (passedMs > 0 ? 1 : 0));
        foreach (var seen in new[] { default, new Epoch(5, 3), new Epoch(Now + 1, Now + 9) })
            Assert.Equal(isRefused, _state.RecordPass(Key, Pass(60), seen, age, now) is null);
        Assert.NotNull(_state.RecordPass(KeyOf(Neighbour), Pass(60), default, age, now));
    }

    [Fact]
    public void A_life_begins_above_every_number_before_it()
    {
        Record(_state, Key, Pass(60));
        Revoke(_state, Client);
        var first = _state.Epoch;
        Assert.Equal(new Epoch(Now, Now + 2), first);
        _state.BeginLife(Now - 5);
        Assert.Equal(new Epoch(Now + 3, Now + 2), _state.Epoch);
        _state.BeginLife(Now + 1000);
        Assert.Equal(new Epoch(Now + 1000, Now + 2), _state.Epoch);
        Revoke(_state, Client);
        Assert.Equal(new Epoch(Now + 1000, Now + 1001), _state.Epoch);
    }

    [Fact]
    public void A_revocation_takes_back_the_clients_of_its_networks_only()
    {
        var other = ClientAddress.Parse("2001:db8::1");
        foreach (var client in new[] { Client, Neighbour, other })
            Record(_state, KeyOf(client), Pass(60));
        var expired = ClientAddress.Parse("192.0.2.3");
        _state.RecordPass(KeyOf(expired), Pass(1), _state.Epoch, 0, Now - 1000);
        Assert.Equal(2, _state.Revoke([Net("192.0.2.0/25"), Net("2001:db8::/32")], Now).Count);
        Assert.Null(_state.FindPass(Key, "p1", Now));
        Assert.Null(_state.FindPass(KeyOf(other), "p1", Now));
        Assert.NotNull(_state.FindPass(KeyOf(Neighbour), "p1", Now));
        Assert.Equal(1, _state.Count);
    }

    [Fact]
    public void A_revocation_may_cover_all_clients_of_an_address_family()
    {
        var other = KeyOf(ClientAddress.Parse("2001:db8::1"));
        Record(_state, Key, Pass(60));
        Record(_state, other, Pass(60));
        var seen = _state.Epoch;
        Assert.Equal(1, _state.Revoke([Net("0.0.0.0/0")], Now).Count);
        Assert.Null(_state.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.NotNull(_state.FindPass(other, "p1", Now));
    }

    [Fact]
    [Trait("Finding", "A10")]
    public void What_was_exported_before_a_revocation_is_not_imported()
    {
        _state.Revoke([Net("192.0.2.0/25")], Now);
        Assert.Null(_state.ImportPass(Key, Pass(600), ageSeconds: 60, Now + 30_000));
        Assert.Null(_state.ImportTimes(Client, PostscreenTimes.AllUntil(Seconds + 600), ageSeconds: 60, Now + 30_000));
        Assert.NotNull(_state.ImportPass(KeyOf(Neighbour), Pass(600), ageSeconds: 60, Now + 30_000));
        Assert.NotNull(_state.ImportPass(Key, Pass(600), ageSeconds: 20, Now + 30_000));
        Assert.NotNull(_state.ImportTimes(Client, PostscreenTimes.AllUntil(Seconds + 600), ageSeconds: 20, Now + 30_000));
        Assert.Equal(20 + 5, Assert.Single(_state.List(Network.Of(Client), null, 1, Now + 35_000).Lines).AgeSeconds);
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(29, true)] // In whole seconds: it may have been almost 30.
    [InlineData(28, false)]
    public void A_line_that_may_be_older_than_a_revocation_is_not_imported(int ageSeconds, bool isRefused)
    {
        Revoke(_state, Client);
        Assert.Equal(isRefused, _state.ImportPass(Key, Pass(600), ageSeconds, Now + 30_000) is null);
        Assert.Equal(isRefused, _state.ImportTimes(Client, PostscreenTimes.AllUntil(Seconds + 600), ageSeconds, Now + 30_000) is null);
    }

    [Fact]
    public void An_import_does_not_shorten_a_pass()
    {
        Record(_state, Key, Pass(600));
        Assert.Null(_state.ImportPass(Key, Pass(599), 0, Now));
        Assert.Null(_state.ImportPass(Key, Pass(600), 0, Now));
        Assert.NotNull(_state.ImportPass(Key, Pass(100) with { Fingerprint = "p2" }, 0, Now));
        Assert.NotNull(_state.ImportPass(Key, Pass(601), 0, Now));
        Assert.Equal(601, _state.FindPass(Key, "p1", Now)!.TtlSeconds);
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
        Revoke(_state, Client);
        var fresh = ClientAddress.Parse("192.0.2.3");
        Record(_state, KeyOf(fresh), Pass(60));
        Record(_state, KeyOf(Neighbour), Pass(70) with { Fingerprint = "p2" });
        Record(_state, KeyOf(Neighbour), Pass(80));
        _state.RecordTimes(Neighbour, new PostscreenTimes(0, Seconds + 50, 0, 0, 0), Now);
        var epoch = _state.Epoch;

        Assert.Empty(stored.Absorb(_state));
        Assert.Null(stored.FindPass(Key, "p1", Now));
        Assert.NotNull(stored.FindPass(KeyOf(fresh), "p1", Now));
        Assert.Equal(80, stored.FindPass(KeyOf(Neighbour), "p1", Now)!.TtlSeconds);
        Assert.Equal(70, stored.FindPass(KeyOf(Neighbour), "p2", Now)!.TtlSeconds);
        Assert.Equal(new PostscreenTimes(Seconds + 100, Seconds + 50, 0, 0, 0), stored.FindTimes(Neighbour, Now));
        Assert.Equal((_state.Sequence, epoch), (stored.Sequence, stored.Epoch));

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
        _state.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 200), Now);
        Record(_state, KeyOf(Neighbour), Pass(60));
        stored.Absorb(_state);
        Assert.Equal(600, stored.FindPass(Key, "p1", Now)!.TtlSeconds);
        Assert.Equal(Seconds + 200, stored.FindTimes(Client, Now).Latest);
        Assert.Equal(60, stored.FindPass(KeyOf(Neighbour), "p1", Now)!.TtlSeconds);
        Assert.Equal(Seconds + 100, stored.FindTimes(Neighbour, Now).Latest);
    }

    [Fact]
    public void Times_that_were_revoked_while_recovering_stay_forgotten()
    {
        var old = PostscreenTimes.AllUntil(Seconds + 600);
        _state.RecordTimes(Client, old, Now);
        Revoke(_state, Client);
        var stored = Stored(_ => { });
        stored.Absorb(_state);
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
        Assert.NotNull(_state.RecordPass(Key, Pass(60), default, ageMs: 15_000, Now));
        Assert.NotNull(_state.RecordPass(KeyOf(Client, "strict"), Pass(60), default, ageMs: 5000, Now));
        Assert.NotNull(_state.RecordPass(KeyOf(Neighbour), Pass(60), default, ageMs: 15_000, Now));
        Assert.NotNull(_state.RecordTimes(Client, old with { Dnsbl = Seconds + 700 }, Now));
        Assert.Equal(Network.Of(Client), Assert.Single(stored.Absorb(_state)));
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
        Record(_state, KeyOf(Neighbour), Pass(60));
        _state.BeginLife(Now + 100);
        Revoke(_state, Client);
        Record(_state, Key, Pass(60));
        stored.Absorb(_state);
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
        var own = _state.Revoke([Network.Of(Neighbour)], Now).Changed.Tombstones[0];
        _state.Revoke([Net("192.0.2.0/24")], Now); // Covers its own one before.
        var expired = lower with { Sequence = 7, MadeMs = Now - MaxLifeMs };
        Assert.Equal([lower], _state.UnknownAmong([own, lower, expired], Now));
        _state.Sweep(Now + 1000);
        Assert.Equal([lower], _state.UnknownAmong([own, lower], Now + 1000));
    }

    // Numbers begin at the time of the life's start, which may be longer ago than any entry lasts.
    [Fact]
    public void A_revocation_is_known_as_ones_own_while_it_refuses_however_old_the_life_is()
    {
        var late = Now + MaxLifeMs;
        var own = _state.Revoke([Network.Of(Client)], late).Changed.Tombstones;
        _state.Sweep(late + 1000);
        Assert.Equal(1, _state.TombstoneCount);
        Assert.Empty(_state.UnknownAmong(own, late + 1000));
    }

    [Fact]
    public void Events_and_snapshots_fold_to_the_same_state_in_any_cut()
    {
        var changes = new List<BucketChanged>();
        for (var i = 0; i < 40; i++)
        {
            var client = ClientAddress.FromIPv4(0xC0000200u + (uint)(i % 10));
            changes.Add(BucketChanged.Of(Record(_state, KeyOf(client), Pass(600 + i) with { Fingerprint = $"p{i % 3}" })!));
            changes.Add(BucketChanged.Of(_state.RecordTimes(client, PostscreenTimes.AllUntil(Seconds + 100 + i), Now)!));
            if (i % 7 == 0)
                changes.Add(_state.Revoke([Network.Of(client), Net("192.0.2.8/31")], Now).Changed);
            if (i % 9 == 0 && _state.ForgetTimes(client) is { } forgotten)
                changes.Add(BucketChanged.Of(forgotten));
        }

        for (var cut = 0; cut <= changes.Count; cut += 5)
        {
            var second = Empty();
            second.Apply(Folded(changes.Take(cut)).Snapshot(Now));
            foreach (var change in changes.Skip(cut))
                second.Apply(change);
            Assert.Equal(Shown(_state), Shown(second));
            Assert.Equal((_state.Sequence, _state.Epoch.Revocation), (second.Sequence, second.Epoch.Revocation));
            Assert.Equal(_state.TombstoneCount, second.TombstoneCount);
        }
    }

    [Fact]
    public void A_snapshot_holds_what_still_holds()
    {
        Record(_state, Key, Pass(60));
        _state.RecordTimes(Neighbour, PostscreenTimes.AllUntil(Seconds + 50), Now);
        _state.Revoke([Network.Of(Neighbour)], Now);
        var snapshot = _state.Snapshot(Now + 49_000);
        Assert.Equal((1, 1, 1, _state.Sequence), (snapshot.Entries.Length, snapshot.Tombstones.Length, snapshot.Forgotten.Length, snapshot.Sequence));
        Assert.Empty(_state.Snapshot(Now + 50_000).Forgotten);
        snapshot = _state.Snapshot(Now + 60_000);
        Assert.Equal((0, 1, 0), (snapshot.Entries.Length, snapshot.Tombstones.Length, snapshot.Forgotten.Length));
        Assert.Empty(_state.Snapshot(Now + MaxLifeMs).Tombstones);
    }

    [Fact]
    public void A_pass_comes_back_from_a_snapshot_as_it_was()
    {
        var pass = Pass(60) with { Allow = true, Score = -7 };
        Record(_state, Key, pass);
        Assert.Equal(-7, _state.Snapshot(Now).Entries[0].Passes[0].Score);
        Assert.Equal(pass, Restarted(Now).FindPass(Key, "p1", Now));
    }

    [Fact]
    public void A_number_is_not_given_again_when_nothing_is_left_of_its_change()
    {
        Record(_state, Key, Pass(60));
        var next = Restarted(Now + 60_000);
        Assert.Equal((0, _state.Sequence), (next.Count, next.Sequence));
    }

    [Fact]
    public void Times_merge_to_the_later_one_within_max_life_and_are_apart_from_the_pass()
    {
        _state.RecordTimes(Client, new PostscreenTimes(Seconds + 10, Seconds + 20, 0, 0, Seconds - 5), Now);
        _state.RecordTimes(Client, new PostscreenTimes(Seconds + 5, Seconds + 99_999_999, 0, 0, 0), Now);
        // A time that is over is one that postscreen has to test again, not one that never was.
        var merged = new PostscreenTimes(Seconds + 10, Seconds + (long)MaxLife.TotalSeconds, 0, 0, PostscreenTimes.Disabled);
        Assert.Equal(merged, _state.FindTimes(Client, Now));
        Assert.Null(_state.FindPass(Key, "", Now));
        Assert.Equal(0, _state.Sweep(Now + 60_000));
        Record(_state, Key, Pass(60));
        Assert.Equal(Seconds + 10, _state.FindTimes(Client, Now).Pregreet);
    }

    [Fact]
    public void Values_without_any_time_are_not_kept_and_forgotten_times_leave_the_pass()
    {
        Assert.Null(_state.RecordTimes(Client, new PostscreenTimes(0, 1, 1, 0, Seconds), Now));
        Assert.Null(_state.ForgetTimes(Client));
        Record(_state, Key, Pass(60));
        _state.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 50), Now);
        Assert.Null(_state.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 50), Now));
        Assert.True(_state.ForgetTimes(Client)!.Times.IsEmpty);
        Assert.True(_state.FindTimes(Client, Now).IsEmpty);
        Assert.NotNull(_state.FindPass(Key, "", Now));
    }

    [Fact]
    public void An_entry_that_says_nothing_any_more_is_dropped_here_and_from_what_is_stored()
    {
        var set = _state.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds + 50), Now)!;
        var gone = _state.ForgetTimes(Client)!;
        Assert.Equal((true, 0), (gone.IsEmpty, _state.Count));
        Assert.Equal(0, Folded([BucketChanged.Of(set), BucketChanged.Of(gone)]).Count);
    }

    [Fact]
    public void A_late_write_does_not_bring_forgotten_times_back()
    {
        var old = new PostscreenTimes(Seconds + 100, Seconds + 200, 0, 0, 0);
        _state.RecordTimes(Client, old, Now);
        Revoke(_state, Client);
        _state.RecordTimes(Client, old with { Dnsbl = Seconds + 300 }, Now);
        Assert.Equal(new PostscreenTimes(0, Seconds + 300, 0, 0, 0), _state.FindTimes(Client, Now));

        // Nor after another revocation, nor after a restart.
        Revoke(_state, Client);
        Assert.Null(_state.RecordTimes(Client, old, Now));
        var next = Empty();
        next.Apply(_state.Snapshot(Now));
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
                _state.RecordTimes(ClientAddress.FromIPv4(0xC0000200 + i), PostscreenTimes.AllUntil((now / 1000) + 3600), now);
            _state.Sweep(now);
            var changed = _state.Revoke([all], now + 1000).Changed;
            Assert.Equal((1, 100), (changed.Tombstones.Length, changed.Forgotten.Length));
            Assert.Equal((1, 100), (_state.TombstoneCount, _state.Snapshot(now + 1000).Forgotten.Length));
        }
    }

    [Fact]
    public void Times_that_are_over_need_not_be_remembered_as_forgotten()
    {
        Record(_state, Key, Pass(60));
        _state.RecordTimes(Client, PostscreenTimes.AllUntil(Seconds), Now - 1000);
        Assert.Empty(_state.Revoke([Network.Of(Client)], Now).Changed.Forgotten);
    }

    [Fact]
    public void The_forgotten_times_of_a_client_leave_when_the_last_of_them_is_over()
    {
        Forget(Client, 50);
        Forget(Client, 20);

        // The snapshot is one of an earlier time, at which both would hold: it shows what was dropped.
        _state.Sweep(Now + 49_999);
        Assert.Equal(2, _state.Snapshot(Now).Forgotten.Length);
        _state.Sweep(Now + 50_000);
        Assert.Empty(_state.Snapshot(Now).Forgotten);
    }

    [Fact]
    public void Eight_forgotten_times_of_a_client_are_remembered()
    {
        for (var seconds = 1; seconds <= 10; seconds++)
            Forget(Client, seconds);
        Assert.Equal(Enumerable.Range(3, 8).Select(i => Seconds + i), _state.Snapshot(Now).Forgotten.Select(f => f.Times.Latest));
    }

    [Fact]
    public void Beyond_the_capacity_the_forgotten_times_that_end_first_leave()
    {
        Forget(ClientAddress.FromIPv4(0), 10); // It has longer ones too.
        for (var i = 0u; i <= 100; i++)
            Forget(ClientAddress.FromIPv4(i), 1000 - (int)i);
        var left = Enumerable.Range(0, 95).Select(i => ClientAddress.FromIPv4((uint)i)).ToHashSet();
        Assert.Equal(left, _state.Snapshot(Now).Forgotten.Select(f => f.Client).ToHashSet());
    }

    [Fact]
    public void A_revocation_refuses_for_max_life()
    {
        Revoke(_state, Client);
        _state.Sweep(Now + MaxLifeMs - 1);
        Assert.Equal(1, _state.TombstoneCount);
        Assert.Null(_state.ImportPass(Key, Pass(60), (int)MaxLife.TotalSeconds, Now + MaxLifeMs - 1));
        _state.Sweep(Now + MaxLifeMs);
        Assert.Equal(0, _state.TombstoneCount);
        Assert.NotNull(_state.ImportPass(Key, Pass(60), (int)MaxLife.TotalSeconds, Now + MaxLifeMs));
    }

    [Fact]
    public void A_revocation_takes_the_place_of_those_inside_it()
    {
        var seen = _state.Epoch;
        Revoke(_state, Client);
        _state.Revoke([Net("192.0.2.0/24")], Now);
        Assert.Equal(1, _state.TombstoneCount);
        Revoke(_state, Client);
        Assert.Equal(2, _state.TombstoneCount);
        _state.Revoke([Net("192.0.2.0/24"), Network.Of(Client)], Now);
        Assert.Equal(1, _state.TombstoneCount);
        Assert.Null(_state.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.Null(_state.RecordPass(KeyOf(Neighbour), Pass(60), seen, 0, Now));
        Assert.NotNull(_state.RecordPass(KeyOf(ClientAddress.Parse("192.0.3.1")), Pass(60), seen, 0, Now));
    }

    [Fact]
    public void Beyond_ten_thousand_the_oldest_revocations_leave()
    {
        var seen = _state.Epoch;
        for (var i = 0u; i < Tombstones.Max; i += 500)
            _state.Revoke(Enumerable.Range((int)i, 500).Select(n => Network.Of(ClientAddress.FromIPv4((uint)n))), Now);
        Assert.Equal(Tombstones.Max, _state.TombstoneCount);
        _state.Revoke([Network.Of(Client)], Now);
        Assert.Equal(Tombstones.Max * 19 / 20, _state.TombstoneCount);
        Assert.NotNull(_state.RecordPass(KeyOf(ClientAddress.FromIPv4(0)), Pass(60), seen, 0, Now));
        Assert.Null(_state.RecordPass(KeyOf(ClientAddress.FromIPv4(Tombstones.Max - 1)), Pass(60), seen, 0, Now));
        Assert.Null(_state.RecordPass(Key, Pass(60), seen, 0, Now));
    }

    [Fact]
    public void Beyond_its_capacity_the_twentieth_that_changed_first_leaves()
    {
        for (var i = 0u; i < 100; i++)
            Record(_state, KeyOf(ClientAddress.FromIPv4(i)), Pass(60));
        Record(_state, KeyOf(ClientAddress.FromIPv4(0)), Pass(60)); // Changed last.
        Assert.Equal(100, _state.Count);
        Record(_state, KeyOf(ClientAddress.FromIPv4(100)), Pass(60));
        Assert.Equal(96, _state.Count);
        var gone = Enumerable.Range(0, 101).Where(i => _state.FindPass(KeyOf(ClientAddress.FromIPv4((uint)i)), "", Now) is null);
        Assert.Equal([1, 2, 3, 4, 5], gone);
    }

    [Fact]
    public void Capacity_holds_for_what_is_recovered()
    {
        var large = new BucketState(MaxLife, 1000, new PassOrigins());
        large.BeginLife(Now);
        for (var i = 0u; i < 300; i++)
            Record(large, KeyOf(ClientAddress.FromIPv4(i)), Pass(60));
        var small = Empty();
        small.Apply(large.Snapshot(Now));
        Assert.InRange(small.Count, 95, 100);
    }

    [Fact]
    [Trait("Finding", "A4")]
    public void A_clock_that_was_ahead_gives_a_pass_no_longer_life()
    {
        var stored = Stored(state =>
        {
            Record(state, Key, Pass(60), Now);
            state.RecordTimes(Neighbour, PostscreenTimes.AllUntil(Seconds + 600), Now);
        });
        const long back = Now - (6 * 3_600_000);
        Assert.Equal(60, stored.FindPass(Key, "p1", back)!.TtlSeconds);
        stored.Absorb(NewLife(back));
        Assert.Equal(0, stored.Sweep(back));
        Assert.Equal(50, stored.FindPass(Key, "p1", back + 10_000)!.TtlSeconds);
        Assert.Null(stored.FindPass(Key, "p1", back + 60_000));
        Assert.Equal(1, stored.Sweep(back + 60_000));
    }

    [Fact]
    [Trait("Finding", "A4")]
    public void Only_those_passes_of_an_entry_are_corrected_that_a_clock_ahead_made()
    {
        Record(_state, Key, Pass(600), Now - 30_000);
        foreach (var key in new[] { Key, KeyOf(Neighbour) })
        {
            Record(_state, key, Pass(60) with { Fingerprint = "p2" }, Now + 300_000);
            Record(_state, key, Pass(60) with { Fingerprint = "p3" });
        }

        Assert.Equal(0, _state.Sweep(Now));
        Assert.Equal(40, _state.FindPass(Key, "p2", Now + 20_000)!.TtlSeconds);
        Assert.Equal(40, _state.FindPass(KeyOf(Neighbour), "p2", Now + 20_000)!.TtlSeconds);
        Assert.Equal(570, _state.FindPass(Key, "p1", Now)!.TtlSeconds);
    }

    [Fact]
    [Trait("Finding", "A4")]
    public void Stored_times_are_never_longer_than_max_life_from_now()
    {
        var late = Now + (10 * MaxLifeMs);
        var stored = Stored(state =>
        {
            Record(state, Key, Pass(int.MaxValue), late);
            state.RecordTimes(Client, PostscreenTimes.AllUntil(long.MaxValue), late);
        });
        Assert.Equal((int)MaxLife.TotalSeconds, stored.FindPass(Key, "p1", Now)!.TtlSeconds);
        Assert.Equal(Seconds + (long)MaxLife.TotalSeconds, stored.FindTimes(Client, Now).Latest);
        Assert.Equal(Seconds + (long)MaxLife.TotalSeconds, stored.List(null, null, 1, Now).Lines[0].Times.Latest);
    }

    [Fact]
    public void Pages_go_by_address_and_keep_the_lines_of_a_client_together()
    {
        foreach (var last in new uint[] { 3, 1, 4, 2 })
        {
            _state.RecordPass(KeyOf(ClientAddress.FromIPv4(last)), Pass(60), _state.Epoch, 5000, Now);
            _state.RecordPass(KeyOf(ClientAddress.FromIPv4(last), "strict"), Pass(60), _state.Epoch, 5000, Now);
        }

        Assert.Equal("0.0.0.1 0.0.0.1 0.0.0.2 0.0.0.2 more", Page(null, null, 2));
        Assert.Equal("0.0.0.3 0.0.0.3 more", Page(null, ClientAddress.FromIPv4(2), 1));
        Assert.Equal("0.0.0.3 0.0.0.3 0.0.0.4 0.0.0.4", Page(null, ClientAddress.FromIPv4(2), 2));
        Assert.Equal("", Page(null, ClientAddress.FromIPv4(4), 2));
        Assert.Equal("0.0.0.2 0.0.0.2 0.0.0.3 0.0.0.3", Page(Net("0.0.0.2/31"), null, 9));
        Assert.Equal(6, _state.List(null, null, 1, Now + 1000).Lines[0].AgeSeconds);
    }

    [Fact]
    public void A_page_shows_each_pass_and_the_times_once_and_nothing_expired()
    {
        Record(_state, Key, Pass(60));
        Record(_state, Key, Pass(600) with { Fingerprint = "p2" });
        _state.RecordTimes(Client, new PostscreenTimes(Seconds + 30, Seconds + 700, 0, 0, 0), Now);
        Record(_state, KeyOf(Neighbour), Pass(60));
        var lines = _state.List(null, null, 9, Now).Lines;
        Assert.Equal(["p2", "p1", "p1"], lines.Select(l => l.Pass!.Fingerprint));
        Assert.Equal([Seconds + 700, 0, 0], lines.Select(l => l.Times.Latest));

        lines = _state.List(null, null, 9, Now + 60_000).Lines;
        Assert.Equal((540, Seconds + 700), (Assert.Single(lines).Pass!.TtlSeconds, lines[0].Times.Latest));
        Assert.Equal(PostscreenTimes.Disabled, lines[0].Times.Pregreet);
        Assert.Null(Assert.Single(_state.List(null, null, 9, Now + 600_000).Lines).Pass);
        Assert.Empty(_state.List(null, null, 9, Now + 700_000).Lines);
    }

    private static BucketState Empty() => new(MaxLife, 100, new PassOrigins());

    private static BucketState NewLife(long bornMs = Now)
    {
        var state = Empty();
        state.BeginLife(bornMs);
        return state;
    }

    // What a life that ended left in the store.
    private static BucketState Stored(Action<BucketState> life, long bornMs = Now - 100_000)
    {
        var (before, stored) = (NewLife(bornMs), Empty());
        life(before);
        stored.Apply(before.Snapshot(Now - 100_000));
        return stored;
    }

    private BucketState Restarted(long nowMs)
    {
        var next = Empty();
        next.Apply(_state.Snapshot(nowMs));
        return next;
    }

    private static BucketState Folded(IEnumerable<BucketChanged> changes)
    {
        var state = Empty();
        foreach (var change in changes)
            state.Apply(change);
        return state;
    }

    private static StoredEntry? Record(BucketState state, EntryKey key, Pass pass, long now = Now) => state.RecordPass(key, pass, state.Epoch, 0, now);

    private static void Revoke(BucketState state, ClientAddress client) => state.Revoke([Network.Of(client)], Now);

    private void Forget(ClientAddress client, int seconds)
    {
        _state.RecordTimes(client, PostscreenTimes.AllUntil(Seconds + seconds), Now);
        Revoke(_state, client);
    }

    private static List<string> Shown(BucketState state) => [.. state.List(null, null, 1000, Now).Lines.Select(l => l.ToString()).Order(StringComparer.Ordinal)];

    private string Page(Network? within, ClientAddress? after, int limit)
    {
        var (lines, more) = _state.List(within, after, limit, Now);
        return string.Join(' ', lines.Select(l => l.Client.ToString()).Concat(more ? ["more"] : []));
    }

    private static EntryKey KeyOf(ClientAddress client, string profile = "default") => new(client, profile);

    private static Network Net(string text) => Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    private static Pass Pass(int ttlSeconds) => new(ttlSeconds, false, -1, "p1", "mx1", "clean");
}
