using System.Collections.Immutable;
using System.Diagnostics;
using Screening.Actors.Profiles;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Growth;

/// <summary>
/// What a fleet of hundreds of mail exchangers says to itself: arrivals are drawn, and their messages go through the node's own
/// serializers, near cache and buckets, whose time and bytes are counted. Only the network, the actors and the clock are a model.
/// </summary>
internal static class ScaleMode
{
    private const int Caches = 5;
    private const int NodesTold = 200;
    private const int ItemsPerMessage = 500;
    private const double IntervalSeconds = 0.01;
    private const double Seconds = 10;
    private const long NowMs = 1_795_000_000_000;
    private const int PassSeconds = 3600;
    private const string Fingerprint = "a1b2c3d4e5f60718";
    private static readonly ImmutableArray<ulong> TenLists = [.. Enumerable.Range(1, 10).Select(i => (ulong)i << 32)];

    public static int Run(BenchmarkOptions options)
    {
        Console.WriteLine(Checkout.Machine());
        var table = new Table(
            $"{Caches} cache nodes, the rest edges", "hosts", "new clients/s each", "in the fleet/s",
            "news out of a cache node: messages/s", "Mbit/s", "CPU of a core", "into a node: messages/s", "Mbit/s", "CPU of a core",
            "look-ups to a cache node/s", "CPU of a core", "buckets of a cache node, MB");
        foreach (var rate in options.Rate is { } asked ? [asked] : (int[])[1, 10])
        {
            foreach (var hosts in (int[])[5, 10, 50, 200, 201, 500])
                new Fleet(hosts, rate).AddTo(table);
        }

        table.Print();
        MoveShard(options.Count ?? 10_000);
        return 0;
    }

    // A shard that moves is read from the store at its new home: the store's own time comes on top.
    private static void MoveShard(int entries)
    {
        var form = WireForms.All.Single(f => f.Type == typeof(BucketSnapshot));
        var bucket = NewBucket();
        for (var i = 0; i < entries; i++)
            Record(bucket, ClientAddress.FromIPv4((uint)i * 2_654_435_761));
        var bytes = form.ToBytes(bucket.Snapshot(NowMs));
        NewBucket().Apply((BucketSnapshot)form.FromBytes(bytes));
        var clock = Stopwatch.StartNew();
        var moved = NewBucket();
        moved.Apply((BucketSnapshot)form.FromBytes(bytes));
        var took = clock.Elapsed.TotalMilliseconds;
        Console.WriteLine(FormattableString.Invariant(
            $"A shard of {entries:N0} entries: {bytes.Length / 1e6:0.00} MB as it is packed, read in {took:0.0} ms"));
    }

    private static BucketState NewBucket() => new(TimeSpan.FromDays(30), 10_000_000, new PassOrigins());

    private static void Record(BucketState bucket, ClientAddress client) =>
        bucket.RecordPass(new EntryKey(client, Profile.DefaultName), PassOf(), default, 0, NowMs);

    private static Pass PassOf() => new(
        PassSeconds, Allow: false, Score: 0, Fingerprint, "mx1.example.org", "complete: zen.dnsbl.example none, list.dnswl.example none");

    private sealed class Fleet(int hosts, int perHost)
    {
        private readonly WireForm _news = FormOf<WhitelistNews>();
        private readonly Random _random = new(4711);
        private readonly Traffic _out = new();
        private readonly Traffic _in = new();
        private readonly Traffic _lookUps = new();

        private int PerSecond => hosts * perHost;

        // Nodes without shards are not told in a larger fleet (NewsSender).
        private int Told => (hosts <= NodesTold ? hosts : Caches) - 1;

        public void AddTo(Table table)
        {
            var batches = Batches();
            Push(batches.GetRange(0, Math.Min(50, batches.Count))); // Compiles what is measured.
            _out.Reset();
            _in.Reset();
            Push(batches);
            LookUp();
            _lookUps.Reset();
            LookUp();
            table.Add(
                $"{hosts}", $"{perHost}", $"{PerSecond:N0}",
                (_out.PerSecond * Told / Caches).Rate(), (_out.Megabits * Told / Caches).Figure(), (_out.Share * Told / Caches).Share(),
                _in.PerSecond.Rate(), _in.Megabits.Figure(), _in.Share.Share(),
                (_lookUps.PerSecond / Caches).Rate(), (_lookUps.Share / Caches).Share(),
                ((double)PerSecond * PassSeconds / Caches * BytesEach() / 1e6).Figure());
        }

        // What each cache node's sender makes of the passes of its buckets.
        private List<WhitelistNews> Batches()
        {
            Sender[] senders = [.. Enumerable.Range(0, Caches).Select(_ => new Sender(Told))];
            for (var at = 0.0; at < Seconds; at -= Math.Log(1 - _random.NextDouble()) / PerSecond)
            {
                var client = NewClient();
                var bucket = WhitelistLayout.BucketOf(client);
                var home = bucket % WhitelistLayout.Shards % Caches;
                senders[home].Enqueue(at, new PassNews(client, Profile.DefaultName, PassOf(), bucket, new Epoch(NowMs, 0)));
            }

            return [.. senders.SelectMany(s => s.Ended())];
        }

        // All that the cache nodes send to one other node: written once for each receiver, read there, put into its near cache.
        private void Push(List<WhitelistNews> batches)
        {
            var cache = new NearCache(TimeProvider.System, 100_000, TimeSpan.FromMinutes(10));
            cache.Use([new Profile(Profile.DefaultName, Fingerprint, new VerdictSettings(), [])]);
            foreach (var batch in batches)
            {
                var bytes = _out.Time(() => _news.ToBytes(batch));
                _out.Add(bytes.Length);
                _in.Add(bytes.Length);
                _in.Time(() =>
                {
                    foreach (var item in ((WhitelistNews)PeerChecks.Checked(_news.FromBytes(bytes))).Items.OfType<PassNews>())
                        cache.Store(item);
                    return true;
                });
            }
        }

        // The holder's side of each new client: the question read, the answer written, the pass read and recorded.
        private void LookUp()
        {
            var buckets = Enumerable.Range(0, WhitelistLayout.Buckets).Select(_ => NewBucket()).ToArray();
            var (ask, miss, conclude) = (FormOf<LookUp>(), FormOf<LookUpMiss>(), FormOf<Conclude>());
            for (var i = 0; i < PerSecond * Seconds; i++)
            {
                var client = NewClient();
                var question = ask.ToBytes(new LookUp(i, client, Profile.DefaultName, Fingerprint, default, TenLists));
                var pass = conclude.ToBytes(new Conclude(client, Profile.DefaultName, default, 20, PassOf()));
                var answer = _lookUps.Time(() =>
                {
                    var read = (LookUp)PeerChecks.Checked(ask.FromBytes(question));
                    buckets[read.Bucket].FindPass(new EntryKey(read.Client, read.Profile), read.Fingerprint, NowMs);
                    var bytes = miss.ToBytes(new LookUpMiss(read.Id, new Epoch(NowMs, 0), Asks: true));
                    var told = (Conclude)PeerChecks.Checked(conclude.FromBytes(pass));
                    buckets[told.Bucket].RecordPass(new EntryKey(told.Client, told.Profile), told.Pass, told.Epoch, told.AgeMs, NowMs);
                    return bytes;
                });
                _lookUps.Add(question.Length + pass.Length + answer.Length);
            }
        }

        private static double BytesEach()
        {
            const int Count = 20_000;
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var bucket = NewBucket();
            for (var i = 0; i < Count; i++)
                Record(bucket, ClientAddress.FromIPv4((uint)i * 2_654_435_761));
            var after = GC.GetTotalMemory(forceFullCollection: true);
            GC.KeepAlive(bucket);
            return (double)(after - before) / Count;
        }

        private static WireForm FormOf<T>() => WireForms.All.Single(f => f.Type == typeof(T));

        private ClientAddress NewClient() => ClientAddress.FromIPv4((uint)_random.NextInt64(1L << 32));
    }

    /// <summary>NewsSender with the time of the model: some at once, then what came within the interval as a batch.</summary>
    private sealed class Sender(int told)
    {
        private readonly List<WhitelistNews> _sent = [];
        private readonly List<NewsItem> _waiting = [];
        private double _until;
        private int _atOnce;

        public void Enqueue(double at, NewsItem item)
        {
            if (_waiting.Count > 0 && at >= _until)
                SendWaiting();
            if (at >= _until)
            {
                (_until, _atOnce) = (at + IntervalSeconds, 0);
            }
            else if (_waiting.Count > 0 || _atOnce >= NewsSender.MessagesAtOnce)
            {
                _waiting.Add(item);
                return;
            }

            _sent.Add(new WhitelistNews([item]));
            _atOnce += told;
        }

        /// <summary>All messages that one receiver gets.</summary>
        public List<WhitelistNews> Ended()
        {
            SendWaiting();
            return _sent;
        }

        private void SendWaiting()
        {
            _sent.AddRange(_waiting.Chunk(ItemsPerMessage).Select(items => new WhitelistNews([.. items])));
            _waiting.Clear();
            (_until, _atOnce) = (_until + IntervalSeconds, told);
        }
    }

    /// <summary>What went one way in <see cref="Seconds"/> of the model.</summary>
    private sealed class Traffic
    {
        public long Bytes { get; private set; }

        public long Count { get; private set; }

        public TimeSpan Took { get; private set; }

        public double PerSecond => Count / Seconds;

        public double Megabits => Bytes * 8 / Seconds / 1e6;

        public double Share => Took.TotalSeconds / Seconds;

        public void Reset() => (Bytes, Count, Took) = (0, 0, default);

        public void Add(int bytes)
        {
            Bytes += bytes;
            Count++;
        }

        public T Time<T>(Func<T> work)
        {
            var start = Stopwatch.GetTimestamp();
            var result = work();
            Took += Stopwatch.GetElapsedTime(start);
            return result;
        }
    }
}
