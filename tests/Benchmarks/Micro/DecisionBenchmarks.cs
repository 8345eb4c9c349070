using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Access;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Micro;

/// <summary>What a decision is made of: a hit in the near cache, a score of ten lists, a site pattern, a network among 100,000.</summary>
public class DecisionBenchmarks
{
    private const int CachedClients = 100_000;
    private const int Networks = 100_000;

    private static readonly VerdictSettings Settings = new();
    private static readonly Profile Profile = new(Profile.DefaultName, "0", Settings, []);
    private static readonly WeightRange[] TenLists = [.. Enumerable.Repeat(new WeightRange(0, 1), 10)];

    private readonly NearCache _cache = new(TimeProvider.System, CachedClients, TimeSpan.FromMinutes(10));
    private readonly ClientAddress _client = ClientAddress.FromIPv4(0x0a000000 + 4711);
    private readonly AnswerCode[] _codes = new AnswerCode[1];
    private ImmutableArray<SitePattern> _sites = [];
    private NetworkTrie<int> _networks = NetworkTrie<int>.Empty;

    [GlobalSetup]
    public void Prepare()
    {
        for (uint i = 0; i < CachedClients; i++)
        {
            _cache.Store(
                ClientAddress.FromIPv4(0x0a000000 + i), Profile, new Verdict(VerdictAction.Pass, false, 3600, 0, VerdictSource.Screened),
                default);
        }

        SiteList.TryParse("zen.spamhaus.org=127.0.0.[2..11]*3, list.dnswl.org=127.0.[2..9;11..15].[1..3]*-3", out _sites, out _);
        AnswerCode.TryParse("127.0.0.11", out _codes[0]);
        var random = new Random(4711);
        _networks = NetworkTrie<int>.Build(
            Enumerable.Range(0, Networks).Select(
                i => (Network.Of(ClientAddress.FromIPv4((uint)random.NextInt64(1L << 32)), random.Next(12, 33)), i)),
            static (one, _) => one);
    }

    [Benchmark]
    public int NearCacheHit()
    {
        _cache.TryGet(_client, Profile, out var verdict);
        return verdict.TtlSeconds;
    }

    [Benchmark]
    public bool ScoreOfTenLists()
    {
        var board = new ScoreBoard(Settings, TenLists);
        for (var slot = 0; slot < TenLists.Length && !board.IsDecided(false); slot++)
            board.Add(slot, default);
        return board.IsComplete(allowMatters: true);
    }

    [Benchmark]
    public bool SitePatternMatch() => _sites[0].Matches(_codes);

    [Benchmark]
    public bool NetworkLookup() => _networks.TryMatch(_client, out _, out _);
}
