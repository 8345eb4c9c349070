using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// What the gate of a door has to know of one open connection: when bytes last moved, whether an answer is owed, and since when one has
/// waited for the peer to read. Stands in for the connection's transport, whose bytes it passes on as they are.
/// </summary>
internal sealed class ConnectionWatch : IDuplexPipe
{
    private readonly TimeProvider _time;
    private long _moved;
    private long _waitingSince;
    private volatile bool _isAnswering;

    public ConnectionWatch(IDuplexPipe transport, TimeProvider time)
    {
        _time = time;
        _moved = time.GetTimestamp();
        Input = new WatchedReader(transport.Input, this);
        Output = new WatchedWriter(transport.Output, this);
    }

    /// <summary>The watch of a connection that its gate has let in.</summary>
    public static ConnectionWatch Of(IFeatureCollection features) =>
        features.Get<ConnectionWatch>() ?? throw new InvalidOperationException("the connection did not come through a gate");

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Why the session gave the peer up, for the log; null: it did not.</summary>
    public string? Fault { get; set; }

    /// <summary>A request is being answered: the connection is not idle, however long that takes.</summary>
    public bool IsAnswering
    {
        get => _isAnswering;
        set => _isAnswering = value;
    }

    /// <summary>When the connection became idle, as a timestamp; now, if an answer is owed.</summary>
    public long IdleSince => IsAnswering ? _time.GetTimestamp() : Volatile.Read(ref _moved);

    /// <summary>How long what was written has waited for the peer to read; zero if nothing has.</summary>
    public TimeSpan Unread => Volatile.Read(ref _waitingSince) is > 0 and var since ? _time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Nothing more is written: only what was written and not sent yet is left, and waits for the peer to read.</summary>
    public void End() => WaitForPeer();

    private void Move() => Volatile.Write(ref _moved, _time.GetTimestamp());

    private void WaitForPeer() => Volatile.Write(ref _waitingSince, _time.GetTimestamp());

    private void PeerHasRead()
    {
        Volatile.Write(ref _waitingSince, 0);
        Move();
    }

    private sealed class WatchedReader(PipeReader inner, ConnectionWatch watch) : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        // Every read that gave something ends here, and here nothing is awaited.
        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            watch.Move();
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            inner.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);
    }

    private sealed class WatchedWriter(PipeWriter inner, ConnectionWatch watch) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            Watched(inner.FlushAsync(cancellationToken));

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            Watched(inner.WriteAsync(source, cancellationToken));

        // A flush that does not end at once waits for the peer.
        private ValueTask<FlushResult> Watched(ValueTask<FlushResult> flush)
        {
            watch.Move();
            return flush.IsCompleted ? flush : WaitAsync(flush);
        }

        private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush)
        {
            watch.WaitForPeer();
            try
            {
                return await flush.ConfigureAwait(false);
            }
            finally
            {
                watch.PeerHasRead();
            }
        }
    }
}
