using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

public class NearCacheTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly ScreeningPolicy Policy = new("default", "p1", new VerdictRules(), []);

    private static readonly TimeSpan NearLife = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_expired_entry_is_absent_before_and_gone_after_the_sweep()
    {
        var cache = new NearCache(_time, 10, NearLife);
        cache.Store(Client, Policy, Pass(60), default);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(cache.TryGet(Client, Policy, out _));
        Assert.Equal((1, 1, 0), (cache.Count, cache.Sweep(), cache.Count));
    }

    [Fact]
    public void An_entry_counts_only_under_its_profile_and_policy()
    {
        var cache = new NearCache(_time, 10, NearLife);
        cache.Store(Client, Policy, Pass(60), default);
        Assert.True(cache.TryGet(Client, Policy, out _));
        Assert.False(cache.TryGet(Client, new ScreeningPolicy("strict", "p1", new VerdictRules(), []), out _));
        Assert.False(cache.TryGet(Client, new ScreeningPolicy("default", "p2", new VerdictRules(), []), out _));
    }

    [Fact]
    public void When_full_the_oldest_makes_room_and_what_was_stored_again_is_not_the_oldest()
    {
        var cache = new NearCache(_time, 3, NearLife);
        var clients = Enumerable.Range(1, 4).Select(i => ClientAddress.FromIPv4((uint)i)).ToList();
        cache.Store(clients[0], Policy, Pass(60), default);
        cache.Store(clients[1], Policy, Pass(60), default);
        cache.Store(clients[0], Policy, Pass(60), default);
        cache.Store(clients[2], Policy, Pass(60), default);
        cache.Store(clients[3], Policy, Pass(60), default);
        Assert.Equal([true, false, true, true], clients.Select(c => cache.TryGet(c, Policy, out _)));
        for (var i = 0u; i < 1000; i++)
            cache.Store(ClientAddress.FromIPv4(i), Policy, Pass(60), default);
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        var cache = new NearCache(TimeProvider.System, 10, NearLife);
        cache.Store(Client, Policy, Pass(60), default);
        Assert.True(cache.TryGet(Client, Policy, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            cache.TryGet(Client, Policy, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void After_its_near_life_an_entry_has_to_be_confirmed()
    {
        var cache = new NearCache(_time, 10, TimeSpan.FromSeconds(20));
        cache.Store(Client, Policy, Pass(60), default);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.True(cache.TryGet(Client, Policy, out var verdict));
        Assert.Equal(41, verdict.TtlSeconds);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(cache.TryGet(Client, Policy, out _));
    }

    [Fact]
    public void A_pushed_pass_is_a_hit_in_the_profiles_that_this_node_has()
    {
        var cache = new NearCache(_time, 10, NearLife);
        cache.Use(["default"]);
        cache.Store(News("default", default));
        cache.Store(News("strict", default));
        Assert.True(cache.TryGet(Client, Policy, out _));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void A_revocation_takes_back_its_clients_and_refuses_what_was_screened_before_it()
    {
        var cache = new NearCache(_time, 10, NearLife);
        var neighbour = ClientAddress.Parse("192.0.2.2");
        cache.Store(Client, Policy, Pass(60), default);
        cache.Store(neighbour, Policy, Pass(60), default);
        cache.Revoke(new RevocationNews([Network.Of(Client)], Bucket, 0, new Epoch(1, 7)));
        cache.Store(Client, Policy, Pass(60), seenEpoch: default);
        Assert.False(cache.TryGet(Client, Policy, out _));
        Assert.True(cache.TryGet(neighbour, Policy, out _));
        cache.Store(Client, Policy, Pass(60), seenEpoch: new Epoch(1, 7));
        Assert.True(cache.TryGet(Client, Policy, out _));
    }

    [Fact]
    public void Who_missed_a_revocation_drops_the_whole_bucket()
    {
        var cache = new NearCache(_time, 10, NearLife);
        var elsewhere = ClientAddress.Parse("198.51.100.1");
        cache.Store(Client, Policy, Pass(60), default);
        cache.Store(elsewhere, Policy, Pass(60), default);
        cache.TryLearn(Bucket, new Epoch(1, 3));
        Assert.False(cache.TryGet(Client, Policy, out _));
        Assert.True(cache.TryGet(elsewhere, Policy, out _));
    }

    private static int Bucket => WhitelistLayout.BucketOf(Client);

    private static PassNews News(string profile, Epoch epoch) =>
        new(Client, profile, new Pass(60, false, 0, "p1", "mx2", "clean"), Bucket, epoch);

    private static Verdict Pass(int ttlSeconds) => new(VerdictAction.Pass, false, ttlSeconds, 0, VerdictSource.Screened);
}
