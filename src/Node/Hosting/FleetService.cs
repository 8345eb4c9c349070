using Screening.Actors.Hosting;

namespace Screening.Node.Hosting;

/// <summary>Keeps this node in the fleet for as long as the process runs, and leaves it at the end.</summary>
internal sealed class FleetService(ScreeningHandle screening) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        screening.Fleet is { } fleet ? fleet.RunAsync(stoppingToken) : Task.CompletedTask;
}
