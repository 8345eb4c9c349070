using Screening.Node.Telemetry;

namespace Screening.Node.Hosting.WarmUp;

/// <summary>Holds the start of a host, and with it the doors that open after this service, until the code is warm.</summary>
internal sealed partial class WarmUpService(Task warm, ILogger<WarmUpService> log) : IHostedService
{
    /// <summary>Ends when the rehearsal has; one that fails never keeps a node from starting.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await warm.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (warm.Exception is { } fault)
            Failed(log, fault.GetBaseException());
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventIds.RehearsalFailed, LogLevel.Error, "The rehearsal failed; the first answers may take longer")]
    private static partial void Failed(ILogger log, Exception fault);
}
