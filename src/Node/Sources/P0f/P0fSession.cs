using System.Buffers;
using System.Net.Sockets;
using Screening.Actors.Checks;
using Screening.Actors.Checks.P0f;
using Screening.Node.Platform;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Sources.P0f;

/// <summary>
/// One connection to p0f. Replies have no id: they belong to the queries in their order, so a query whose asker gave up stays in the line
/// until its reply has been read.
/// </summary>
/// <remarks>
/// p0f is one thread that captures packets as well, and a failed read or write on an API socket ends it. So nothing is left unread, the
/// connection is closed only when nothing is outstanding, as far as that can be had within a second, and never half closed.
/// </remarks>
internal sealed class P0fSession : ISourceSession
{
    /// <summary>Queries without reply at one time. p0f blocks on a reader that is 113 replies behind.</summary>
    public const int MaxOutstanding = 64;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly Action _answered;
    private readonly Lock _gate = new();
    private readonly Queue<Question> _line = new();
    private readonly TaskCompletionSource<SessionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _drained;
    private bool _closing;

    /// <param name="socket">Connected; the session's own from now on.</param>
    /// <param name="time">For timeouts.</param>
    /// <param name="answered">Called for each reply.</param>
    public P0fSession(Socket socket, TimeProvider time, Action answered)
    {
        _socket = socket;
        _socket.Blocking = false;
        _time = time;
        _answered = answered;
        _ = ReadAllAsync();
    }

    public Task<SessionEnd> Ended => _ended.Task;

    public bool HasAnswered { get; private set; }

    /// <inheritdoc cref="IP0fTransport.AskAsync"/>
    public async Task<P0fReply> AskAsync(ClientAddress client, TimeSpan timeout, CancellationToken cancellation)
    {
        var question = new Question();
        Send(client, question);
        try
        {
            var (reply, error) = await question.Task.WaitAsync(timeout, _time, cancellation).ConfigureAwait(false);
            return reply ?? throw error!;
        }
        catch (TimeoutException e)
        {
            throw new SourceException(CheckFailure.Timeout, $"no reply of p0f in {timeout.TotalMilliseconds:0} ms", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task drained;
        lock (_gate)
        {
            _closing = true;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_line.Count == 0)
                _drained.TrySetResult();
            drained = _drained.Task;
        }

        try
        {
            await drained.WaitAsync(DrainTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Stopped or stuck: it finds the connection closed when it continues.
        }

        End(new SessionEnd("closed", Quiet: true));
    }

    // Under the lock, so that the line has the order of the wire. 64 queries fit any socket buffer: a send that does not is a broken one.
    private void Send(ClientAddress client, Question question)
    {
        Span<byte> query = stackalloc byte[P0fQuery.Length];
        P0fQuery.Write(client, query);
        SocketError error;
        lock (_gate)
        {
            if (_closing)
                throw new SourceException(CheckFailure.Unreachable, "p0f: the connection is closed");
            if (_line.Count >= MaxOutstanding)
                throw new SourceException(CheckFailure.Overloaded, $"{MaxOutstanding} queries to p0f are without reply");
            if (_socket.Send(query, SocketFlags.None, out error) == query.Length)
            {
                _line.Enqueue(question);
                return;
            }
        }

        var reason = $"sending failed: {SystemError.Words(error)}";
        End(new SessionEnd(reason));
        throw new SourceException(CheckFailure.Unreachable, $"p0f: {reason}");
    }

    private async Task ReadAllAsync()
    {
        var buffer = new byte[P0fReplyReader.Length * 16];
        var length = 0;
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None).ConfigureAwait(false);
                if (read == 0)
                    break;
                length += read;
                if (!TryAnswerAll(buffer, ref length))
                {
                    End(new SessionEnd("what it sends is not p0f's protocol"));
                    return;
                }
            }

            End(new SessionEnd("p0f closed the connection", Quiet: HasAnswered && IsIdle()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            End(new SessionEnd(SourceText.Of(e)));
        }
    }

    // Reads all whole replies at the buffer's front.
    private bool TryAnswerAll(byte[] buffer, ref int length)
    {
        var read = 0;
        OperationStatus status;
        while ((status = P0fReplyReader.TryRead(buffer.AsSpan(read, length - read), out var reply)) == OperationStatus.Done)
        {
            read += P0fReplyReader.Length;
            if (!TryAnswer(reply!))
                return false;
        }

        length -= read;
        buffer.AsSpan(read, length).CopyTo(buffer);
        return status == OperationStatus.NeedMoreData;
    }

    private bool TryAnswer(P0fReply reply)
    {
        Question? question;
        lock (_gate)
        {
            if (!_line.TryDequeue(out question))
                return false;
            if (_line.Count == 0)
                _drained?.TrySetResult();
        }

        HasAnswered = true;
        _answered();
        question.TrySetResult((reply, null));
        return true;
    }

    private bool IsIdle()
    {
        lock (_gate)
            return _line.Count == 0;
    }

    private void End(SessionEnd end)
    {
        Question[] left;
        lock (_gate)
        {
            _closing = true;
            left = [.. _line];
            _line.Clear();
            _drained?.TrySetResult();
        }

        _socket.Dispose();
        foreach (var question in left)
            question.TrySetResult((null, new SourceException(CheckFailure.Unreachable, $"p0f: {end.Reason}")));
        _ended.TrySetResult(end);
    }

    private sealed class Question() : TaskCompletionSource<(P0fReply? Reply, SourceException? Error)>(
        TaskCreationOptions.RunContinuationsAsynchronously);
}
