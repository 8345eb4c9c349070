using System.ComponentModel;
using System.Net.Sockets;
using Screening.Actors.Checks;

namespace Screening.Node.Sources;

/// <summary>
/// Keeps one session to a source: made at the first question or at <see cref="Start"/>, made anew with back-off when it ends. Questions
/// wait for the first attempt only; later, while there is no session, they fail at once.
/// </summary>
/// <remarks>
/// <code>
/// not started ──first question──► connecting ──► session ──ended──► waiting ──► connecting ...
///                                     └── failed ──► waiting ──► connecting ...
/// </code>
/// The wait starts over only after a session that answered something: a peer that accepts and closes is not hammered.
/// </remarks>
internal sealed class SourceLink<TSession>(
    SourceHealth health, Func<CancellationToken, Task<TSession>> connect, Backoff backoff, TimeProvider time) : IAsyncDisposable
    where TSession : class, ISourceSession
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Task? _running;
    private TSession? _session;
    private string _reason = "not connected yet";

    /// <summary>The session, if there is one now.</summary>
    public TSession? Current => Volatile.Read(ref _session);

    /// <summary>True while no attempt has been made yet.</summary>
    public bool IsFresh => !_firstAttempt.Task.IsCompleted;

    /// <summary>Makes the session if that has not begun.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_stopping.IsCancellationRequested)
                _running ??= Task.Run(RunAsync);
        }
    }

    /// <summary>The session to ask.</summary>
    /// <exception cref="SourceException">There is none, or the first attempt took too long.</exception>
    public async ValueTask<TSession> GetAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        if (Current is { } session)
            return session;
        Start();
        try
        {
            if (IsFresh)
                await _firstAttempt.Task.WaitAsync(timeout, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw SourceText.Failure(CheckFailure.Unreachable, $"{health.Name}: still connecting", e);
        }

        return Current ?? throw SourceText.Failure(CheckFailure.Unreachable, $"{health.Name}: {Volatile.Read(ref _reason)}");
    }

    /// <summary>Ends the session in its own orderly way.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_gate)
            running = _running;
        Volatile.Write(ref _reason, "the node is shutting down");
        if (Current is { } session)
            await session.DisposeAsync().ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _firstAttempt.TrySetResult();
        if (running is not null)
            await running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            if (await TryConnectAsync().ConfigureAwait(false) is { } session)
                await UseAsync(session).ConfigureAwait(false);
            try
            {
                await Task.Delay(backoff.Next(), time, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<TSession?> TryConnectAsync()
    {
        using var timeout = new CancellationTokenSource(ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        try
        {
            return await connect(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Lose($"no connection in {ConnectTimeout.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is SocketException or IOException or Win32Exception or ArgumentException or InvalidOperationException
            or UnauthorizedAccessException)
        {
            Lose(SourceText.Of(e));
        }

        _firstAttempt.TrySetResult();
        return null;
    }

    private async Task UseAsync(TSession session)
    {
        Volatile.Write(ref _session, session);
        _firstAttempt.TrySetResult();
        if (_stopping.IsCancellationRequested)
            await session.DisposeAsync().ConfigureAwait(false);
        var end = await session.Ended.ConfigureAwait(false);
        Volatile.Write(ref _session, null);
        if (session.HasAnswered)
            backoff.Reset();
        if (end.Quiet)
            Volatile.Write(ref _reason, end.Reason);
        else
            Lose(end.Reason);
        await session.DisposeAsync().ConfigureAwait(false);
    }

    private void Lose(string reason)
    {
        Volatile.Write(ref _reason, reason);
        if (!_stopping.IsCancellationRequested)
            health.Lost(reason);
    }
}
