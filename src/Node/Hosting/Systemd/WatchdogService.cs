using Screening.Node.Supervision;
using Screening.Node.Telemetry;

namespace Screening.Node.Hosting.Systemd;

/// <summary>
/// Tells the service manager's watchdog that the node is alive, for as long as <see cref="Liveness"/> finds no fault. When it has not been
/// told for <c>WatchdogSec</c>, the manager ends the process and starts it again.
/// </summary>
internal sealed partial class WatchdogService(
    ServiceManager manager, Liveness liveness, Troubles troubles, TimeProvider time, ILogger<WatchdogService> log)
    : NodeService(troubles, time, log)
{
    // Two looks may fail before the third is too late.
    private const int LooksPerTimeout = 3;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        if (manager.WatchdogTimeout is not { } timeout)
            return;
        var period = timeout / LooksPerTimeout;
        using var timer = new PeriodicTimer(period, Time);
        do
        {
            if (await liveness.FindFaultAsync(period, stopping).ConfigureAwait(false) is { } fault)
                DoesNotAnswer(log, fault, timeout.TotalSeconds);
            else
                manager.Alive();
        }
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
    }

    [LoggerMessage(EventIds.NodeDoesNotAnswer, LogLevel.Error,
        "The node does not work: {Fault}. The service manager ends it unless it recovers within {Seconds} s")]
    private static partial void DoesNotAnswer(ILogger log, string fault, double seconds);
}
