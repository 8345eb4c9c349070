using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Screening.Node.Endpoints.Transport;

/// <summary>
/// What a peer is told. A flush gives all to the kernel in the caller's thread; where the peer does not read, it ends when the peer did,
/// and nothing more is collected here until then. For one thread at a time.
/// </summary>
internal sealed class SocketWriter(SocketConnection connection) : PipeWriter, IValueTaskSource<FlushResult>
{
    private const int LeastBytes = 4 * 1024;
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Sending = 2;

    private ManualResetValueTaskSourceCore<FlushResult> _flush;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _state;
    private bool _isPeerGone;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _end - _start;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_buffer.Length - _end));
        _end += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsMemory(_end);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsSpan(_end);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (TrySend())
            return ValueTask.FromResult(new FlushResult(false, _isPeerGone));
        _flush.Reset();
        Interlocked.Exchange(ref _state, Waiting);
        connection.Watch();
        if (connection.Aborted is not null)
            Continue();
        return new ValueTask<FlushResult>(this, _flush.Version);
    }

    /// <summary>Ends a flush that waits, from any thread: nothing that is left will be sent.</summary>
    public override void CancelPendingFlush() =>
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.Continue(), this, preferLocal: false);

    public override void Complete(Exception? exception = null) => DropBuffer();

    /// <summary>Sends more if something waits for the peer, and goes on with who waits for that.</summary>
    public void Continue()
    {
        while (Volatile.Read(ref _state) == Waiting && Interlocked.CompareExchange(ref _state, Sending, Waiting) == Waiting)
        {
            if (TrySend())
            {
                Volatile.Write(ref _state, Idle);
                _flush.SetResult(new FlushResult(false, _isPeerGone));
                return;
            }

            Interlocked.Exchange(ref _state, Waiting);
            if (connection.Aborted is null)
            {
                connection.Watch(); // The kernel may have made room while nobody was waiting for it.
                return;
            }
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _flush.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags);

    // False if the peer has to read first.
    private bool TrySend()
    {
        while (_start < _end)
        {
            var error = SocketError.ConnectionAborted;
            var sent = 0;
            if (!_isPeerGone && connection.Aborted is null)
                sent = connection.Socket.Send(_buffer.AsSpan(_start, _end - _start), SocketFlags.None, out error);
            if (error == SocketError.WouldBlock)
                return false;
            _start += sent;
            if (error == SocketError.Success)
                continue;
            _isPeerGone = true;
            break;
        }

        DropBuffer();
        return true;
    }

    private void MakeRoom(int sizeHint)
    {
        var needed = _end + Math.Max(sizeHint, 1);
        if (needed <= _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(LeastBytes, needed));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void DropBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = ([], 0, 0);
    }
}
