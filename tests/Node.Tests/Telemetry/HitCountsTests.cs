using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Telemetry;

[Trait("Finding", "security-4")]
public sealed class HitCountsTests
{
    private static readonly Profile Profile = new("default", "f", new VerdictSettings(), []);
    private readonly HitCounts _hits = new();

    [Fact]
    public void The_first_hit_is_the_callers_and_the_others_come_out_once()
    {
        Assert.False(_hits.TryCount(Hit(1), out _));
        Assert.True(_hits.TryCount(Hit(1), out _));
        Assert.True(_hits.TryCount(Hit(1), out _));
        Assert.False(_hits.TryCount(Hit(1, VerdictSource.Ban), out _));
        Assert.Equal(2, Assert.Single(_hits.RemoveCounted()).Count);

        // Counted already, and so not first again; after a period without a hit it is.
        Assert.True(_hits.TryCount(Hit(1), out _));
        Assert.False(_hits.TryCount(Hit(1, VerdictSource.Ban), out _));
        Assert.Equal(1, Assert.Single(_hits.RemoveCounted()).Count);
        Assert.Empty(_hits.RemoveCounted());
        Assert.False(_hits.TryCount(Hit(1), out _));
    }

    [Fact]
    public void When_it_is_full_the_oldest_leaves_and_nothing_is_lost()
    {
        const int Clients = HitCounts.Capacity * 2;
        long firsts = 0, evicted = 0;
        Parallel.For(0, 4, _ =>
        {
            for (var client = 0; client < Clients; client++)
            {
                if (_hits.TryCount(Hit((uint)client), out var left))
                    continue;
                Interlocked.Increment(ref firsts);
                Interlocked.Add(ref evicted, left.Count);
            }
        });
        var counted = _hits.RemoveCounted().ToList();
        Assert.InRange(counted.Count, 0, HitCounts.Capacity);
        Assert.Equal(4L * Clients, firsts + evicted + counted.Sum(c => c.Count));
    }

    [Fact]
    public void A_client_that_is_counted_costs_no_memory()
    {
        var hit = Hit(1);
        _hits.TryCount(hit, out _);
        _hits.TryCount(hit, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _hits.TryCount(hit, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Decision Hit(uint client, VerdictSource source = VerdictSource.Near) => new(
        new ScreeningQuery(ClientAddress.FromIPv4(client), Profile, Door.Plugin, 0, default),
        new Verdict(VerdictAction.Pass, false, 60, 0, source), false, true, default, "passed before", []);
}
