using System.Buffers;
using System.IO.Pipelines;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>
/// The answers of one connection on their way out. Any thread may add one; whoever flushes first writes for all, so that a hit costs no
/// switch of threads and many answers share one write.
/// </summary>
internal sealed class ReplyBuffer(PipeWriter output)
{
    // A peer that does not read gets no further questions taken while this much waits.
    private const int CongestedBytes = 32 * 1024;

    // Nor while so many answers wait for their turn behind one that is not made yet.
    private const int CongestedReplies = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<OrderedReply> _ordered = new();
    private ArrayBufferWriter<byte> _filling = new(512);
    private ArrayBufferWriter<byte> _writing = new(512);
    private TaskCompletionSource? _relieved;
    private bool _flushing;

    /// <summary>Adds an answer that may go out in any order.</summary>
    public void Add(bool hasQueryId, ReadOnlySpan<byte> queryId, in Verdict verdict)
    {
        lock (_lock)
            PluginReply.Write(_filling, hasQueryId, queryId, verdict);
    }

    /// <summary>Takes the next place among the answers that keep the order of their queries.</summary>
    public OrderedReply Reserve(bool hasQueryId)
    {
        var reply = new OrderedReply(hasQueryId);
        lock (_lock)
            _ordered.Enqueue(reply);
        return reply;
    }

    /// <summary>Answers a reserved place; it goes out once those before it have.</summary>
    public void Fill(OrderedReply reply, in Verdict verdict)
    {
        lock (_lock)
        {
            reply.Verdict = verdict;
            while (_ordered.TryPeek(out var first) && first.Verdict is { } ready)
            {
                PluginReply.Write(_filling, first.HasQueryId, default, ready);
                _ordered.Dequeue();
            }

            RelieveIfPossible();
        }
    }

    /// <summary>Writes what is there, unless another thread is at it. Ends when the peer has room for more, or is gone.</summary>
    public async ValueTask FlushAsync()
    {
        if (!TryTake(first: true))
            return;
        do
        {
            try
            {
                output.Write(_writing.WrittenSpan);
                _writing.ResetWrittenCount();
                await output.FlushAsync().ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException)
            {
                // The peer is gone; there is nobody to answer.
            }
        }
        while (TryTake(first: false));
    }

    /// <summary>Ends when not too much waits for a peer that does not read.</summary>
    public Task WhenRelievedAsync()
    {
        lock (_lock)
        {
            if (!IsCongested())
                return Task.CompletedTask;
            _relieved ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _relieved.Task;
        }
    }

    private bool TryTake(bool first)
    {
        lock (_lock)
        {
            if (first && _flushing)
                return false;
            _flushing = _filling.WrittenCount > 0;
            if (_flushing)
                (_filling, _writing) = (_writing, _filling);
            RelieveIfPossible();
            return _flushing;
        }
    }

    private bool IsCongested() => _ordered.Count >= CongestedReplies || (_flushing && _filling.WrittenCount >= CongestedBytes);

    private void RelieveIfPossible()
    {
        if (_relieved is null || IsCongested())
            return;
        _relieved.TrySetResult();
        _relieved = null;
    }

    /// <summary>A place among the answers that keep their order.</summary>
    internal sealed class OrderedReply(bool hasQueryId)
    {
        public bool HasQueryId { get; } = hasQueryId;

        public Verdict? Verdict { get; set; }
    }
}
