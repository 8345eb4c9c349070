using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace Screening.Node.Endpoints.Transport;

/// <summary>
/// What a peer sends. Bytes are fetched from the kernel only when the session waits for them, so that the kernel holds up a peer that says
/// more than is answered.
/// </summary>
/// <remarks>
/// Invariant: bytes and buffer belong to the session, except between <see cref="ReadAsync"/> and its end, when they belong to whoever moves
/// the state from waiting to filling. No event is lost: it is noted before the state is looked at, and the state is set before the note is.
/// </remarks>
internal sealed class SocketReader(SocketConnection connection) : PipeReader, IValueTaskSource<ReadResult>
{
    private const int LeastFree = 2 * 1024;
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Filling = 2;

    private ManualResetValueTaskSourceCore<ReadResult> _read;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private bool _isFirst = true;
    private bool _isAllExamined = true;
    private bool _hasEnded;
    private Exception? _fault;
    private int _state;
    private volatile bool _mayHaveMore = true;
    private volatile bool _isEndNear;
    private volatile bool _isCancelled;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!_isAllExamined || _hasEnded)
            return ValueTask.FromResult(Result());
        if (_isFirst)
            connection.Serve();
        _read.Reset();
        Interlocked.Exchange(ref _state, Waiting);
        if (_isFirst || IsInterrupted)
        {
            _isFirst = false; // It is probably here already, and a connection with one request needs no loop then.
            Fill();
        }
        else if (_mayHaveMore || !connection.IsWatched)
        {
            connection.ReadAgain();
        }

        return new ValueTask<ReadResult>(this, _read.Version);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _start = IndexOf(consumed);
        _isAllExamined = IndexOf(examined) == _end;
        if (_start == _end)
            DropBuffer();
    }

    public override bool TryRead(out ReadResult result)
    {
        result = _isAllExamined && !_hasEnded ? default : Result();
        return !_isAllExamined || _hasEnded;
    }

    /// <summary>Ends a read that waits, from any thread; what is then done is done by the thread pool.</summary>
    public override void CancelPendingRead()
    {
        _isCancelled = true;
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.Fill(), this, preferLocal: false);
    }

    public override void Complete(Exception? exception = null) => DropBuffer();

    /// <summary>Something happened at the socket.</summary>
    public void Wake(SocketEvents events)
    {
        if ((events & ~(SocketEvents.Readable | SocketEvents.Writable)) != 0)
            _isEndNear = true;
        _mayHaveMore = true;
        Fill();
    }

    /// <summary>Reads if the session waits for bytes, and goes on with it.</summary>
    public void Fill()
    {
        while (Interlocked.CompareExchange(ref _state, Filling, Waiting) == Waiting)
        {
            _mayHaveMore = false;
            if (IsInterrupted || TryReceive())
            {
                EndRead();
                return;
            }

            Interlocked.Exchange(ref _state, Waiting);
            if (!connection.IsWatched)
                connection.Watch();
            if (!_mayHaveMore && !IsInterrupted)
                return;
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private bool IsInterrupted => _isCancelled || connection.Aborted is not null;

    // In an array's sequence the highest bit says what kind of sequence it is (ReadOnlySequence.cs).
    private static int IndexOf(SequencePosition position) => position.GetInteger() & int.MaxValue;

    // False if nothing is there.
    private bool TryReceive()
    {
        MakeRoom();
        var free = _buffer.AsSpan(_end);
        var count = connection.Socket.Receive(free, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            if (_start == _end)
                DropBuffer();
            return false;
        }

        if (error != SocketError.Success)
            _fault = new ConnectionResetException(error.ToString());
        _end += count;
        _isAllExamined = false;
        _hasEnded = count == 0;

        // Less than there was room for is all that there is (epoll(7)), unless the end is near, which is not told twice.
        if (count == free.Length || _isEndNear)
            _mayHaveMore = true;
        return true;
    }

    // The session goes on in this call.
    private void EndRead()
    {
        Volatile.Write(ref _state, Idle);
        if ((connection.Aborted ?? _fault) is { } fault)
            _read.SetException(fault);
        else
            _read.SetResult(Result());
    }

    private ReadResult Result()
    {
        var isCancelled = _isCancelled;
        _isCancelled = false;
        return new ReadResult(new ReadOnlySequence<byte>(_buffer, _start, _end - _start), isCancelled, _hasEnded);
    }

    private void MakeRoom()
    {
        if (_buffer.Length - _end >= LeastFree)
            return;
        var needed = _end - _start + LeastFree;
        var larger = needed <= _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(Listeners.MaxUnreadBytes, needed));
        _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
        if (larger != _buffer && _buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (larger, 0, _end - _start);
    }

    private void DropBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = ([], 0, 0);
    }
}
