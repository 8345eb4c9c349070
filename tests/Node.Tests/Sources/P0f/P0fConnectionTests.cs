using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Node.Sources.P0f;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.P0f;

namespace Screening.Node.Tests.Sources.P0f;

public sealed class P0fConnectionTests : IAsyncLifetime
{
    private const int LostEvent = 3010;
    private const int RegainedEvent = 3011;
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeP0f _p0f = new();
    private readonly RecordingLogger<P0fConnection> _log = new();
    private readonly P0fConnection _connection;

    public P0fConnectionTests() => _connection = new P0fConnection(_p0f.Path, _time, _log);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _p0f.Resume();
        await _connection.DisposeAsync();
        await _p0f.DisposeAsync();
    }

    [Fact]
    public async Task Reply_is_p0fs_and_one_connection_serves_all()
    {
        for (var i = 0; i < 10; i++)
            Assert.Equal("Linux", (await Ask().Within("a reply")).OsName);
        Assert.Equal(1, _p0f.TotalConnections);
    }

    [Fact]
    public async Task Replies_go_to_their_askers_in_order()
    {
        _p0f.Respond = client => FakeP0f.Reply(client.ToString(), "");
        await Ask().Within("the first reply");
        var asked = Enumerable.Range(1, 60).Select(i => ClientAddress.FromIPv4((uint)i)).Select(async c => (c, await Ask(c))).ToArray();

        foreach (var (client, reply) in await Task.WhenAll(asked).Within("all replies"))
            Assert.Equal(client.ToString(), reply.OsName);
    }

    [Fact]
    public async Task Replies_that_come_in_pieces_and_together_are_put_together()
    {
        var first = new byte[100];
        var whole = FakeP0f.Reply("Linux", "");
        whole.AsSpan(0, 100).CopyTo(first);
        var pieces = new Queue<byte[]>([first, [.. whole[100..], .. whole]]);
        _p0f.Respond = _ => pieces.Dequeue();

        var asked = (Ask(), Ask());

        Assert.Equal("Linux", (await asked.Item1.Within("the reply in two pieces")).OsName);
        Assert.Equal("Linux", (await asked.Item2.Within("the reply behind another")).OsName);
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout_and_the_late_reply_reaches_nobody()
    {
        await Ask().Within("the first reply");
        _p0f.Pause();
        _p0f.Respond = client => FakeP0f.Reply(client.ToString(), "");
        var late = Ask(ClientAddress.Parse("192.0.2.9"));
        _time.Advance(ShortTimeout);
        await SourceAssert.FailsAsync(CheckFailure.Timeout, late);

        _p0f.Resume();

        Assert.Equal("192.0.2.10", (await Ask(ClientAddress.Parse("192.0.2.10")).Within("the next reply")).OsName);
        Assert.Equal(1, _p0f.TotalConnections);
    }

    [Fact]
    public async Task Stopped_p0f_is_not_asked_more_than_it_can_hold_and_is_used_again()
    {
        await Ask().Within("the first reply");
        _p0f.Pause();
        var waiting = Enumerable.Range(0, 64).Select(_ => Ask()).ToArray();
        await SourceAssert.FailsAsync(CheckFailure.Timeout, Ask()); // It waits for its turn, which does not come.
        _time.Advance(ShortTimeout);
        foreach (var one in waiting)
            await SourceAssert.FailsAsync(CheckFailure.Timeout, one);
        await SourceAssert.FailsAsync(CheckFailure.Overloaded, Ask());

        _p0f.Resume();
        await _p0f.AnsweredAsync(65).Within("the replies that nobody waits for");
        var again = Ask();
        await Waiting.UntilAsync(() => !again.IsFaulted || !(again = Ask()).IsFaulted, "the line has room again");

        Assert.Equal("Linux", (await again.Within("a reply")).OsName);
        Assert.Equal(1, _p0f.TotalConnections);
    }

    [Fact]
    public async Task Burst_larger_than_p0f_can_hold_is_answered_whole()
    {
        var asked = Enumerable.Range(0, 500).Select(_ => _connection.AskAsync(Client, Waiting.Limit, default));
        var replies = await Task.WhenAll(asked).Within("500 replies");
        Assert.All(replies, reply => Assert.Equal("Linux", reply.OsName));
        Assert.Equal(1, _p0f.TotalConnections);
    }

    [Fact]
    public async Task Closed_connection_fails_all_and_is_made_anew_after_a_wait()
    {
        await Ask().Within("the first reply");
        _p0f.Pause();
        var waiting = new[] { Ask(), Ask() };
        _p0f.CloseConnections();
        foreach (var one in waiting)
            await SourceAssert.FailsAsync(CheckFailure.Unreachable, one);
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask());
        _p0f.Resume();

        await ReconnectAsync();

        Assert.Equal(2, _p0f.TotalConnections);
        Assert.Equal((1, 1), (_log.CountOf(LostEvent), _log.CountOf(RegainedEvent)));
    }

    [Fact]
    public async Task Dead_p0f_fails_at_once_is_logged_once_and_found_when_it_is_back()
    {
        await _p0f.StopAsync();
        for (var i = 0; i < 5; i++)
        {
            await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask());
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        _p0f.Start();
        await ReconnectAsync();

        Assert.Equal((1, 1), (_log.CountOf(LostEvent), _log.CountOf(RegainedEvent)));
    }

    [Fact]
    public async Task Peer_that_speaks_something_else_is_dropped()
    {
        _p0f.Respond = _ => "220 mail.example ESMTP\r\n"u8.ToArray();

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask());
        await Waiting.UntilAsync(() => _log.CountOf(LostEvent) == 1, "the loss is logged");

        Assert.Contains("not p0f's protocol", Assert.Single(_log.Lines).Text);
    }

    [Fact]
    public async Task Reply_without_query_drops_the_connection()
    {
        _p0f.Respond = _ => [.. FakeP0f.NoMatch(), .. FakeP0f.NoMatch()];

        Assert.Equal(P0fStatus.NoMatch, (await Ask().Within("the reply")).Status);
        await Waiting.UntilAsync(() => _log.CountOf(LostEvent) == 1, "the loss is logged");
    }

    [Fact]
    public async Task Cancelled_question_ends_as_cancelled_and_its_reply_is_dropped()
    {
        await Ask().Within("the first reply");
        _p0f.Pause();
        using var cancellation = new CancellationTokenSource();
        var cancelled = _connection.AskAsync(Client, ShortTimeout, cancellation.Token);
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Within("the cancelled question"));

        _p0f.Resume();

        Assert.Equal("Linux", (await Ask().Within("the next reply")).OsName);
    }

    [Fact]
    public async Task Dispose_waits_for_outstanding_replies()
    {
        await Ask().Within("the first reply");
        _p0f.Pause();
        var outstanding = Ask();
        var disposed = _connection.DisposeAsync().AsTask();
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask());
        Assert.False(disposed.IsCompleted, "closed with a query outstanding");

        _p0f.Resume();

        Assert.Equal("Linux", (await outstanding.Within("the outstanding reply")).OsName);
        await disposed.Within("dispose");
    }

    [Fact]
    public async Task Dispose_waits_no_longer_than_a_second()
    {
        await Ask().Within("the first reply");
        _p0f.Pause();
        var outstanding = _connection.AskAsync(Client, TimeSpan.FromMinutes(1), default);
        var disposed = _connection.DisposeAsync().AsTask();

        _time.Advance(TimeSpan.FromSeconds(1));

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, outstanding);
        await disposed.Within("dispose");
    }

    [Fact]
    public async Task Dispose_without_connection_ends()
    {
        await _connection.DisposeAsync().AsTask().Within("dispose");
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask());
    }

    [Theory]
    [InlineData("/nonexistent/p0f.sock")]
    [InlineData("/dev/null")]
    [InlineData("/tmp/a-path-that-is-too-long-for-any-unix-socket-01234567890123456789012345678901234567890123456789012345678901234")]
    public async Task Path_that_is_no_socket_fails_at_once(string path)
    {
        await using var connection = new P0fConnection(path, _time, _log);

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, connection.AskAsync(Client, ShortTimeout, default));
    }

    private Task<P0fReply> Ask() => Ask(Client);

    private Task<P0fReply> Ask(ClientAddress client) => _connection.AskAsync(client, ShortTimeout, default);

    private async Task ReconnectAsync()
    {
        for (var deadline = DateTime.UtcNow + Waiting.Limit; DateTime.UtcNow < deadline;)
        {
            _time.Advance(FirstWait);
            try
            {
                await Ask().WaitAsync(TimeSpan.FromSeconds(1));
                return;
            }
            catch (Exception e) when (e is SourceException or TimeoutException)
            {
                // Not yet.
            }
        }

        Assert.Fail("no reply after the reconnection");
    }
}
