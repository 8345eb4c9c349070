using System.Diagnostics;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Growth;

/// <summary>What finding one of many entries takes, in the near cache and in the buckets, and what they hold of memory.</summary>
internal static class EntriesGrowth
{
    private const int Most = 10_000_000;
    private const int Finds = 1_000_000;
    private const string Fingerprint = "a1b2c3d4e5f60718";
    private const long NowMs = 1_795_000_000_000;

    public static GrowthPart Measure()
    {
        var part = new GrowthPart(
            "Finding one entry", "entries", "ns",
            ["near cache, ns", "buckets, ns", "near cache, bytes each", "buckets, bytes each"], Charted: 2);
        for (var count = 1000; count <= Most; count *= 10)
        {
            var near = MeasureNear(count);
            var buckets = MeasureBuckets(count);
            part.Add(count, near.Nanoseconds, buckets.Nanoseconds, near.Bytes, buckets.Bytes);
        }

        return part;
    }

    private static (double Nanoseconds, double Bytes) MeasureNear(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var profile = new Profile(Profile.DefaultName, Fingerprint, new VerdictSettings(), []);
        var cache = new NearCache(TimeProvider.System, count, TimeSpan.FromDays(1));
        for (var i = 0; i < count; i++)
            cache.Store(Client(i), profile, new Verdict(VerdictAction.Pass, true, 86_400, -2, VerdictSource.Screened), default);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        var took = Time(count, client => cache.TryGet(client, profile, out _));
        GC.KeepAlive(cache);
        return (took, (double)bytes / count);
    }

    private static (double Nanoseconds, double Bytes) MeasureBuckets(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var origins = new PassOrigins();
        BucketState[] buckets =
            [.. Enumerable.Range(0, WhitelistLayout.Buckets).Select(_ => new BucketState(TimeSpan.FromDays(30), count, origins))];
        var pass = new Pass(86_400, Allow: true, Score: -2, Fingerprint, "mx1.example.org", "complete: zen.dnsbl.example none");
        for (var i = 0; i < count; i++)
        {
            var client = Client(i);
            buckets[WhitelistLayout.BucketOf(client)].RecordPass(new EntryKey(client, Profile.DefaultName), pass, default, 0, NowMs);
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        var took = Time(count, client => buckets[WhitelistLayout.BucketOf(client)].FindPass(
            new EntryKey(client, Profile.DefaultName), Fingerprint, NowMs) is not null);
        GC.KeepAlive(buckets);
        return (took, (double)bytes / count);
    }

    // Nanoseconds for one find, of clients in no order.
    private static double Time(int count, Func<ClientAddress, bool> find)
    {
        var random = new Random(4711);
        ClientAddress[] clients = [.. Enumerable.Range(0, Finds).Select(_ => Client(random.Next(count)))];
        foreach (var client in clients.AsSpan(0, Finds / 10))
            find(client);
        var (start, found) = (Stopwatch.GetTimestamp(), 0);
        foreach (var client in clients)
            found += find(client) ? 1 : 0;
        var took = Stopwatch.GetElapsedTime(start);
        return found == Finds ? took.TotalNanoseconds / Finds : throw new InvalidOperationException($"{found} of {Finds} were found");
    }

    // Spread over all networks; an odd factor gives each number an address of its own.
    private static ClientAddress Client(int number) => ClientAddress.FromIPv4((uint)number * 2_654_435_761);
}
