using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

public class NearCacheTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly ScreeningPolicy Policy = new("default", "p1", new VerdictRules(), []);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_expired_entry_is_absent_before_and_gone_after_the_sweep()
    {
        var cache = new NearCache(_time, 10);
        cache.Store(Client, Policy, Pass(60));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(cache.TryGet(Client, Policy, out _));
        Assert.Equal((1, 1, 0), (cache.Count, cache.Sweep(), cache.Count));
    }

    [Fact]
    public void An_entry_counts_only_under_its_profile_and_policy()
    {
        var cache = new NearCache(_time, 10);
        cache.Store(Client, Policy, Pass(60));
        Assert.True(cache.TryGet(Client, Policy, out _));
        Assert.False(cache.TryGet(Client, new ScreeningPolicy("strict", "p1", new VerdictRules(), []), out _));
        Assert.False(cache.TryGet(Client, new ScreeningPolicy("default", "p2", new VerdictRules(), []), out _));
    }

    [Fact]
    public void When_full_the_oldest_makes_room_and_what_was_stored_again_is_not_the_oldest()
    {
        var cache = new NearCache(_time, 3);
        var clients = Enumerable.Range(1, 4).Select(i => ClientAddress.FromIPv4((uint)i)).ToList();
        cache.Store(clients[0], Policy, Pass(60));
        cache.Store(clients[1], Policy, Pass(60));
        cache.Store(clients[0], Policy, Pass(60));
        cache.Store(clients[2], Policy, Pass(60));
        cache.Store(clients[3], Policy, Pass(60));
        Assert.Equal([true, false, true, true], clients.Select(c => cache.TryGet(c, Policy, out _)));
        for (var i = 0u; i < 1000; i++)
            cache.Store(ClientAddress.FromIPv4(i), Policy, Pass(60));
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        var cache = new NearCache(TimeProvider.System, 10);
        cache.Store(Client, Policy, Pass(60));
        Assert.True(cache.TryGet(Client, Policy, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            cache.TryGet(Client, Policy, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Verdict Pass(int ttlSeconds) => new(VerdictAction.Pass, false, ttlSeconds, 0, VerdictSource.Screened);
}
