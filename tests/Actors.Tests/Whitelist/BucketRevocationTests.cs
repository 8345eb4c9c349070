using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>What a revocation takes back, and what it refuses afterwards.</summary>
public class BucketRevocationTests : BucketScene
{
    [Fact]
    public void A_pass_whose_screening_began_before_a_revocation_is_refused_and_one_after_it_is_kept()
    {
        var seen = State.Epoch;
        Revoke(State, Client);
        Assert.Null(State.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.Null(State.FindPass(Key, "p1", Now));
        Assert.NotNull(State.RecordPass(Key, Pass(60), State.Epoch, 0, Now));
        Assert.NotNull(State.RecordPass(KeyOf(Neighbour), Pass(60), seen, 0, Now));
    }

    // tests.md, BucketState:203: a revocation does not end the one before it.
    [Fact]
    public void A_second_revocation_leaves_the_first_in_force()
    {
        var seen = State.Epoch;
        Revoke(State, Client);
        var between = State.Epoch;
        Revoke(State, Neighbour);
        Assert.Equal(2, State.TombstoneCount);
        Assert.Null(State.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.Null(State.RecordPass(KeyOf(Neighbour), Pass(60), between, 0, Now));
        Assert.NotNull(State.RecordPass(Key, Pass(60), between, 0, Now));
    }

    [Theory]
    [InlineData(20_000, 9_999, true)] // Began 10 s before the revocation by the clocks, but these may differ.
    [InlineData(20_000, 10_000, true)]
    [InlineData(20_000, 9_998, false)]
    [InlineData(0, 0, true)]
    public void Of_a_screening_with_an_epoch_of_no_life_or_another_its_age_decides(int passedMs, int ageMs, bool isRefused)
    {
        Revoke(State, Client);
        var (now, age) = (Now + passedMs, ageMs + (passedMs > 0 ? 1 : 0));
        foreach (var seen in new[] { default, new Epoch(5, 3), new Epoch(Now + 1, Now + 9) })
            Assert.Equal(isRefused, State.RecordPass(Key, Pass(60), seen, age, now) is null);
        Assert.NotNull(State.RecordPass(KeyOf(Neighbour), Pass(60), default, age, now));
    }

    [Fact]
    public void A_revocation_takes_back_the_clients_of_its_networks_only()
    {
        var other = ClientAddress.Parse("2001:db8::1");
        foreach (var client in new[] { Client, Neighbour, other })
            Record(State, KeyOf(client), Pass(60));
        var expired = ClientAddress.Parse("192.0.2.3");
        State.RecordPass(KeyOf(expired), Pass(1), State.Epoch, 0, Now - 1000);
        Assert.Equal(2, State.Revoke([Net("192.0.2.0/25"), Net("2001:db8::/32")], Now).Count);
        Assert.Null(State.FindPass(Key, "p1", Now));
        Assert.Null(State.FindPass(KeyOf(other), "p1", Now));
        Assert.NotNull(State.FindPass(KeyOf(Neighbour), "p1", Now));
        Assert.Equal(1, State.Count);
    }

    [Fact]
    public void A_revocation_may_cover_all_clients_of_an_address_family()
    {
        var other = KeyOf(ClientAddress.Parse("2001:db8::1"));
        Record(State, Key, Pass(60));
        Record(State, other, Pass(60));
        var seen = State.Epoch;
        Assert.Equal(1, State.Revoke([Net("0.0.0.0/0")], Now).Count);
        Assert.Null(State.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.NotNull(State.FindPass(other, "p1", Now));
    }

    [Fact]
    [Trait("Finding", "A10")]
    public void What_was_exported_before_a_revocation_is_not_imported()
    {
        State.Revoke([Net("192.0.2.0/25")], Now);
        Assert.Null(State.ImportPass(Key, Pass(600), ageSeconds: 60, Now + 30_000));
        Assert.Null(State.ImportTimes(Client, PostscreenTimes.AllUntil(Seconds + 600), ageSeconds: 60, Now + 30_000));
        Assert.NotNull(State.ImportPass(KeyOf(Neighbour), Pass(600), ageSeconds: 60, Now + 30_000));
        Assert.NotNull(State.ImportPass(Key, Pass(600), ageSeconds: 20, Now + 30_000));
        Assert.NotNull(State.ImportTimes(Client, PostscreenTimes.AllUntil(Seconds + 600), ageSeconds: 20, Now + 30_000));
        Assert.Equal(20 + 5, Assert.Single(State.List(Network.Of(Client), null, 1, Now + 35_000).Lines).AgeSeconds);
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(29, true)] // In whole seconds: it may have been almost 30.
    [InlineData(28, false)]
    public void A_line_that_may_be_older_than_a_revocation_is_not_imported(int ageSeconds, bool isRefused)
    {
        Revoke(State, Client);
        Assert.Equal(isRefused, State.ImportPass(Key, Pass(600), ageSeconds, Now + 30_000) is null);
        Assert.Equal(isRefused, State.ImportTimes(Client, PostscreenTimes.AllUntil(Seconds + 600), ageSeconds, Now + 30_000) is null);
    }

    [Fact]
    public void A_revocation_refuses_for_max_life()
    {
        Revoke(State, Client);
        State.Sweep(Now + MaxLifeMs - 1);
        Assert.Equal(1, State.TombstoneCount);
        Assert.Null(State.ImportPass(Key, Pass(60), (int)MaxLife.TotalSeconds, Now + MaxLifeMs - 1));
        State.Sweep(Now + MaxLifeMs);
        Assert.Equal(0, State.TombstoneCount);
        Assert.NotNull(State.ImportPass(Key, Pass(60), (int)MaxLife.TotalSeconds, Now + MaxLifeMs));
    }

    [Fact]
    public void A_revocation_takes_the_place_of_those_inside_it()
    {
        var seen = State.Epoch;
        Revoke(State, Client);
        State.Revoke([Net("192.0.2.0/24")], Now);
        Assert.Equal(1, State.TombstoneCount);
        Revoke(State, Client);
        Assert.Equal(2, State.TombstoneCount);
        State.Revoke([Net("192.0.2.0/24"), Network.Of(Client)], Now);
        Assert.Equal(1, State.TombstoneCount);
        Assert.Null(State.RecordPass(Key, Pass(60), seen, 0, Now));
        Assert.Null(State.RecordPass(KeyOf(Neighbour), Pass(60), seen, 0, Now));
        Assert.NotNull(State.RecordPass(KeyOf(ClientAddress.Parse("192.0.3.1")), Pass(60), seen, 0, Now));
    }

    [Fact]
    public void Beyond_ten_thousand_the_oldest_revocations_leave()
    {
        var seen = State.Epoch;
        for (var i = 0u; i < Tombstones.Max; i += 500)
            State.Revoke(Enumerable.Range((int)i, 500).Select(n => Network.Of(ClientAddress.FromIPv4((uint)n))), Now);
        Assert.Equal(Tombstones.Max, State.TombstoneCount);
        State.Revoke([Network.Of(Client)], Now);
        Assert.Equal(Tombstones.Max * 19 / 20, State.TombstoneCount);
        Assert.NotNull(State.RecordPass(KeyOf(ClientAddress.FromIPv4(0)), Pass(60), seen, 0, Now));
        Assert.Null(State.RecordPass(KeyOf(ClientAddress.FromIPv4(Tombstones.Max - 1)), Pass(60), seen, 0, Now));
        Assert.Null(State.RecordPass(Key, Pass(60), seen, 0, Now));
    }
}
