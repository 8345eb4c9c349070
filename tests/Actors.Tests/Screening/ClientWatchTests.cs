using CsCheck;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Screening;

/// <summary>A minute is six ticks.</summary>
public sealed class ClientWatchTests
{
    private readonly ClientWatch _watch = new(new ClientWatchSettings());

    [Fact]
    public void One_private_address_for_all_clients_suspends_verdicts()
    {
        Count("10.0.0.7", 60);
        Assert.True(_watch.Tick());
        Assert.True(_watch.IsSuspended);
        Assert.Equal(new ClientShare(60, 60, 1, ClientAddress.Parse("10.0.0.7")), _watch.Share);
        Assert.True(_watch.Suspends(ClientAddress.Parse("10.0.0.7")));
        Assert.True(_watch.Suspends(ClientAddress.Parse("192.168.3.4")));
        Assert.False(_watch.Suspends(ClientAddress.Parse("192.0.2.1")));
    }

    [Fact]
    public void The_nodes_of_a_cluster_are_shared_addresses_too()
    {
        for (var slice = 0; slice < ClientWatch.Slices; slice++)
        {
            for (var node = 1; node <= 50; node++)
                Count($"10.0.0.{node}", 2);
            _watch.Tick();
        }

        Assert.True(_watch.IsSuspended);
        Assert.Equal(50, _watch.Share.Addresses);
    }

    [Theory]
    [InlineData("a quiet host", "10.0.0.7", 59, 0)]
    [InlineData("one busy sender", "192.0.2.1", 10_000, 0)]
    [InlineData("tests on loopback", "127.0.0.1", 10_000, 0)]
    [InlineData("a private relay beside other clients", "10.0.0.7", 59, 41)]
    public void What_is_no_loss_suspends_nothing(string why, string client, int queries, int others)
    {
        Count(client, queries);
        for (var other = 0; other < others; other++)
            Count($"198.51.100.{other}", 1);
        for (var slice = 0; slice < 2 * ClientWatch.Slices; slice++)
            Assert.False(_watch.Tick(), why);
    }

    [Fact]
    public void Many_private_clients_are_clients()
    {
        // A company: 300 of its hosts, some of them busy.
        for (var host = 0; host < 300; host++)
            Count($"10.1.{host / 100}.{host % 100}", host % 20 == 0 ? 12 : 3);
        Assert.False(_watch.Tick());
    }

    [Fact]
    public void A_public_address_counts_if_it_is_a_proxy_s()
    {
        Assert.True(Network.TryParse("203.0.113.80/32", out var proxy, out _));
        _watch.Settings = new ClientWatchSettings { Proxies = [proxy] };
        Count("203.0.113.80", 100);
        Assert.True(_watch.Tick());
        Assert.True(_watch.Suspends(ClientAddress.Parse("203.0.113.80")));
        Assert.False(_watch.Suspends(ClientAddress.Parse("203.0.113.81")));
    }

    [Fact]
    public void It_ends_when_other_clients_come_and_not_by_silence()
    {
        Count("10.0.0.7", 1000);
        _watch.Tick();
        for (var night = 0; night < 1000; night++)
            Assert.False(_watch.Tick());
        Assert.True(_watch.IsSuspended);

        // Half of the share is still too much.
        for (var slice = 0; slice < 2 * ClientWatch.Slices; slice++)
        {
            Count("10.0.0.7", 5);
            Count("192.0.2.1", 5);
            Assert.False(_watch.Tick());
        }

        // Few clients: each slice is extended until it has its part.
        var ticks = 0;
        while (_watch.IsSuspended)
        {
            Count("192.0.2.1", 1);
            _watch.Tick();
            Assert.True(ticks++ < 100);
        }

        Assert.InRange(ticks, 11, 60);
    }

    [Fact]
    public void It_can_be_turned_off_at_any_time()
    {
        Count("10.0.0.7", 1000);
        _watch.Tick();
        _watch.Settings = new ClientWatchSettings { SuspendShare = 0 };
        Assert.False(_watch.IsSuspended);
        Assert.False(_watch.Suspends(ClientAddress.Parse("10.0.0.7")));
        Assert.True(_watch.Tick()); // So that the alarm ends.
        Count("10.0.0.7", 1000);
        Assert.False(_watch.Tick());
    }

    // Against the definition, over all queries of a window with room for all of its addresses.
    [Fact]
    public void It_agrees_with_its_definition() =>
        Gen.Select(Gen.Int[0, 30].Array[1, 40], Gen.Int[0, 400], Gen.Int[1, 100], Gen.Int[1, 500]).Sample((queries, others, share, min) =>
        {
            var watch = new ClientWatch(new ClientWatchSettings { SuspendShare = share, SuspendMin = min });
            for (var client = 0; client < queries.Length; client++)
            {
                for (var query = 0; query < queries[client]; query++)
                    watch.Count(ClientAddress.FromIPv4(0x0a00_0000 + (uint)client));
            }

            for (var query = 0; query < others; query++)
                watch.Count(ClientAddress.FromIPv4(0xc000_0200 + (uint)(query % 7)));
            watch.Tick();
            var shared = queries.Where(count => count >= ClientWatch.QueriesOfShared).Sum();
            var all = queries.Sum() + others;
            Assert.Equal(all >= min && all > 0 && shared * 100 >= all * share, watch.IsSuspended);
            Assert.Equal((all, shared), (watch.Share.Queries, watch.Share.Shared));
        });

    [Fact]
    public void Many_threads_lose_no_query_and_memory_is_bounded()
    {
        Parallel.For(0, 200_000, i => _watch.Count(ClientAddress.FromIPv4(0x0a00_0000 + (uint)(i % 500))));
        _watch.Tick();
        Assert.Equal(200_000, _watch.Share.Queries);
        Assert.InRange(_watch.Share.Addresses, 1, 64);
        Assert.False(_watch.IsSuspended);
    }

    [Fact]
    public void Counting_allocates_nothing_for_an_address_that_is_known()
    {
        var (lost, sender) = (ClientAddress.Parse("10.0.0.7"), ClientAddress.Parse("192.0.2.1"));
        _watch.Count(lost);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var query = 0; query < 10_000; query++)
        {
            _watch.Count(lost);
            _watch.Count(sender);
            _ = _watch.Suspends(lost);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private void Count(string client, int queries)
    {
        var address = ClientAddress.Parse(client);
        for (var query = 0; query < queries; query++)
            _watch.Count(address);
    }
}
