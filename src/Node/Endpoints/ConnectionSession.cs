using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Screening.Node.Endpoints;

/// <summary>
/// One connection of a protocol that keeps its connections: what such doors have in common. It ends when the peer or the node is done, when
/// framing is lost, and when a request drips in too slowly; what was asked before is answered.
/// </summary>
internal abstract class ConnectionSession(ConnectionContext connection)
{
    /// <summary>A request that has begun must have ended after this, however it is spread.</summary>
    public static readonly TimeSpan DripLimit = TimeSpan.FromSeconds(30);

    private int _heartbeatsInsideRequest;
    private int _idleHeartbeats;
    private volatile bool _isOver;

    /// <summary>Why the connection is given up; null while it is not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Part of a request is there, and the rest is not.</summary>
    protected abstract bool IsInsideRequest { get; }

    /// <summary>A connection without a request for so long ends; null: it may be idle as long as the peer likes.</summary>
    protected virtual TimeSpan? IdleLimit => null;

    /// <summary>Requests are being answered.</summary>
    protected virtual bool IsAnswering => false;

    /// <summary>True once no further request is to be taken, because of a fault or because the peer was idle for too long.</summary>
    protected bool IsOver => _isOver;

    /// <summary>Serves the connection until it ends.</summary>
    public virtual async Task RunAsync()
    {
        try
        {
            await ReadAsync(connection.Transport.Input).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            // The peer went away.
        }
    }

    /// <summary>Stops reading; what was asked is still answered.</summary>
    public void Drain() => connection.Transport.Input.CancelPendingRead();

    /// <summary>Once a second: gives up on a request that does not end, and on a peer that asks nothing for too long.</summary>
    public void Heartbeat()
    {
        if (_isOver)
            return;
        _heartbeatsInsideRequest = IsInsideRequest ? _heartbeatsInsideRequest + 1 : 0;
        _idleHeartbeats = IsInsideRequest || IsAnswering ? 0 : _idleHeartbeats + 1;
        if (_heartbeatsInsideRequest > DripLimit.TotalSeconds)
            GiveUp($"a request did not end within {DripLimit.TotalSeconds:0} s");
        else if (IdleLimit is { } limit && _idleHeartbeats > limit.TotalSeconds)
            _isOver = true;
        if (_isOver)
            connection.Transport.Input.CancelPendingRead();
    }

    /// <summary>Reads requests until there are no more.</summary>
    protected abstract Task ReadAsync(PipeReader input);

    /// <summary>Takes no further request.</summary>
    /// <param name="fault">Why, for the log.</param>
    protected void GiveUp(string fault)
    {
        Fault ??= fault;
        _isOver = true;
    }

    /// <summary>A request is whole: the next one has its own time.</summary>
    protected void RequestEnded() => _heartbeatsInsideRequest = _idleHeartbeats = 0;
}
