using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// Moves bytes between one connection and its session. The connection ends when the peer or the node is done, when framing is lost, when a
/// request takes too long to come in, and when the peer asks nothing for too long; what was asked before is answered.
/// </summary>
/// <remarks>
/// Invariant: the peer is only read from while its session has room for answers, so one that asks and does not read is soon held up by TCP
/// itself (<see cref="ProgressKind.Held"/>, <see cref="AnswerBuffer"/>).
/// </remarks>
internal sealed class ConnectionPump
{
    private readonly PipeReader _input;
    private readonly IConnectionSession _session;
    private readonly ConnectionWatch _watch;
    private int _heartbeatsInsideRequest;
    private int _heartbeatsIdle;
    private volatile bool _isInsideRequest;
    private volatile bool _isOver;

    private ConnectionPump(ConnectionContext connection, IConnectionSession session)
    {
        _input = connection.Transport.Input;
        _session = session;
        _watch = ConnectionWatch.Of(connection.Features);
    }

    /// <summary>Serves a connection until it ends.</summary>
    /// <param name="connection">One that came through its door's gate, which logs why the peer was given up.</param>
    public static async Task RunAsync(ConnectionContext connection, IConnectionSession session)
    {
        var pump = new ConnectionPump(connection, session);
        connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static state => ((ConnectionPump)state).Heartbeat(), pump);
        await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            .UnsafeRegister(static state => ((ConnectionPump)state!)._input.CancelPendingRead(), pump) ?? default;
        try
        {
            await pump.ReadAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            // The peer went away.
        }

        await session.EndAsync().ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        for (var isLast = false; ;)
        {
            var read = await _input.ReadAsync().ConfigureAwait(false);
            var buffer = read.Buffer;
            var progress = Read(ref buffer);
            // What is held counts as not looked at: the next read returns it at once, without waiting for the peer to send more.
            _input.AdvanceTo(buffer.Start, progress == ProgressKind.Held ? buffer.Start : buffer.End);
            if (!await _session.AnswerAsync().ConfigureAwait(false))
                return;
            // A read is cancelled once, so it must be remembered while requests are held.
            isLast |= read.IsCompleted || read.IsCanceled;
            if (progress == ProgressKind.Over || (isLast && progress != ProgressKind.Held))
                return;
        }
    }

    private ProgressKind Read(ref ReadOnlySequence<byte> buffer)
    {
        if (_isOver)
            return ProgressKind.Over;
        var before = buffer.Length;
        var (kind, fault) = _session.Read(ref buffer);
        if (buffer.Length < before)
            _heartbeatsInsideRequest = _heartbeatsIdle = 0; // The next request has its own time.
        _isInsideRequest = kind == ProgressKind.Partial;
        if (kind == ProgressKind.Over)
            GiveUp(fault);
        return kind;
    }

    // Kestrel calls this once a second, on a thread of its own: cheaper than a timer for each of thousands of connections.
    private void Heartbeat()
    {
        if (_isOver)
            return;
        _heartbeatsInsideRequest = _isInsideRequest ? _heartbeatsInsideRequest + 1 : 0;
        _heartbeatsIdle = _isInsideRequest || _watch.IsAnswering ? 0 : _heartbeatsIdle + 1;
        if (_heartbeatsInsideRequest > _session.RequestTimeout.TotalSeconds)
            GiveUp($"a request did not end within {_session.RequestTimeout.TotalSeconds:0} s");
        else if (_heartbeatsIdle > _session.IdleTimeout?.TotalSeconds)
            GiveUp(null);
        if (_isOver)
            _input.CancelPendingRead();
    }

    private void GiveUp(string? fault)
    {
        _watch.Fault ??= fault;
        _isOver = true;
    }
}
