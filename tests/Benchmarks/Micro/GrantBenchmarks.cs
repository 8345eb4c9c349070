using BenchmarkDotNet.Attributes;
using Screening.Actors.Whitelist;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Micro;

/// <summary>A look-up among bans, which is on the way of every answer: in the table, and in a trie of the same networks.</summary>
public class GrantBenchmarks
{
    private readonly GrantsTable _table = new();
    private NetworkTrie<GrantOrBan> _trie = NetworkTrie<GrantOrBan>.Empty;
    private ClientAddress[] _clients = [];
    private int _next;

    /// <summary>How many bans there are.</summary>
    [Params(0, 100, 100_000)]
    public int Bans { get; set; }

    /// <summary>The lengths of their prefixes.</summary>
    [Params("32", "24,32", "12..32")]
    public string Lengths { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        var random = new Random(4711);
        int[] lengths = Lengths == "12..32" ? [.. Enumerable.Range(12, 21)] : [.. Lengths.Split(',').Select(int.Parse)];
        var lines = Enumerable.Range(0, Bans).Select(_ => new GrantOrBan(
            Network.Of(ClientAddress.FromIPv4((uint)random.NextInt64(1L << 32)), lengths[random.Next(lengths.Length)]), GrantKind.Ban,
            long.MaxValue, 0, "op", "why")).ToList();
        foreach (var line in lines)
            _table.Put(line);
        _trie = NetworkTrie<GrantOrBan>.Build(lines.Select(line => (line.Network, line)), static (_, later) => later);
        _clients = [.. Enumerable.Range(0, 4096).Select(_ => ClientAddress.FromIPv4((uint)random.NextInt64(1L << 32)))];
    }

    [Benchmark]
    public bool Table() => _table.Find(_clients[_next++ & 4095], TimeProvider.System) is not null;

    [Benchmark(Baseline = true)]
    public bool Trie() => _trie.TryMatch(_clients[_next++ & 4095], out _, out _);
}
