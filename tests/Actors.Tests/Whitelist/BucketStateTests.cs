using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

public class BucketStateTests
{
    private const long Now = 1_800_000_000_000;
    private static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly EntryKey Key = new(Client, "default");

    private readonly BucketState _state = new(MaxLife, 100);

    [Fact]
    public void A_pass_is_found_with_what_is_left_of_it_until_it_expires()
    {
        _state.RecordPass(Key, Pass(60), 0, 0, Now);
        Assert.Equal(Pass(40), _state.FindPass(Key, "p1", Now + 20_000));
        Assert.Null(_state.FindPass(Key, "p1", Now + 60_000));
        Assert.Null(_state.FindPass(Key, "p2", Now));
        Assert.NotNull(_state.FindPass(Key, "", Now));
        Assert.Null(_state.FindPass(new EntryKey(Client, "strict"), "p1", Now));
        Assert.Equal((1, 0), (_state.Sweep(Now + 60_000), _state.Count));
    }

    [Fact]
    public void Nothing_lives_longer_than_max_life()
    {
        _state.RecordPass(Key, Pass(int.MaxValue), 0, 0, Now);
        Assert.Equal((int)MaxLife.TotalSeconds, _state.FindPass(Key, "p1", Now)!.TtlSeconds);
    }

    [Fact]
    public void A_pass_whose_screening_began_before_a_revocation_is_refused_and_one_after_it_is_taken()
    {
        var seen = _state.Revocation;
        _state.Revoke(Network.Of(Client), Now);
        Assert.Null(_state.RecordPass(Key, Pass(60), 0, seen, Now));
        Assert.Null(_state.FindPass(Key, "p1", Now));
        Assert.NotNull(_state.RecordPass(Key, Pass(60), 0, _state.Revocation, Now));
        Assert.NotNull(_state.RecordPass(new EntryKey(ClientAddress.Parse("192.0.2.2"), "default"), Pass(60), 0, seen, Now));
    }

    [Fact]
    public void A_revocation_takes_back_the_clients_of_its_network_only()
    {
        var outside = new EntryKey(ClientAddress.Parse("192.0.2.200"), "default");
        _state.RecordPass(Key, Pass(60), 0, 0, Now);
        _state.RecordPass(outside, Pass(60), 0, 0, Now);
        Assert.Equal(1, _state.Revoke(Net("192.0.2.0/25"), Now).Count);
        Assert.Null(_state.FindPass(Key, "p1", Now));
        Assert.NotNull(_state.FindPass(outside, "p1", Now));
    }

    [Fact]
    public void A_revocation_covers_what_is_recovered_later()
    {
        var stored = new BucketState(MaxLife, 100);
        stored.RecordPass(Key, Pass(600), 0, 0, Now);
        var neighbour = new EntryKey(ClientAddress.Parse("192.0.2.9"), "default");
        stored.RecordPass(neighbour, Pass(600), 0, 0, Now);

        // While it recovers: one is revoked, and another passes after that.
        _state.Revoke(Network.Of(Client), Now);
        var fresh = new EntryKey(ClientAddress.Parse("192.0.2.3"), "default");
        _state.RecordPass(fresh, Pass(60), 0, 0, Now);
        stored.Absorb(_state);

        Assert.Null(stored.FindPass(Key, "p1", Now));
        Assert.NotNull(stored.FindPass(neighbour, "p1", Now));
        Assert.NotNull(stored.FindPass(fresh, "p1", Now));
        Assert.Equal(4, stored.Sequence);
        Assert.Equal(3, stored.Revocation);
    }

    [Fact]
    public void Events_and_snapshots_fold_to_the_same_state_in_any_cut()
    {
        var changes = new List<BucketChanged>();
        for (var i = 0; i < 40; i++)
        {
            var key = new EntryKey(ClientAddress.FromIPv4(0xC0000200u + (uint)(i % 10)), "default");
            changes.Add(new BucketChanged([_state.RecordPass(key, Pass(600 + i), 0, _state.Revocation, Now)!], []));
            if (i % 7 == 0)
                changes.Add(new BucketChanged([], [_state.Revoke(Network.Of(key.Client), Now).Tombstone]));
        }

        for (var cut = 0; cut <= changes.Count; cut += 5)
        {
            var first = Folded(changes.Take(cut));
            var second = new BucketState(MaxLife, 100);
            second.Apply(first.Snapshot(Now));
            foreach (var change in changes.Skip(cut))
                second.Apply(change);
            Assert.Equal(Shown(_state), Shown(second));
            Assert.Equal((_state.Sequence, _state.Revocation), (second.Sequence, second.Revocation));
        }
    }

    [Fact]
    public void Times_merge_to_the_later_one_within_max_life_and_are_apart_from_the_pass()
    {
        var seconds = Now / 1000;
        _state.RecordTimes(Client, new PostscreenTimes(seconds + 10, seconds + 20, 0, 0, seconds - 5), Now);
        _state.RecordTimes(Client, new PostscreenTimes(seconds + 5, seconds + 99_999_999, 0, 0, 0), Now);
        // A time that is over is one that postscreen has to test again, not one that never was.
        var merged = new PostscreenTimes(seconds + 10, seconds + (long)MaxLife.TotalSeconds, 0, 0, PostscreenTimes.Disabled);
        Assert.Equal(merged, _state.FindTimes(Client, Now));
        Assert.Null(_state.FindPass(Key, "", Now));
        _state.RecordPass(Key, Pass(60), 0, 0, Now);
        Assert.Equal(seconds + 10, _state.FindTimes(Client, Now).Pregreet);
    }

    [Fact]
    public void Values_without_any_time_are_not_kept_and_forgotten_times_leave_the_pass()
    {
        Assert.Null(_state.RecordTimes(Client, new PostscreenTimes(0, 1, 1, 0, Now / 1000), Now));
        Assert.Null(_state.ForgetTimes(Client));
        _state.RecordPass(Key, Pass(60), 0, 0, Now);
        _state.RecordTimes(Client, PostscreenTimes.AllUntil((Now / 1000) + 50), Now);
        Assert.True(_state.ForgetTimes(Client)!.Times.IsEmpty);
        Assert.True(_state.FindTimes(Client, Now).IsEmpty);
        Assert.NotNull(_state.FindPass(Key, "", Now));
    }

    [Fact]
    public void A_late_write_does_not_bring_forgotten_times_back()
    {
        var seconds = Now / 1000;
        var old = new PostscreenTimes(seconds + 100, seconds + 200, 0, 0, 0);
        _state.RecordTimes(Client, old, Now);
        _state.Revoke(Network.Of(Client), Now);
        Assert.Null(_state.RecordTimes(Client, old, Now));
        _state.RecordTimes(Client, old with { Dnsbl = seconds + 300 }, Now);
        Assert.Equal(new PostscreenTimes(0, seconds + 300, 0, 0, 0), _state.FindTimes(Client, Now));
    }

    [Fact]
    public void Beyond_its_capacity_the_oldest_changes_leave()
    {
        for (var i = 0u; i < 250; i++)
            _state.RecordPass(new EntryKey(ClientAddress.FromIPv4(i), "default"), Pass(60), 0, 0, Now);
        Assert.InRange(_state.Count, 95, 100);
        Assert.NotNull(_state.FindPass(new EntryKey(ClientAddress.FromIPv4(249), "default"), "", Now));
    }

    [Fact]
    public void A_list_goes_by_address_and_keeps_the_profiles_of_a_client_together()
    {
        foreach (var last in new uint[] { 3, 1, 2 })
        {
            _state.RecordPass(new EntryKey(ClientAddress.FromIPv4(last), "default"), Pass(60), 5, 0, Now);
            _state.RecordPass(new EntryKey(ClientAddress.FromIPv4(last), "strict"), Pass(60), 5, 0, Now);
        }

        var (lines, more) = _state.List(null, null, 2, Now);
        Assert.Equal(["0.0.0.1", "0.0.0.1", "0.0.0.2", "0.0.0.2"], lines.Select(l => l.Client.ToString()));
        Assert.True(more);
        (lines, more) = _state.List(null, lines[^1].Client, 2, Now + 1000);
        Assert.Equal((2, false, 6), (lines.Length, more, lines[0].AgeSeconds));
    }

    private static BucketState Folded(IEnumerable<BucketChanged> changes)
    {
        var state = new BucketState(MaxLife, 100);
        foreach (var change in changes)
            state.Apply(change);
        return state;
    }

    private static List<string> Shown(BucketState state) => [.. state.List(null, null, 1000, Now).Lines.Select(l => l.ToString())];

    private static Network Net(string text) => Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    private static Pass Pass(int ttlSeconds) => new(ttlSeconds, false, -1, "p1", "mx1", "clean");
}

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
