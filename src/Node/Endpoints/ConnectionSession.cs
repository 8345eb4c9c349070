using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Screening.Node.Endpoints;

/// <summary>
/// One connection of a protocol that keeps its connections: what such doors have in common. It ends when the peer or the node is done, when
/// framing is lost, and when a request drips in too slowly; what was asked is answered before.
/// </summary>
internal abstract class ConnectionSession(ConnectionContext connection)
{
    /// <summary>A request that has begun must have ended after this.</summary>
    public static readonly TimeSpan DripLimit = TimeSpan.FromSeconds(30);

    private int _heartbeatsInsideRequest;

    /// <summary>Why the connection is given up; null while it is not.</summary>
    public string? Fault { get; protected set; }

    /// <summary>Part of a request is there, and the rest is not.</summary>
    protected abstract bool IsInsideRequest { get; }

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

    /// <summary>Once a second: gives up on a request that does not end.</summary>
    public void Heartbeat()
    {
        if (!IsInsideRequest)
        {
            _heartbeatsInsideRequest = 0;
        }
        else if (++_heartbeatsInsideRequest > DripLimit.TotalSeconds && Fault is null)
        {
            Fault = $"a request did not end within {DripLimit.TotalSeconds:0} s";
            connection.Transport.Input.CancelPendingRead();
        }
    }

    /// <summary>Reads requests until there are no more.</summary>
    protected abstract Task ReadAsync(PipeReader input);

    /// <summary>A request is whole: the next one has its own time.</summary>
    protected void RequestEnded() => _heartbeatsInsideRequest = 0;
}
