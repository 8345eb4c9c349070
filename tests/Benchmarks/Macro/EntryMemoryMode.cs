using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Macro;

/// <summary>Bytes of the managed heap for each entry of a full whitelist.</summary>
/// <param name="Bucket">In the 1,024 buckets.</param>
/// <param name="Near">In a near cache.</param>
/// <param name="Times">postscreen's times in a near cache.</param>
internal sealed record EntryMemory(int Count, double Bucket, double Near, double Times);

/// <summary>What an entry takes: the heap before and after a million of them in the types that hold them, divided.</summary>
internal static class EntryMemoryMode
{
    private const int DefaultCount = 1_000_000;
    private const long NowMs = 1_795_000_000_000;

    public static int Run(BenchmarkOptions options)
    {
        var table = new Table("Bytes of the heap per entry", "entries", "in a bucket", "in a near cache", "times in a near cache");
        int[] counts = options.Count is { } asked ? [asked] : [DefaultCount / 10, DefaultCount / 2, DefaultCount];
        foreach (var memory in counts.Select(Measure))
            table.Add($"{memory.Count:N0}", memory.Bucket.Figure(), memory.Near.Figure(), memory.Times.Figure());
        table.Print();
        return 0;
    }

    public static EntryMemory Measure(int count) => new(
        count, BytesEach(count, () => Buckets(count)), BytesEach(count, () => Near(count)), BytesEach(count, () => Times(count)));

    private static double BytesEach(int count, Func<object> fill)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var held = fill();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(held);
        return (after - before) / (double)count;
    }

    private static BucketState[] Buckets(int count)
    {
        var origins = new PassOrigins();
        var buckets = new BucketState[WhitelistLayout.Buckets];
        foreach (ref var bucket in buckets.AsSpan())
            bucket = new BucketState(TimeSpan.FromDays(30), capacity: count, origins);
        for (var i = 0; i < count; i++)
        {
            var client = Client(i);
            buckets[WhitelistLayout.BucketOf(client)].RecordPass(
                new EntryKey(client, Profile.DefaultName), PassOf(i), default, ageMs: 0, NowMs + (i / 10));
        }

        return buckets;
    }

    private static NearCache Near(int count)
    {
        var cache = new NearCache(TimeProvider.System, count, TimeSpan.FromMinutes(10));
        var profile = new Profile(Profile.DefaultName, "a1b2c3d4e5f60718", new VerdictSettings(), []);
        for (var i = 0; i < count; i++)
            cache.Store(Client(i), profile, new Verdict(VerdictAction.Pass, true, 86_400, -2, VerdictSource.Screened), default);
        return cache;
    }

    private static NearCache Times(int count)
    {
        var cache = new NearCache(TimeProvider.System, count, TimeSpan.FromMinutes(10));
        for (var i = 0; i < count; i++)
            cache.Times.Merge(Client(i), PostscreenTimes.AllUntil((NowMs / 1000) + 86_400));
        return cache;
    }

    // As from the network: each brings strings of its own, and most clients are their network's only one.
    private static Pass PassOf(int number) => new(
        86_400, Allow: true, Score: -2, new string("a1b2c3d4e5f60718"), $"mx{number % 5}.example.org",
        $"complete: zen.dnsbl.example none, list.dnswl.example 127.0.{number % 15}.{number % 3}");

    private static ClientAddress Client(int number) => ClientAddress.FromIPv4((uint)number * 2_654_435_761);
}
