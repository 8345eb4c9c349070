using System.Text;
using Screening.Node.Endpoints;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Node.Tests.Endpoints.Connections;

public sealed class UnreadAnswersTests : IAsyncLifetime
{
    private const int MostBytes = 64 * 1024;

    private RunningNode _node = null!;

    public async Task InitializeAsync() => _node = await RunningNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    // Door, what its peer asks, how often, and the end of each answer.
    [Theory]
    [InlineData(Door.Plugin, "\n", 65_536, "\n\n")]
    [InlineData(Door.Policy, "\n", 65_536, "\n\n")]
    [InlineData(Door.Memcache, "version\r\n", 20_000, "\r\n")]
    [Trait("Finding", "security-3")]
    public async Task A_peer_that_does_not_read_is_no_longer_read_and_loses_no_answer(Door door, string request, int count, string end)
    {
        var connection = new MemoryConnection();
        var serving = ServeAsync(door, connection);
        await connection.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, count))));
        Assert.InRange(connection.Unread, 1, MostBytes);
        var answers = Encoding.ASCII.GetString(await connection.ReadToEndAsync(serving));
        Assert.Equal(count, answers.Split(end).Length - 1);
    }

    [Fact]
    [Trait("Finding", "security-3")]
    public async Task A_peer_that_does_not_read_what_the_zone_says_is_no_longer_read()
    {
        const int count = 10_000;
        var query = new byte[2 + DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query.AsSpan(2), 7, "screening.internal", DnsType.Soa, out var length));
        query[1] = (byte)length;
        var connection = new MemoryConnection();
        var serving = ServeAsync(Door.Dnsbl, connection);
        await connection.SendAsync(Enumerable.Repeat(query[..(2 + length)], count).SelectMany(q => q).ToArray());
        Assert.InRange(connection.Unread, 1, MostBytes);
        var answers = await connection.ReadToEndAsync(serving);
        var each = 2 + (answers[0] << 8) + answers[1];
        Assert.Equal(count * each, answers.Length);
    }

    [Fact]
    [Trait("Finding", "security-3")]
    public async Task One_get_of_many_large_values_waits_for_its_reader_too()
    {
        const int keys = 4000;
        var connection = new MemoryConnection();
        var serving = ServeAsync(Door.Memcache, connection);
        var value = new string('v', 1000);
        await connection.SendAsync(
            Encoding.ASCII.GetBytes($"set k 0 0 1000\r\n{value}\r\nget{string.Concat(Enumerable.Repeat(" k", keys))}\r\n"));
        Assert.InRange(connection.Unread, 1, MostBytes);
        var answers = Encoding.ASCII.GetString(await connection.ReadToEndAsync(serving));
        Assert.Equal(keys, answers.Split(value).Length - 1);
        Assert.EndsWith("\r\nEND\r\n", answers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Finding", "security-13")]
    public async Task A_message_has_half_a_minute_however_many_bytes_of_it_come_in_and_so_has_a_pause(bool drips)
    {
        var connection = new MemoryConnection();
        var serving = ServeAsync(Door.Dnsbl, connection);
        for (var second = 0; second <= 30; second++)
        {
            Assert.False(serving.IsCompleted, $"ended after {second} s");
            if (drips)
                await connection.SendAsync(new byte[] { (byte)(second == 0 ? 2 : 0) });
            connection.Beat();
        }

        await serving.WaitAsync(Waiting.Limit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rbl_domain\0screening.inter")]
    public async Task A_dnsblog_peer_has_five_seconds_for_its_whole_request(string begun)
    {
        var connection = new MemoryConnection();
        var serving = ServeAsync(Door.Dnsblog, connection);
        await connection.SendAsync(Encoding.ASCII.GetBytes(begun));
        for (var second = 0; second <= 5; second++)
        {
            Assert.False(serving.IsCompleted, $"ended after {second} s");
            connection.Beat();
        }

        await serving.WaitAsync(Waiting.Limit);
        Assert.Equal(0, connection.Unread);
    }

    private Task ServeAsync(Door door, MemoryConnection connection) => _node.Service<Doors>().ServeAsync(door, connection.Context);
}
