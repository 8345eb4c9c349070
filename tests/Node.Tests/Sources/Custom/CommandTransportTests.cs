using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Node.Sources.Custom;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Node.Tests.Sources.Custom;

public sealed class CommandTransportTests : IAsyncLifetime
{
    private const int StderrEvent = 3020;
    private const int LostEvent = 3010;
    private static readonly CheckSubject Subject = new("q1", ClientAddress.Parse("192.0.2.1"), "default");

    // Answers each query with its own process id as the reason.
    private const string Answer = """printf 'query_id=%s\naction=ignore\nscore=2\nreason=%s\n\n' "$id" $$""";

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<CommandTransport> _log = new();
    private readonly List<CommandTransport> _owned = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var transport in _owned)
            await DisposeAsync(transport);
    }

    [Fact]
    public async Task Program_answers_and_goes_on_running()
    {
        var transport = Script(Answer);

        var first = await Ask(transport).Within("the first answer");
        var second = await Ask(transport).Within("the second answer");

        Assert.Equal((VerdictAction.Ignore, 2), (first.Action, first.Score));
        Assert.Equal(first.Reason, second.Reason);
    }

    [Fact]
    public async Task Program_that_exits_is_started_again_after_a_wait()
    {
        var transport = Script(Answer + "; exit 1");
        var first = await Ask(transport).Within("the first answer");
        await Waiting.UntilAsync(() => Ask(transport).IsFaulted, "the program's end is known");

        CustomReply? second = null;
        for (var started = TimeProvider.System.GetTimestamp(); second is null;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Waiting.Limit, "the program was not started again");
            _time.Advance(TimeSpan.FromMilliseconds(250));
            try
            {
                second = await Ask(transport).WaitAsync(Waiting.Limit);
            }
            catch (SourceException)
            {
                await Task.Yield(); // Not yet.
            }
        }

        Assert.NotEqual(first.Reason, second.Reason);
    }

    [Fact]
    public async Task Program_that_is_not_there_is_unreachable()
    {
        var transport = Own(new CommandTransport("mine", ["/nonexistent/check"], _time, _log));

        var error = await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(transport));

        Assert.Contains("custom check mine", error.Message);
        Assert.Equal(1, _log.CountOf(LostEvent));
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout()
    {
        var transport = Script(":");
        var asked = transport.AskAsync(Subject, TimeSpan.FromMilliseconds(300), default);
        await Waiting.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(300));
                return asked.IsCompleted;
            },
            "the timeout");

        var error = await Assert.ThrowsAsync<SourceException>(() => asked);
        Assert.True(error.Failure is CheckFailure.Timeout or CheckFailure.Unreachable, error.Message);
    }

    [Fact]
    public async Task Garbage_ends_the_program()
    {
        var transport = Script("head -c 5000 /dev/zero | tr '\\0' x");

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(transport));
    }

    [Fact]
    public async Task Stderr_is_logged_by_lines_that_are_cut_and_not_too_many()
    {
        const string Chatter = """x=$(printf '%300s'); i=0; while [ $i -lt 100 ]; do echo "line $i $x." >&2; i=$((i+1)); done; """;
        var transport = Script(Chatter + Answer);

        await Ask(transport).Within("the answer");
        await Waiting.UntilAsync(() => _log.CountOf(StderrEvent) >= StderrLog.MaxLines, "the lines are logged");
        await DisposeAsync(transport);

        var lines = _log.Lines.Where(l => l.Id == StderrEvent).Select(l => l.Text).ToArray();
        Assert.Equal(StderrLog.MaxLines, lines.Length);
        Assert.StartsWith("Custom check mine wrote: line 0  ", lines[0]);
        Assert.All(lines, line => Assert.Equal("Custom check mine wrote: ".Length + StderrLog.MaxLineLength, line.Length));
    }

    [Fact]
    public async Task Dispose_closes_stdin_and_waits_for_the_program()
    {
        var bye = Path.GetTempFileName();
        var transport = Own(new CommandTransport("mine", ["/bin/sh", "-c", $"{Loop(Answer)}; echo bye > {bye}"], _time, _log));
        await Ask(transport).Within("an answer");

        await transport.DisposeAsync().AsTask().Within("dispose");

        Assert.Equal("bye\n", await File.ReadAllTextAsync(bye));
        File.Delete(bye);
    }

    [Fact]
    public async Task Program_that_stays_is_killed()
    {
        var transport = Own(new CommandTransport("mine", ["/bin/sh", "-c", $"{Loop(Answer)}; sleep 1000"], _time, _log));
        var pid = int.Parse((await Ask(transport).Within("an answer")).Reason!);

        await DisposeAsync(transport);

        Assert.False(Directory.Exists($"/proc/{pid}"), "the program still runs");
    }

    private static Task<CustomReply> Ask(CommandTransport transport) => transport.AskAsync(Subject, Waiting.Limit, default);

    private static string Loop(string answer) =>
        $"while IFS= read -r line; do case \"$line\" in query_id=*) id=${{line#query_id=}};; '') {answer};; esac; done";

    private CommandTransport Script(string answer) => Own(new CommandTransport("mine", ["/bin/sh", "-c", Loop(answer)], _time, _log));

    private CommandTransport Own(CommandTransport transport)
    {
        _owned.Add(transport);
        return transport;
    }

    private async Task DisposeAsync(CommandTransport transport)
    {
        var disposed = transport.DisposeAsync().AsTask();
        await Waiting.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(10));
                return disposed.IsCompleted;
            },
            "dispose");
        await disposed;
    }
}
