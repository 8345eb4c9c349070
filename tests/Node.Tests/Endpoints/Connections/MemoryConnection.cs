using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Connections;
using Screening.Testing;

namespace Screening.Node.Tests.Endpoints.Connections;

/// <summary>
/// A connection without a socket, both sides in one thread: what the peer sends is served before <see cref="SendAsync"/> returns, up to
/// where the node waits for something.
/// </summary>
internal sealed class MemoryConnection : IDuplexPipe, IConnectionHeartbeatFeature
{
    private static readonly PipeOptions FromPeer = new(
        pauseWriterThreshold: 0, readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        useSynchronizationContext: false);

    private static readonly PipeOptions ToPeer = new(
        pauseWriterThreshold: Listeners.MaxUnsentBytes, resumeWriterThreshold: Listeners.MaxUnsentBytes / 2,
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    private readonly Pipe _fromPeer = new(FromPeer);
    private readonly Pipe _toPeer = new(ToPeer);
    private readonly List<Action> _heartbeats = [];

    public MemoryConnection(TimeProvider? time = null)
    {
        Context = new DefaultConnectionContext(Guid.NewGuid().ToString()) { Transport = this };
        Context.Features.Set<IConnectionHeartbeatFeature>(this);
        Context.Features.Set(new ConnectionWatch(this, time ?? TimeProvider.System));
    }

    public DefaultConnectionContext Context { get; }

    public PipeReader Input => _fromPeer.Reader;

    public PipeWriter Output => _toPeer.Writer;

    /// <summary>Bytes that the node has written and the peer has not read.</summary>
    public long Unread
    {
        get
        {
            if (!_toPeer.Reader.TryRead(out var read))
                return 0;
            _toPeer.Reader.AdvanceTo(read.Buffer.Start);
            return read.Buffer.Length;
        }
    }

    public void OnHeartbeat(Action<object> action, object state) => _heartbeats.Add(() => action(state));

    /// <summary>A second passes.</summary>
    public void Beat() => _heartbeats.ForEach(beat => beat());

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _fromPeer.Writer.WriteAsync(bytes);

    /// <summary>The peer reads what is there, without allocating. False if it does not have these octets in its first piece.</summary>
    public bool ReadAll(ReadOnlySpan<byte> octets)
    {
        if (!_toPeer.Reader.TryRead(out var read))
            return false;
        var has = read.Buffer.FirstSpan.IndexOf(octets) >= 0;
        _toPeer.Reader.AdvanceTo(read.Buffer.End);
        return has;
    }

    /// <summary>The peer says no more, and reads all that comes.</summary>
    public async Task<byte[]> ReadToEndAsync(Task serving)
    {
        await _fromPeer.Writer.CompleteAsync();
        var received = new MemoryStream();
        var reading = _toPeer.Reader.CopyToAsync(received);
        await serving.WaitAsync(Waiting.Limit);
        await _toPeer.Writer.CompleteAsync();
        await reading;
        return received.ToArray();
    }
}
