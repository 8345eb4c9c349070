using CsCheck;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Access;

public sealed class NetworkTrieTests
{
    [Theory]
    [InlineData("10.1.2.3", "10.1.2.0/24")]
    [InlineData("10.1.3.3", "10.1.0.0/16")]
    [InlineData("10.2.0.0", "10.0.0.0/8")]
    [InlineData("11.0.0.0", "0.0.0.0/0")]
    [InlineData("10.1.2.4", "10.1.2.4/32")]
    [InlineData("2001:db8::1", "2001:db8::/32")]
    [InlineData("2001:db8::2", "2001:db8::2/128")]
    [InlineData("::fffe:0:0", "::/64")]
    [InlineData("2001:db9::1", null)]
    public void The_longest_network_is_found(string client, string? expected)
    {
        string[] networks =
        [
            "10.1.2.0/24", "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.4/32", "2001:db8::/32", "2001:db8::2/128", "::/64",
            "2001:db8:8000::/33",
        ];
        var trie = NetworkTrie<string>.Build(networks.Select(text => (Parse(text), text)), (_, _) => throw new InvalidOperationException());
        var found = trie.TryMatch(ClientAddress.Parse(client), out var network, out var value);
        Assert.Equal(networks.Length, trie.Count);
        Assert.Equal(expected is not null, found);
        Assert.Equal(expected, value);
        Assert.Equal(expected is null ? default : Parse(expected), network);
    }

    [Fact]
    public void Nothing_is_found_in_an_empty_one()
    {
        var trie = NetworkTrie<int>.Build([], Math.Max);
        Assert.False(trie.TryMatch(ClientAddress.Parse("1.2.3.4"), out _, out _));
        Assert.False(trie.TryMatch(ClientAddress.Parse("::1"), out _, out _));
    }

    [Theory]
    [InlineData("0.0.0.0/0", "1.2.3.4", "::")]
    [InlineData("::/0", "::", "1.2.3.4")]
    public void Families_are_apart(string network, string inside, string outside)
    {
        var trie = NetworkTrie<int>.Build([(Parse(network), 1)], Math.Max);
        Assert.True(trie.TryMatch(ClientAddress.Parse(inside), out _, out _));
        Assert.False(trie.TryMatch(ClientAddress.Parse(outside), out _, out _));
    }

    [Fact]
    public void Values_of_one_network_are_merged_in_their_order()
    {
        var network = Parse("10.0.0.0/8");
        var trie = NetworkTrie<string>.Build(
            [(network, "a"), (Parse("10.0.0.0/9"), "x"), (network, "b"), (network, "c")], (earlier, later) => earlier + later);
        Assert.True(trie.TryMatch(ClientAddress.Parse("10.200.0.0"), out _, out var value));
        Assert.Equal("abc", value);
        Assert.Equal(2, trie.Count);
    }

    [Fact]
    public void It_finds_what_a_scan_finds() => Gen
        .Select(Addresses.CloseNetwork.Array[0, 40], Addresses.Close.Array[30])
        .Sample(
            (networks, clients) =>
            {
                var trie = NetworkTrie<int>.Build(networks.Select((network, i) => (network, i)), Math.Max);
                foreach (var client in clients)
                {
                    var expected = networks
                        .Select((network, i) => (network, i))
                        .Where(pair => pair.network.Contains(client))
                        .OrderBy(pair => pair.network.PrefixLength).ThenBy(pair => pair.i)
                        .LastOrDefault((default, -1));
                    var actual = trie.TryMatch(client, out var network, out var value) ? (network, value) : (default, -1);
                    Assert.Equal(expected, actual);
                }
            },
            iter: 1_000);

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        var trie = NetworkTrie<int>.Build([(Parse("10.0.0.0/8"), 1), (Parse("10.1.0.0/16"), 2), (Parse("::/0"), 3)], Math.Max);
        var (first, second) = (ClientAddress.Parse("10.1.2.3"), ClientAddress.Parse("::1"));
        trie.TryMatch(first, out _, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            trie.TryMatch(first, out _, out _);
            trie.TryMatch(second, out _, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_million_networks_are_held()
    {
        var random = new Random(1);
        var entries = Enumerable.Range(0, 1_000_000)
            .Select(i => (Network.Of(ClientAddress.FromIPv4((uint)random.NextInt64(uint.MaxValue)), random.Next(8, 33)), i))
            .ToArray();
        var trie = NetworkTrie<int>.Build(entries, Math.Max);
        for (var i = 0; i < 1_000; i++)
        {
            var (network, _) = entries[random.Next(entries.Length)];
            Assert.True(trie.TryMatch(network.Address, out var found, out _));
            Assert.True(found.PrefixLength >= network.PrefixLength, $"{network}: {found}");
        }
    }

    private static Network Parse(string text) =>
        Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);
}
