namespace Screening.Node.Hosting.Scripted;

/// <summary>For a node beside another part of the process, which alone hears the signals to it.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
