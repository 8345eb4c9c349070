using System.Buffers;
using System.IO.Pipelines;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// The answers of one connection on their way out. Any thread may add one; the first to flush writes for all, so that an answer that is
/// known at once costs no switch of threads and many answers share one write.
/// </summary>
/// <remarks>
/// What waits here is bounded: a session takes no request while <see cref="IsFull"/>, that is, from <see cref="MaxWaitingBytes"/> of
/// answers on that the peer has not made room for, or when they and the answers still owed come to <see cref="MaxOwedBytes"/>. Another
/// <see cref="Listeners.MaxUnsentBytes"/> may wait for the socket.
/// </remarks>
internal class AnswerBuffer(PipeWriter output, ConnectionWatch watch)
{
    /// <summary>Bytes of answers that wait for the peer, beyond which it is no longer read.</summary>
    public const int MaxWaitingBytes = 16 * 1024;

    /// <summary>The same with what is held of requests that are not answered yet.</summary>
    public const int MaxOwedBytes = 64 * 1024;

    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PooledBuffer _filling = new();
    private PooledBuffer _writing = new();
    private TaskCompletionSource? _relieved;
    private long _owedBytes;
    private int _owed;
    private bool _isFlushing;
    private bool _isEnding;
    private volatile bool _isPeerGone;

    /// <summary>Guards everything here, and what derived classes add.</summary>
    protected Lock Sync { get; } = new();

    /// <summary>Where answers are written; under <see cref="Sync"/>.</summary>
    protected IBufferWriter<byte> Filling => _filling;

    /// <summary>Requests that are taken and not answered yet.</summary>
    public int Owed => Volatile.Read(ref _owed);

    /// <summary>No further request may be read now; <see cref="SendAsync"/> returns when one may.</summary>
    public bool IsFull
    {
        get
        {
            lock (Sync)
                return IsFullNow();
        }
    }

    /// <summary>Adds an answer that was made elsewhere.</summary>
    public void Add(ReadOnlySpan<byte> answer)
    {
        lock (Sync)
            Filling.Write(answer);
    }

    /// <summary>A request will be answered later; each is settled once.</summary>
    /// <param name="bytes">What is held of it until then.</param>
    public void Owe(int bytes)
    {
        lock (Sync)
        {
            _owed++;
            _owedBytes += bytes;
            watch.IsAnswering = true;
        }
    }

    /// <summary>A request that was owed is answered.</summary>
    /// <param name="bytes">As many as were owed for it.</param>
    public void Settle(int bytes)
    {
        lock (Sync)
        {
            _owed--;
            _owedBytes -= bytes;
            watch.IsAnswering = _owed > 0;
            RelieveIfPossible();
            SettleIfEnding();
        }
    }

    /// <summary>Writes what is there, unless another thread is at it. Ends when the peer has room for more, or is gone.</summary>
    public async ValueTask FlushAsync()
    {
        if (!TryStartWriting(first: true))
            return;
        do
        {
            try
            {
                output.Write(_writing.Written);
                _writing.Clear();
                _isPeerGone |= (await output.FlushAsync().ConfigureAwait(false)).IsCompleted;
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException or OperationCanceledException)
            {
                _writing.Clear();
                _isPeerGone = true;
            }
        }
        while (TryStartWriting(first: false));
    }

    /// <summary>Writes what is there, and returns when further requests may be read.</summary>
    /// <returns>False: the peer takes no more answers, so nothing that it asks is worth one.</returns>
    public async ValueTask<bool> SendAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        if (!_isPeerGone)
            await WhenRelievedAsync().ConfigureAwait(false);
        return !_isPeerGone;
    }

    /// <summary>Ends when everything that is owed is answered and written, or the peer is gone. No request is taken any more.</summary>
    public async Task EndAsync()
    {
        lock (Sync)
        {
            _isEnding = true;
            SettleIfEnding();
        }

        await _settled.Task.ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Whether a derived class holds too much; under <see cref="Sync"/>.</summary>
    protected virtual bool HoldsTooMuch => false;

    /// <summary>To be called under <see cref="Sync"/> when less is held.</summary>
    protected void RelieveIfPossible()
    {
        if (_relieved is null || IsFullNow())
            return;
        _relieved.TrySetResult();
        _relieved = null;
    }

    private Task WhenRelievedAsync()
    {
        lock (Sync)
        {
            if (!IsFullNow())
                return Task.CompletedTask;
            _relieved ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _relieved.Task;
        }
    }

    private bool IsFullNow() => HoldsTooMuch || _filling.Count >= MaxWaitingBytes || _filling.Count + _owedBytes >= MaxOwedBytes;

    private void SettleIfEnding()
    {
        if (_isEnding && _owed == 0)
            _settled.TrySetResult();
    }

    private bool TryStartWriting(bool first)
    {
        lock (Sync)
        {
            if (first && _isFlushing)
                return false;
            _isFlushing = _filling.Count > 0;
            if (_isFlushing)
                (_filling, _writing) = (_writing, _filling);
            RelieveIfPossible();
            return _isFlushing;
        }
    }
}
