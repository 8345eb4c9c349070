using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;

namespace Screening.Node.Sources.Custom;

/// <summary>Asks a program of the operator's that keeps running; it is started anew, with back-off, when it ends.</summary>
public sealed class CommandTransport : ICustomTransport, IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly SourceLink<CommandSession> _link;
    private readonly TimeProvider _time;

    /// <param name="name">The check's name, for messages.</param>
    /// <param name="command">The program and its arguments; no shell is between.</param>
    public CommandTransport(string name, IReadOnlyList<string> command, TimeProvider time, ILogger<CommandTransport> log)
    {
        _time = time;
        var health = new SourceHealth($"custom check {name}", log);
        var errors = new StderrLog(name, time, log);
        _link = new SourceLink<CommandSession>(
            health,
            _ => Task.FromResult(new CommandSession(health.Name, command, time, health.Answered, errors)),
            new Backoff(FirstWait, LongestWait),
            time);
    }

    /// <summary>Starts the program now, not at the first question.</summary>
    public void Start() => _link.Start();

    /// <inheritdoc/>
    public async Task<CustomReply> AskAsync(CheckSubject subject, TimeSpan timeout, CancellationToken cancellation)
    {
        var left = new TimeLeft(_time, timeout);
        var session = await _link.GetAsync(timeout, cancellation).ConfigureAwait(false);
        return await session.Plugin.AskAsync(subject, left.Now, cancellation).ConfigureAwait(false);
    }

    /// <summary>Closes the program's stdin, waits a second for it to exit, and kills it.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();
}
