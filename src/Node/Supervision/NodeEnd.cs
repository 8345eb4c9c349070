using System.Runtime.InteropServices;

namespace Screening.Node.Supervision;

/// <summary>
/// Knows why the node ends: it was told to by a signal, or something in it ended that should not. A node that was not told to ends with
/// another exit status, so that the service manager starts it again.
/// </summary>
internal sealed partial class NodeEnd : IDisposable
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<NodeEnd> _log;
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isTold;
    private volatile bool _hasFailed;

    public NodeEnd(IHostApplicationLifetime lifetime, ILogger<NodeEnd> log)
    {
        _lifetime = lifetime;
        _log = log;
        // The host's own handlers end the node; these only remember it.
        _signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }
            .Select(signal => PosixSignalRegistration.Create(signal, _ => _isTold = true))];
    }

    /// <summary>Ends the node: it cannot do its work any more.</summary>
    public void Fail(string reason)
    {
        _hasFailed = true;
        Failed(_log, reason);
        _lifetime.StopApplication();
    }

    /// <summary>To be asked once the node has stopped: true if it was to. Logs if it was not.</summary>
    public bool WasOrderly()
    {
        if (!_isTold && !_hasFailed)
            Unbidden(_log);
        return _isTold && !_hasFailed;
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
    }

    [LoggerMessage(SupervisionEventIds.NodeFailed, LogLevel.Critical, "The node cannot do its work any more and ends: {Reason}")]
    private static partial void Failed(ILogger log, string reason);

    [LoggerMessage(SupervisionEventIds.NodeEndedUnbidden, LogLevel.Critical, "The node has ended although nobody told it to")]
    private static partial void Unbidden(ILogger log);
}
