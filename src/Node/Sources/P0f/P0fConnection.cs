using Screening.Actors.Checks;
using Screening.Actors.Checks.P0f;
using Screening.Node.Platform;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Sources.P0f;

/// <summary>Asks p0f over one lasting connection to its API socket (<c>p0f -s</c>), which is made anew when it breaks.</summary>
public sealed class P0fConnection : IP0fTransport, IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // A burst of clients waits its turn here, so that p0f never has more to answer than it can without blocking.
    private readonly SemaphoreSlim _places = new(P0fSession.MaxOutstanding);
    private readonly SourceHealth _health;
    private readonly SourceLink<P0fSession> _link;
    private readonly string _socketPath;
    private readonly TimeProvider _time;

    /// <param name="socketPath">p0f's API socket.</param>
    public P0fConnection(string socketPath, TimeProvider time, ILogger<P0fConnection> log)
    {
        _socketPath = socketPath;
        _time = time;
        _health = new SourceHealth($"p0f at {socketPath}", log);
        _link = new SourceLink<P0fSession>(_health, ConnectAsync, new Backoff(FirstWait, LongestWait), time);
    }

    /// <summary>Connects now, not at the first question.</summary>
    public void Start() => _link.Start();

    /// <inheritdoc/>
    public async Task<P0fReply> AskAsync(ClientAddress client, TimeSpan timeout, CancellationToken cancellation)
    {
        var left = new TimeLeft(_time, timeout);
        var session = await _link.GetAsync(timeout, cancellation).ConfigureAwait(false);
        if (!await _places.WaitAsync(left.Now, cancellation).ConfigureAwait(false))
            throw new SourceException(CheckFailure.Timeout, $"p0f is {P0fSession.MaxOutstanding} replies behind");
        try
        {
            return await session.AskAsync(client, left.Now, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Waits up to a second for outstanding replies, then closes.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<P0fSession> ConnectAsync(CancellationToken cancellation) =>
        new(await UnixSocket.ConnectAsync(_socketPath, cancellation).ConfigureAwait(false), _time, _health.Answered);
}
