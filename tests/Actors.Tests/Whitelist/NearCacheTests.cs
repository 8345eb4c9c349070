using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

public class NearCacheTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly ClientAddress Neighbour = ClientAddress.Parse("192.0.2.2");
    private static readonly ClientAddress Elsewhere = ClientAddress.Parse("198.51.100.1");
    private static readonly Profile Profile = new("default", "p1", new VerdictSettings(), []);
    private static readonly TimeSpan NearLife = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    private static int Bucket => WhitelistLayout.BucketOf(Client);

    [Fact]
    public void An_expired_entry_is_absent_before_and_gone_after_the_sweep()
    {
        var cache = New();
        Store(cache, Client);
        cache.Store(Elsewhere, Profile, Pass(61), default);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(cache.TryGet(Client, Profile, out var verdict));
        Assert.Equal((1, VerdictSource.Near), (verdict.TtlSeconds, verdict.Source));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(cache.TryGet(Client, Profile, out _));
        Assert.Equal((2, 1, 1), (cache.Count, cache.Sweep(), cache.Count));
        Assert.True(cache.TryGet(Elsewhere, Profile, out _));
    }

    [Fact]
    public void A_hit_is_the_pass_that_was_stored()
    {
        var cache = New();
        cache.Store(Client, Profile, new Verdict(VerdictAction.Pass, true, 60, -4, VerdictSource.Screened), default);
        Assert.True(cache.TryGet(Client, Profile, out var verdict));
        Assert.Equal(new Verdict(VerdictAction.Pass, true, 60, -4, VerdictSource.Near), verdict);
    }

    [Theory]
    [InlineData(VerdictAction.Pass, 0)]
    [InlineData(VerdictAction.Drop, 60)]
    public void Only_a_pass_with_a_ttl_is_kept(VerdictAction action, int ttlSeconds) => Assert.Throws<ArgumentException>(
        () => New().Store(Client, Profile, new Verdict(action, false, ttlSeconds, 0, VerdictSource.Screened), default));

    [Fact]
    public void An_entry_counts_only_under_its_profile_and_fingerprint()
    {
        var cache = New();
        Store(cache, Client);
        Assert.True(cache.TryGet(Client, Profile, out _));
        var reloaded = new Profile(string.Concat("def", "ault"), string.Concat("p", "1"), new VerdictSettings(), []);
        Assert.True(cache.TryGet(Client, reloaded, out _));
        Assert.False(cache.TryGet(Client, new Profile("strict", "p1", new VerdictSettings(), []), out _));
        Assert.False(cache.TryGet(Client, new Profile("default", "p2", new VerdictSettings(), []), out _));
    }

    [Fact]
    public void When_full_the_oldest_makes_room_and_what_was_stored_again_is_not_the_oldest()
    {
        var cache = New(capacity: 3);
        var clients = Enumerable.Range(1, 4).Select(i => ClientAddress.FromIPv4((uint)i)).ToList();
        foreach (var i in new[] { 0, 1, 0, 2, 3 })
            Store(cache, clients[i]);
        Assert.Equal([true, false, true, true], clients.Select(c => cache.TryGet(c, Profile, out _)));
        for (var i = 0u; i < 1000; i++)
            Store(cache, ClientAddress.FromIPv4(i));
        Assert.Equal(3, cache.Count);
    }

    // A node hears of its own pass as news.
    [Fact]
    [Trait("Finding", "house 1b")]
    public void A_pass_that_is_told_again_takes_one_place()
    {
        var cache = New(capacity: 1000);
        for (var i = 0u; i < 1000; i++)
        {
            var client = ClientAddress.FromIPv4(i << 8);
            Store(cache, client);
            cache.Store(new PassNews(client, "default", PassOf("p1"), WhitelistLayout.BucketOf(client), default));
        }

        Assert.Equal(1000, cache.Count);
        Assert.True(cache.TryGet(ClientAddress.FromIPv4(0), Profile, out _));
    }

    [Fact]
    public void Places_of_removed_entries_are_free_again()
    {
        var cache = New(capacity: 2);
        for (var i = 0u; i < 5; i++)
        {
            Store(cache, Client);
            Store(cache, Neighbour);
            Assert.Equal(i % 2 == 0 ? 1 : 2, cache.Forget(i % 2 == 0 ? Network.Of(Client) : Network.Of(Client, 24)));
        }

        Store(cache, Client);
        Store(cache, Neighbour);
        Store(cache, Elsewhere);
        Assert.Equal([false, true, true], new[] { Client, Neighbour, Elsewhere }.Select(c => cache.TryGet(c, Profile, out _)));
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        var cache = new NearCache(TimeProvider.System, 10, NearLife);
        Store(cache, Client);
        Assert.True(cache.TryGet(Client, Profile, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            cache.TryGet(Client, Profile, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void After_its_near_life_an_entry_has_to_be_confirmed()
    {
        var cache = New(nearLife: TimeSpan.FromSeconds(20));
        Store(cache, Client);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.True(cache.TryGet(Client, Profile, out var verdict));
        Assert.Equal(41, verdict.TtlSeconds);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(cache.TryGet(Client, Profile, out _));
        Assert.Equal(1, cache.Sweep());
    }

    [Fact]
    public void A_pushed_pass_is_a_hit_in_the_profiles_that_this_node_has()
    {
        var cache = New();
        cache.Store(News());
        cache.Store(News() with { Profile = "strict" });
        cache.Store(News() with { Client = Neighbour, Pass = PassOf("p1") with { TtlSeconds = 0 } });
        Assert.True(cache.TryGet(Client, Profile, out var verdict));
        Assert.Equal((60, true, -2), (verdict.TtlSeconds, verdict.Allow, verdict.Score));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    [Trait("Finding", "D")]
    public void A_pushed_pass_of_another_policy_does_not_take_the_place_of_ones_own()
    {
        var cache = New();
        Store(cache, Client);
        cache.Store(News() with { Pass = PassOf("p2") });
        cache.Store(News() with { Client = Neighbour, Pass = PassOf("p2") });
        Assert.True(cache.TryGet(Client, Profile, out _));
        Assert.False(cache.TryGet(Neighbour, Profile, out _));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    [Trait("Finding", "D")]
    public void Where_any_policy_is_trusted_another_ones_pass_counts_but_ones_own_stays_while_it_lives()
    {
        var cache = New(nearLife: TimeSpan.FromSeconds(100), trustAny: true);
        Store(cache, Client);
        cache.Store(News() with { Pass = PassOf("p2") with { TtlSeconds = 500 } });
        cache.Store(News() with { Client = Neighbour, Pass = PassOf("p2") });
        Assert.True(cache.TryGet(Neighbour, Profile, out _));
        Assert.True(cache.TryGet(Client, Profile, out var verdict));
        Assert.Equal(60, verdict.TtlSeconds);
        _time.Advance(TimeSpan.FromSeconds(60));
        cache.Store(News() with { Pass = PassOf("p2") with { TtlSeconds = 500 } });
        Assert.True(cache.TryGet(Client, Profile, out verdict));
        Assert.Equal(500, verdict.TtlSeconds);
        cache.Store(News());
        Assert.True(cache.TryGet(Client, Profile, out verdict));
        Assert.Equal(60, verdict.TtlSeconds);
        Assert.Equal(("", "p1"), (cache.FingerprintAsked(Profile), New().FingerprintAsked(Profile)));
    }

    [Fact]
    public void A_revocation_takes_back_its_clients_and_refuses_what_was_screened_before_it()
    {
        var cache = New();
        Store(cache, Client);
        Store(cache, Neighbour);
        cache.Times.Merge(Client, PostscreenTimes.AllUntil(1_900_000_000));
        cache.Revoke(Revocation(0, new Epoch(1, 7), Client, Elsewhere));
        cache.Store(Client, Profile, Pass(60), seen: default);
        Assert.False(cache.TryGet(Client, Profile, out _));
        Assert.False(cache.Times.TryGet(Client, out _, out _));
        Assert.True(cache.TryGet(Neighbour, Profile, out _));
        cache.Store(Client, Profile, Pass(60), seen: new Epoch(1, 7));
        Assert.True(cache.TryGet(Client, Profile, out _));
    }

    public static TheoryData<long, long, bool, bool> Epochs => new()
    {
        // An epoch that is heard where (5, 7) is known: is it too old, is the bucket dropped?
        { 5, 6, true, false },
        { 4, 9, true, false },
        { 5, 7, false, false },
        { 5, 8, false, true },
        { 6, 0, false, false },
        { 6, 7, false, false },
        { 6, 8, false, true },
        { 0, 0, false, false },
    };

    [Theory]
    [MemberData(nameof(Epochs))]
    [Trait("Finding", "A6")]
    public void An_epoch_never_goes_back_and_a_later_revocation_drops_the_bucket(long life, long revocation, bool isTooOld, bool isDropped)
    {
        var heard = new Epoch(life, revocation);
        foreach (var hear in new Func<NearCache, bool>[]
        {
            cache => cache.TryLearn(Bucket, heard),
            cache => Heard(cache, () => cache.Store(News() with { Client = Neighbour, Epoch = heard }), Neighbour),
            cache => Heard(
                cache, () => cache.Store(new TimesNews(Neighbour, PostscreenTimes.AllUntil(1_900_000_000), Bucket, heard)), Neighbour),
        })
        {
            var cache = New();
            cache.TryLearn(Bucket, new Epoch(5, 7));
            cache.Store(Client, Profile, Pass(60), new Epoch(5, 7));
            cache.Store(Elsewhere, Profile, Pass(60), default);
            Assert.Equal(!isTooOld, hear(cache));
            Assert.Equal(!isDropped, cache.TryGet(Client, Profile, out _));
            Assert.True(cache.TryGet(Elsewhere, Profile, out _));
            Assert.Equal(isTooOld || life == 0 ? new Epoch(5, 7) : heard, cache.EpochOf(Client));
        }
    }

    [Theory]
    [InlineData(7, 5, 9, false)] // The next one.
    [InlineData(7, 6, 9, false)] // The next one, in a new life.
    [InlineData(8, 5, 9, true)] // One was missed.
    [InlineData(8, 6, 9, true)]
    [InlineData(3, 5, 6, false)] // Late.
    [InlineData(7, 5, 7, false)] // Known.
    public void A_revocation_after_a_missed_one_drops_the_bucket_and_each_takes_back_its_clients(
        long before, long life, long revocation, bool isDropped)
    {
        var cache = New();
        cache.TryLearn(Bucket, new Epoch(5, 7));
        cache.Store(Client, Profile, Pass(60), new Epoch(5, 7));
        cache.Store(Neighbour, Profile, Pass(60), new Epoch(5, 7));
        cache.Revoke(Revocation(before, new Epoch(life, revocation), Client));
        Assert.False(cache.TryGet(Client, Profile, out _));
        Assert.Equal(!isDropped, cache.TryGet(Neighbour, Profile, out _));
        Assert.Equal(revocation < 7 ? 7 : revocation, cache.EpochOf(Client).Revocation);
    }

    // Hunt C1: a hit from before the revocation is worked off after the news of it.
    [Fact]
    [Trait("Finding", "A6")]
    public void A_late_hit_stays_out()
    {
        var cache = New();
        cache.TryLearn(Bucket, new Epoch(3, 5));
        cache.Revoke(Revocation(5, new Epoch(3, 7), Client));
        Assert.False(cache.TryLearn(Bucket, new Epoch(3, 5)));
        cache.Store(Client, Profile, Pass(60), new Epoch(3, 5));
        Assert.Equal(0, cache.Count);
        Assert.Equal(new Epoch(3, 7), cache.EpochOf(Client));
    }

    // Hunt N1: the bucket's former home tells a pass after the new one told a revocation.
    [Fact]
    [Trait("Finding", "A6")]
    public void A_pass_from_a_former_home_stays_out()
    {
        var cache = New();
        cache.TryLearn(Bucket, new Epoch(3, 5));
        cache.Revoke(Revocation(5, new Epoch(4, 9), Client));
        cache.Store(News() with { Epoch = new Epoch(3, 5) });
        cache.Store(new TimesNews(Client, PostscreenTimes.AllUntil(1_900_000_000), Bucket, new Epoch(3, 5)));
        Assert.Equal((0, 0), (cache.Count, cache.Times.Count));
    }

    // Hunt N3. Whoever stores tests and then puts; whoever revokes publishes and then walks.
    [Fact]
    [Trait("Finding", "A6")]
    public async Task A_store_that_races_with_a_revocation_leaves_nothing_behind()
    {
        var cache = new NearCache(TimeProvider.System, 20_000, NearLife);
        cache.Use([Profile]);
        cache.TryLearn(Bucket, new Epoch(1, 0)); // News without an epoch would count as they come, also behind the revocation.
        for (var i = 0u; i < 10_000; i++)
            Store(cache, ClientAddress.FromIPv4(0x0B000000 + (i << 8)));
        for (var round = 1; round <= 300; round++)
        {
            var (known, next) = (cache.EpochOf(Client), new Epoch(1, round));
            using var start = new Barrier(2);
            var storing = Task.Run(() =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 20; i++)
                {
                    cache.Store(Client, Profile, Pass(60), known);
                    cache.Store(News() with { Epoch = known });
                    cache.Store(new TimesNews(Client, PostscreenTimes.AllUntil(4_000_000_000), Bucket, known));
                }
            });
            start.SignalAndWait();
            cache.Revoke(Revocation(round - 1, next, Client));
            await storing;
            Assert.False(cache.TryGet(Client, Profile, out _), $"round {round}");
            Assert.False(cache.Times.TryGet(Client, out _, out _), $"times in round {round}");
        }
    }

    [Fact]
    public async Task Many_threads_never_lose_the_bound_or_an_entry()
    {
        var cache = New(capacity: 50);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 5000; i++)
            {
                Store(cache, ClientAddress.FromIPv4((uint)random.Next(200)));
                if (i % 50 == 0)
                    cache.Forget(Network.Of(ClientAddress.FromIPv4((uint)random.Next(200)), 29));
            }
        })));
        for (var i = 0u; i < 50; i++)
            Store(cache, ClientAddress.FromIPv4(1000 + i));
        Assert.Equal(50, cache.Count);
        Assert.All(Enumerable.Range(0, 50), i => Assert.True(cache.TryGet(ClientAddress.FromIPv4(1000 + (uint)i), Profile, out _)));
    }

    private static bool Heard(NearCache cache, Action tell, ClientAddress client)
    {
        tell();
        return cache.TryGet(client, Profile, out _) || cache.Times.TryGet(client, out _, out _);
    }

    private static RevocationNews Revocation(long before, Epoch epoch, params ClientAddress[] clients) =>
        new([.. clients.Select(c => Network.Of(c))], Bucket, before, epoch);

    private static PassNews News() => new(Client, "default", PassOf("p1"), Bucket, default);

    private static Pass PassOf(string policy) => new(60, true, -2, policy, "mx2", "clean");

    private static Verdict Pass(int ttlSeconds) => new(VerdictAction.Pass, false, ttlSeconds, 0, VerdictSource.Screened);

    private static void Store(NearCache cache, ClientAddress client) => cache.Store(client, Profile, Pass(60), cache.EpochOf(client));

    private NearCache New(int capacity = 10, TimeSpan? nearLife = null, bool trustAny = false)
    {
        var cache = new NearCache(_time, capacity, nearLife ?? NearLife, trustAny);
        cache.Use([Profile]);
        return cache;
    }
}
