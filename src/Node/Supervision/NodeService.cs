using Screening.Actors.Checks;

namespace Screening.Node.Supervision;

/// <summary>
/// A part that runs for as long as the node does, and the one place where what escapes from such a part is caught. A fault is logged as an
/// error and shown in status, and the part is started again after a pause. It never ends the node, and never goes unnoticed.
/// </summary>
/// <remarks>
/// State that must survive a fault belongs in fields. A service that ends without a fault is not started again.
/// </remarks>
internal abstract partial class NodeService(Troubles troubles, TimeProvider time, ILogger log) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // A service that has run for this long without a fault has recovered.
    private static readonly TimeSpan RecoveryTime = TimeSpan.FromMinutes(1);

    private readonly Backoff _pauses = new(FirstPause, LongestPause);

    /// <summary>Lasting faults of the node's parts.</summary>
    protected Troubles Troubles => troubles;

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    private string Name => GetType().Name;

    /// <summary>Does the work until it is told to stop.</summary>
    protected abstract Task RunAsync(CancellationToken stopping);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await FailsAsync(stoppingToken).ConfigureAwait(false))
            await Task.Delay(_pauses.Next(), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        troubles.Clear(Name);
    }

    // One run; false when it ended as it should.
    private async Task<bool> FailsAsync(CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested)
            return false;
        try
        {
            await RecoverAsync(RunAsync(stopping), stopping).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception fault)
        {
            Failed(log, fault, Name);
            troubles.Report(Name, rung: 0, $"{Name} failed and is started again: {fault.Message}");
            return true;
        }
    }

    private async Task RecoverAsync(Task running, CancellationToken stopping)
    {
        if (troubles.Find(Name) is not null)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny(running, Task.Delay(RecoveryTime, time, ended.Token)).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            if (!running.IsCompleted)
                Recover();
        }

        await running.ConfigureAwait(false);
    }

    private void Recover()
    {
        _pauses.Reset();
        troubles.Clear(Name);
        Recovered(log, Name);
    }

    [LoggerMessage(SupervisionEventIds.ServiceFailed, LogLevel.Error, "{Service} failed and is started again")]
    private static partial void Failed(ILogger log, Exception fault, string service);

    [LoggerMessage(SupervisionEventIds.ServiceRecovered, LogLevel.Information, "{Service} has recovered")]
    private static partial void Recovered(ILogger log, string service);
}
