using Screening.Actors.Hosting;
using Screening.Node.Supervision;

namespace Screening.Node.Hosting;

/// <summary>Keeps this node in the fleet for as long as the process runs, and leaves it at the end.</summary>
internal sealed class FleetService(ScreeningHandle screening, Troubles troubles, TimeProvider time, ILogger<FleetService> log)
    : NodeService(troubles, time, log)
{
    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
        if (screening.Fleet is { } fleet)
            await fleet.WaitForStartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Leaves the fleet, which has a limit of its own: the time that the doors took to drain does not count.</summary>
    public override Task StopAsync(CancellationToken cancellationToken) => base.StopAsync(CancellationToken.None);

    protected override Task RunAsync(CancellationToken stopping) =>
        screening.Fleet is { } fleet ? fleet.RunAsync(stopping) : Task.CompletedTask;
}
