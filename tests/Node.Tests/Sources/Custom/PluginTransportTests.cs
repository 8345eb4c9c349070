using System.Net;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Node.Sources.Custom;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Plugin;

namespace Screening.Node.Tests.Sources.Custom;

public sealed class PluginTransportTests : IAsyncLifetime
{
    private const int LostEvent = 3010;
    private const int RegainedEvent = 3011;
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly CheckSubject Subject = new("q1", ClientAddress.Parse("192.0.2.1"), "default");

    private readonly FakeTimeProvider _time = new();
    private readonly FakePlugin _plugin = new();
    private readonly RecordingLogger<PluginTransport> _log = new();
    private readonly PluginTransport _transport;

    public PluginTransportTests() => _transport = new PluginTransport("reputation", _plugin.EndPoint, _time, _log);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _transport.DisposeAsync();
        await _plugin.DisposeAsync();
    }

    [Fact]
    public async Task Answer_is_the_plugins()
    {
        IReadOnlyDictionary<string, string>? asked = null;
        _plugin.Respond = query =>
        {
            asked = query;
            return Task.FromResult<string?>(FakePlugin.Reply(query, "enforce", "score=4", "reason=seen before"));
        };

        var subject = Subject with
        {
            Local = ClientAddress.Parse("192.0.2.25"),
            LocalPort = 25,
            RemotePort = 6666,
            Helo = "h.example",
            Sender = "s@h.example",
        };
        var reply = await Ask(subject).Within("the answer");

        Assert.Equal(new CustomReply(VerdictAction.Enforce, null, 4, "seen before"), reply);
        Assert.Equal(
            "query_id=q1 address_family=ipv4 protocol=tcp local_address=192.0.2.25 local_port=25 remote_address=192.0.2.1 remote_port=6666 "
            + "profile=default helo=h.example sender=s@h.example",
            string.Join(' ', asked!.Select(a => $"{a.Key}={a.Value}")));
    }

    [Fact]
    public async Task Tcp_is_spoken_too()
    {
        await using var plugin = new FakePlugin(unix: false);
        await using var transport = new PluginTransport("reputation", plugin.EndPoint, _time, _log);

        Assert.Equal(600, (await transport.AskAsync(Subject, ShortTimeout, default).Within("the answer")).TtlSeconds);
    }

    [Fact]
    public async Task Answers_in_any_order_go_to_their_askers()
    {
        var release = new TaskCompletionSource();
        _plugin.Respond = async query =>
        {
            if (query["query_id"] == "q0")
                await release.Task;
            return FakePlugin.Reply(query, "ignore", $"reason={query["query_id"]}");
        };

        var slow = Ask(Subject with { QueryId = "q0" });
        await _plugin.AskedAsync(1).Within("the slow query");
        var quick = Enumerable.Range(1, 50).Select(i => Ask(Subject with { QueryId = $"q{i}" })).ToArray();
        var answers = await Task.WhenAll(quick).Within("the quick answers");
        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"q{i}"), answers.Select(r => r.Reason));
        Assert.False(slow.IsCompleted);
        release.SetResult();

        Assert.Equal("q0", (await slow.Within("the slow answer")).Reason);
    }

    [Fact]
    public async Task Same_id_twice_at_a_time_is_told_apart()
    {
        var ids = new List<string>();
        var both = new TaskCompletionSource();
        _plugin.Respond = async query =>
        {
            lock (ids)
            {
                ids.Add(query["query_id"]);
                if (ids.Count == 2)
                    both.SetResult();
            }

            await both.Task;
            return FakePlugin.Reply(query, "pass");
        };

        await Task.WhenAll(Ask(Subject), Ask(Subject)).Within("both answers");

        Assert.Equal(2, ids.Distinct().Count());
    }

    [Fact]
    public async Task Server_that_answers_in_order_without_ids_is_understood()
    {
        _plugin.Serial = true;
        _plugin.Respond = query => Task.FromResult<string?>(FakePlugin.ReplyWithoutId("ignore", $"reason={query["query_id"]}"));

        var asked = Enumerable.Range(1, 50).Select(i => Ask(Subject with { QueryId = $"q{i}" })).ToArray();

        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"q{i}"), (await Task.WhenAll(asked).Within("all answers")).Select(r => r.Reason));
    }

    [Fact]
    public async Task Late_answer_without_id_is_not_taken_for_the_next_ones()
    {
        var release = new TaskCompletionSource();
        _plugin.Serial = true;
        _plugin.Respond = async query =>
        {
            if (query["query_id"] == "late")
                await release.Task;
            return FakePlugin.ReplyWithoutId("ignore", $"reason={query["query_id"]}");
        };
        var late = Ask(Subject with { QueryId = "late" });
        await _plugin.AskedAsync(1).Within("the query");
        _time.Advance(ShortTimeout);
        await SourceAssert.FailsAsync(CheckFailure.Timeout, late);

        var next = Ask(Subject with { QueryId = "next" });
        release.SetResult();

        Assert.Equal("next", (await next.Within("the next answer")).Reason);
    }

    [Fact]
    public async Task Late_answer_with_id_is_dropped()
    {
        var release = new TaskCompletionSource();
        _plugin.Respond = async query =>
        {
            if (query["query_id"] == "late")
                await release.Task;
            return FakePlugin.Reply(query, "ignore", $"reason={query["query_id"]}");
        };
        await Ask(Subject).Within("the first answer");
        var late = Ask(Subject with { QueryId = "late" });
        await _plugin.AskedAsync(2).Within("the query");
        _time.Advance(ShortTimeout);
        await SourceAssert.FailsAsync(CheckFailure.Timeout, late);

        release.SetResult();

        Assert.Equal("next", (await Ask(Subject with { QueryId = "next" }).Within("the next answer")).Reason);
    }

    [Fact]
    public async Task Answer_to_an_unknown_id_is_ignored()
    {
        _plugin.Respond = query => Task.FromResult<string?>("query_id=other\naction=drop\n\n" + FakePlugin.Reply(query, "pass"));

        Assert.Equal(VerdictAction.Pass, (await Ask(Subject).Within("the answer")).Action);
    }

    [Theory]
    [InlineData("action=permit\n\n")]
    [InlineData("action=pass\nttl=soon\n\n")]
    [InlineData("action=pass\nttl=0\n\n")]
    [InlineData("ttl=5\n\n")]
    [InlineData("\n")]
    [InlineData("whatever\n\n")]
    public async Task Malformed_answer_is_a_bad_answer_and_the_connection_goes_on(string answer)
    {
        var wrong = true;
        _plugin.Respond = query =>
            Task.FromResult<string?>(wrong ? $"query_id={query["query_id"]}\n{answer}" : FakePlugin.Reply(query, "pass"));
        if (answer == "\n")
            _plugin.Respond = query => Task.FromResult<string?>(wrong ? answer : FakePlugin.ReplyWithoutId("pass"));

        await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Subject));
        wrong = false;

        await Ask(Subject).Within("the next answer");
        Assert.Equal(1, _plugin.TotalConnections);
    }

    [Fact]
    public async Task Lost_framing_drops_the_connection()
    {
        _plugin.Respond = _ => Task.FromResult<string?>(new string('x', 2000));

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(Subject));
        await Waiting.UntilAsync(() => _log.CountOf(LostEvent) == 1, "the loss is logged");

        Assert.Contains("LineTooLong", Assert.Single(_log.Lines).Text);
    }

    [Fact]
    public async Task Busy_connection_is_joined_by_further_ones_up_to_a_bound()
    {
        var release = new TaskCompletionSource();
        await Ask(Subject).Within("the first answer");
        _plugin.Serial = true;
        _plugin.Respond = async query =>
        {
            await release.Task;
            return FakePlugin.Reply(query, "pass");
        };
        var asked = new List<Task>();
        await Waiting.UntilAsync(
            () =>
            {
                asked.Add(Ask(Subject));
                return _plugin.TotalConnections == PluginTransport.MaxConnections;
            },
            "all connections are made");

        release.SetResult();

        await Task.WhenAll(asked).Within("all answers");
        Assert.Equal(PluginTransport.MaxConnections, _plugin.TotalConnections);
    }

    [Fact]
    public async Task Closed_connection_fails_what_is_asked_and_is_made_anew()
    {
        await Ask(Subject).Within("the first answer");
        var never = new TaskCompletionSource<string?>();
        _plugin.Respond = _ => never.Task;
        var asked = Ask(Subject);
        await _plugin.AskedAsync(2).Within("the query");
        _plugin.CloseConnections();
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, asked);
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(Subject));
        _plugin.Respond = query => Task.FromResult<string?>(FakePlugin.Reply(query, "pass"));

        await ReconnectAsync();

        Assert.Equal((1, 1), (_log.CountOf(LostEvent), _log.CountOf(RegainedEvent)));
    }

    [Fact]
    public async Task Connection_that_is_closed_while_idle_is_made_anew_quietly()
    {
        await Ask(Subject).Within("the first answer");
        _plugin.CloseConnections();

        await Waiting.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return _plugin.TotalConnections == 2;
            },
            "the second connection");

        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Dead_server_fails_at_once_and_is_found_when_it_is_back()
    {
        await _plugin.StopAsync();
        for (var i = 0; i < 5; i++)
        {
            await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(Subject));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        _plugin.Start();
        await ReconnectAsync();

        Assert.Equal((1, 1), (_log.CountOf(LostEvent), _log.CountOf(RegainedEvent)));
    }

    [Fact]
    public async Task Server_that_is_silent_for_seconds_is_left()
    {
        await Ask(Subject).Within("the first answer");
        var never = new TaskCompletionSource<string?>();
        _plugin.Respond = _ => never.Task;
        for (var i = 0; i <= 5; i++)
        {
            var asked = Ask(Subject);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAsync<SourceException>(() => asked.Within("the end of a question"));
        }

        _plugin.Respond = query => Task.FromResult<string?>(FakePlugin.Reply(query, "pass"));
        await ReconnectAsync();

        Assert.Contains("no answer for 5 s", _log.Lines[0].Text);
    }

    [Fact]
    public async Task Too_many_without_answer_are_refused()
    {
        var never = new TaskCompletionSource<string?>();
        _plugin.Respond = _ => never.Task;

        await Waiting.UntilAsync(
            () =>
                Ask(Subject).Exception?.InnerException is SourceException { Failure: CheckFailure.Overloaded }, "the connections are full");

        Assert.InRange(_plugin.TotalConnections, 1, PluginTransport.MaxConnections);
    }

    [Fact]
    public async Task Cancelled_question_ends_as_cancelled()
    {
        await Ask(Subject).Within("the first answer");
        var never = new TaskCompletionSource<string?>();
        _plugin.Respond = _ => never.Task;
        using var cancellation = new CancellationTokenSource();
        var asked = _transport.AskAsync(Subject, ShortTimeout, cancellation.Token);
        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.Within("the cancelled question"));
    }

    [Fact]
    public async Task Dispose_ends_what_is_asked()
    {
        var never = new TaskCompletionSource<string?>();
        _plugin.Respond = _ => never.Task;
        var asked = Ask(Subject);
        await _plugin.AskedAsync(1).Within("the query");

        await _transport.DisposeAsync().AsTask().Within("dispose");

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, asked);
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(Subject));
    }

    [Fact]
    public async Task Name_that_is_not_known_is_unreachable()
    {
        await using var transport = new PluginTransport("reputation", new DnsEndPoint("name.invalid", 1), TimeProvider.System, _log);

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, transport.AskAsync(Subject, Waiting.Limit, default));
    }

    private Task<CustomReply> Ask(CheckSubject subject) => _transport.AskAsync(subject, ShortTimeout, default);

    private async Task ReconnectAsync()
    {
        for (var deadline = DateTime.UtcNow + Waiting.Limit; DateTime.UtcNow < deadline;)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            try
            {
                await Ask(Subject).WaitAsync(TimeSpan.FromSeconds(1));
                return;
            }
            catch (Exception e) when (e is SourceException or TimeoutException)
            {
                // Not yet.
            }
        }

        Assert.Fail("no answer after the reconnection");
    }
}
