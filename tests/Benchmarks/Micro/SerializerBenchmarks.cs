using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Micro;

/// <summary>
/// The packed serializer beside Protocol Buffers, from this project's records to bytes and back: the batch of 64 passes that a bucket
/// stores at once, and the news of one pass.
/// </summary>
public class SerializerBenchmarks
{
    private readonly WireForm _batchForm = WireForms.All.Single(form => form.Type == typeof(BucketChanged));
    private readonly WireForm _newsForm = WireForms.All.Single(form => form.Type == typeof(WhitelistNews));
    private BucketChanged _batch = null!;
    private PassNews _news = null!;
    private byte[] _packed = [];
    private byte[] _protobuf = [];

    /// <summary>True: the batch; false: the news.</summary>
    [Params(true, false)]
    public bool IsBatch { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var random = new Random(4711);
        const long now = 1_795_000_000_000;
        const string reason = "complete: zen.dnsbl.example none, list.dnswl.example 127.0.5.2 -2, p0f Linux";
        StoredEntry Entry(int number) => new(
            ClientAddress.FromIPv4((uint)random.NextInt64(1L << 32)), "default",
            [new StoredPass(now + 86_400_000 + number, now + number, true, -2, "a1b2c3d4e5f60718", $"mx{number % 5}.example.org", reason)],
            default, 4_000_000 + number);
        _batch = new BucketChanged([.. Enumerable.Range(0, 64).Select(Entry)], [], []);
        _news = new PassNews(
            ClientAddress.FromIPv4(0xC0000201), "default", new Pass(86_400, true, -2, "a1b2c3d4e5f60718", "mx1.example.org", reason), 517,
            new Epoch(now, 3));
        (_packed, _protobuf) = (PackedWrite(), ProtobufWrite());
        Console.WriteLine($"// {(IsBatch ? "batch" : "news")}: packed {_packed.Length} bytes, Protocol Buffers {_protobuf.Length} bytes");
        if (!Equals(Show(PackedRead()), Show(ProtobufRead())))
            throw new InvalidOperationException("the two read different messages");
    }

    [Benchmark(Baseline = true)]
    public byte[] PackedWrite() => IsBatch ? _batchForm.ToBytes(_batch) : _newsForm.ToBytes(new WhitelistNews([_news]));

    [Benchmark]
    public byte[] ProtobufWrite()
    {
        var batch = new ProtobufBatch();
        if (IsBatch)
        {
            foreach (var entry in _batch.Entries)
                batch.Entries.Add(ToProtobuf(entry));
        }
        else
        {
            batch.Entries.Add(ToProtobuf(_news));
        }

        return batch.ToByteArray();
    }

    [Benchmark]
    public object PackedRead() => IsBatch ? _batchForm.FromBytes(_packed) : _newsForm.FromBytes(_packed);

    [Benchmark]
    public object ProtobufRead()
    {
        var batch = ProtobufBatch.Parser.ParseFrom(_protobuf);
        return IsBatch
            ? new BucketChanged([.. batch.Entries.Select(FromProtobuf)], [], [])
            : new WhitelistNews([.. batch.Entries.Select(NewsOf)]);
    }

    private static string Show(object message) => message is BucketChanged batch
        ? string.Join('\n', batch.Entries.Select(entry => $"{entry with { Passes = [] }} {entry.Passes[0]}"))
        : string.Join('\n', ((WhitelistNews)message).Items);

    private static ProtobufEntry ToProtobuf(StoredEntry entry)
    {
        var message = new ProtobufEntry { Client = Octets(entry.Client), Profile = entry.Profile, First = entry.Sequence };
        foreach (var pass in entry.Passes)
        {
            message.Passes.Add(new ProtobufPass
            {
                Made = pass.MadeMs,
                Expires = pass.ExpiresMs,
                Allow = pass.Allow,
                Score = pass.Score,
                Fingerprint = pass.Fingerprint,
                By = pass.By,
                Reason = pass.Reason,
            });
        }

        return message;
    }

    private static ProtobufEntry ToProtobuf(PassNews news)
    {
        var message = new ProtobufEntry
        {
            Client = Octets(news.Client),
            Profile = news.Profile,
            First = news.Bucket,
            Life = news.Epoch.Life,
            Revocation = news.Epoch.Revocation,
        };
        var pass = news.Pass;
        message.Passes.Add(new ProtobufPass
        {
            Made = pass.TtlSeconds,
            Allow = pass.Allow,
            Score = pass.Score,
            Fingerprint = pass.Fingerprint,
            By = pass.By,
            Reason = pass.Reason,
        });
        return message;
    }

    private static StoredEntry FromProtobuf(ProtobufEntry entry) => new(
        ClientOf(entry.Client), entry.Profile,
        [.. entry.Passes.Select(pass => new StoredPass(
            pass.Expires, pass.Made, pass.Allow, pass.Score, pass.Fingerprint, pass.By, pass.Reason))],
        default, entry.First);

    private static PassNews NewsOf(ProtobufEntry news)
    {
        var pass = news.Passes[0];
        return new PassNews(
            ClientOf(news.Client), news.Profile,
            new Pass((int)pass.Made, pass.Allow, pass.Score, pass.Fingerprint, pass.By, pass.Reason), (int)news.First,
            new Epoch(news.Life, news.Revocation));
    }

    private static ByteString Octets(ClientAddress client)
    {
        Span<byte> octets = stackalloc byte[16];
        return ByteString.CopyFrom(octets[..client.WriteOctets(octets)]);
    }

    private static ClientAddress ClientOf(ByteString octets) =>
        ClientAddress.FromIPv4(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(octets.Span));
}
