using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>Passes of one bucket: how long they live, how many there are, and how they are listed.</summary>
public class BucketStateTests : BucketScene
{
    [Fact]
    public void A_pass_is_found_with_what_is_left_of_it_until_it_expires()
    {
        Record(State, Key, Pass(60));
        Assert.Equal(Pass(40), State.FindPass(Key, "p1", Now + 20_000));
        Assert.Equal(Pass(1), State.FindPass(Key, "p1", Now + 59_999));
        Assert.Null(State.FindPass(Key, "p1", Now + 60_000));
        Assert.Null(State.FindPass(Key, "p2", Now));
        Assert.NotNull(State.FindPass(Key, "", Now));
        Assert.Null(State.FindPass(KeyOf(Client, "strict"), "p1", Now));
        Assert.Equal((0, 1), (State.Sweep(Now + 59_999), State.Count));
        Assert.Equal((1, 0), (State.Sweep(Now + 60_000), State.Count));
    }

    [Fact]
    public void Nothing_lives_longer_than_max_life()
    {
        Record(State, Key, Pass(int.MaxValue));
        Assert.Equal((int)MaxLife.TotalSeconds, State.FindPass(Key, "p1", Now)!.TtlSeconds);
        Assert.Null(State.FindPass(Key, "p1", Now + MaxLifeMs));
    }

    [Fact]
    [Trait("Finding", "D")]
    public void A_pass_with_another_fingerprint_takes_a_place_beside_ones_own()
    {
        Record(State, Key, Pass(60));
        var stored = Record(State, Key, Pass(90) with { Fingerprint = "p2" })!;
        Assert.Equal(Pass(60), State.FindPass(Key, "p1", Now));
        Assert.Equal(90, State.FindPass(Key, "p2", Now)!.TtlSeconds);
        Assert.Equal("p2", State.FindPass(Key, "", Now)!.Fingerprint);
        Assert.Equal(["p2", "p1"], stored.Passes.Select(p => p.Fingerprint));
        Assert.Equal(1, State.Count);

        // One that is expired is not "any", and leaves at the next write.
        Assert.Equal("p2", State.FindPass(Key, "", Now + 60_000)!.Fingerprint);
        Assert.Null(State.FindPass(Key, "p1", Now + 60_000));
        stored = State.RecordPass(Key, Pass(10) with { Fingerprint = "p2" }, State.Epoch, 0, Now + 60_000)!;
        Assert.Equal(Now + 70_000, Assert.Single(stored.Passes).ExpiresMs);
    }

    [Fact]
    public void An_entry_lives_as_long_as_the_longest_of_its_passes_and_has_eight_at_most()
    {
        Record(State, Key, Pass(500));
        for (var i = 0; i < 10; i++)
            Record(State, Key, Pass(60 + i) with { Fingerprint = $"q{i}" });
        Assert.Null(State.FindPass(Key, "p1", Now));
        Assert.Null(State.FindPass(Key, "q1", Now));
        Assert.NotNull(State.FindPass(Key, "q2", Now));
        Assert.Equal(0, State.Sweep(Now + 68_000));
        Assert.Equal("q9", State.FindPass(Key, "", Now + 68_000)!.Fingerprint);
        Assert.Equal(1, State.Sweep(Now + 69_000));
    }

    [Fact]
    public void An_entry_stays_for_an_early_pass_that_outlives_the_later_ones()
    {
        Record(State, Key, Pass(600));
        Record(State, Key, Pass(90) with { Fingerprint = "p2" });
        Record(State, Key, Pass(60) with { Fingerprint = "p3" });
        Assert.Equal(0, State.Sweep(Now + 599_999));
        Assert.Equal("p1", State.FindPass(Key, "", Now + 599_999)!.Fingerprint);
        Assert.Equal(1, State.Sweep(Now + 600_000));
    }

    [Fact]
    public void An_import_does_not_shorten_a_pass()
    {
        Record(State, Key, Pass(600));
        Assert.Null(State.ImportPass(Key, Pass(599), 0, Now));
        Assert.Null(State.ImportPass(Key, Pass(600), 0, Now));
        Assert.NotNull(State.ImportPass(Key, Pass(100) with { Fingerprint = "p2" }, 0, Now));
        Assert.NotNull(State.ImportPass(Key, Pass(601), 0, Now));
        Assert.Equal(601, State.FindPass(Key, "p1", Now)!.TtlSeconds);
    }

    [Fact]
    public void Beyond_its_capacity_the_twentieth_that_changed_first_leaves()
    {
        for (var i = 0u; i < 100; i++)
            Record(State, KeyOf(ClientAddress.FromIPv4(i)), Pass(60));
        Record(State, KeyOf(ClientAddress.FromIPv4(0)), Pass(60)); // Changed last.
        Assert.Equal(100, State.Count);
        Record(State, KeyOf(ClientAddress.FromIPv4(100)), Pass(60));
        Assert.Equal(96, State.Count);
        var gone = Enumerable.Range(0, 101).Where(i => State.FindPass(KeyOf(ClientAddress.FromIPv4((uint)i)), "", Now) is null);
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
        Record(State, Key, Pass(600), Now - 30_000);
        foreach (var key in new[] { Key, KeyOf(Neighbour) })
        {
            Record(State, key, Pass(60) with { Fingerprint = "p2" }, Now + 300_000);
            Record(State, key, Pass(60) with { Fingerprint = "p3" });
        }

        Assert.Equal(0, State.Sweep(Now));
        Assert.Equal(40, State.FindPass(Key, "p2", Now + 20_000)!.TtlSeconds);
        Assert.Equal(40, State.FindPass(KeyOf(Neighbour), "p2", Now + 20_000)!.TtlSeconds);
        Assert.Equal(570, State.FindPass(Key, "p1", Now)!.TtlSeconds);
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
            State.RecordPass(KeyOf(ClientAddress.FromIPv4(last)), Pass(60), State.Epoch, 5000, Now);
            State.RecordPass(KeyOf(ClientAddress.FromIPv4(last), "strict"), Pass(60), State.Epoch, 5000, Now);
        }

        Assert.Equal("0.0.0.1 0.0.0.1 0.0.0.2 0.0.0.2 more", Page(null, null, 2));
        Assert.Equal("0.0.0.3 0.0.0.3 more", Page(null, ClientAddress.FromIPv4(2), 1));
        Assert.Equal("0.0.0.3 0.0.0.3 0.0.0.4 0.0.0.4", Page(null, ClientAddress.FromIPv4(2), 2));
        Assert.Equal("", Page(null, ClientAddress.FromIPv4(4), 2));
        Assert.Equal("0.0.0.2 0.0.0.2 0.0.0.3 0.0.0.3", Page(Net("0.0.0.2/31"), null, 9));
        Assert.Equal(6, State.List(null, null, 1, Now + 1000).Lines[0].AgeSeconds);
    }

    [Fact]
    public void A_page_shows_each_pass_and_the_times_once_and_nothing_expired()
    {
        Record(State, Key, Pass(60));
        Record(State, Key, Pass(600) with { Fingerprint = "p2" });
        State.RecordTimes(Client, new PostscreenTimes(Seconds + 30, Seconds + 700, 0, 0, 0), Now);
        Record(State, KeyOf(Neighbour), Pass(60));
        var lines = State.List(null, null, 9, Now).Lines;
        Assert.Equal(["p2", "p1", "p1"], lines.Select(l => l.Pass!.Fingerprint));
        Assert.Equal([Seconds + 700, 0, 0], lines.Select(l => l.Times.Latest));

        lines = State.List(null, null, 9, Now + 60_000).Lines;
        Assert.Equal((540, Seconds + 700), (Assert.Single(lines).Pass!.TtlSeconds, lines[0].Times.Latest));
        Assert.Equal(PostscreenTimes.Disabled, lines[0].Times.Pregreet);
        Assert.Null(Assert.Single(State.List(null, null, 9, Now + 600_000).Lines).Pass);
        Assert.Empty(State.List(null, null, 9, Now + 700_000).Lines);
    }
}
