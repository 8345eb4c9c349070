using Screening.Actors.Hosting;

namespace Screening.Node.Hosting;

/// <summary>Keeps this node in the fleet for as long as the process runs, and leaves it at the end.</summary>
internal sealed class FleetService(ScreeningHandle screening) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
        if (screening.Fleet is { } fleet)
            await fleet.WaitForStoreAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        screening.Fleet is { } fleet ? fleet.RunAsync(stoppingToken) : Task.CompletedTask;
}
