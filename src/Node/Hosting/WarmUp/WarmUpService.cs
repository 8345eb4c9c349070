namespace Screening.Node.Hosting.WarmUp;

/// <summary>Holds the start of a host, and with it the doors that open after this service, until the code is warm.</summary>
internal sealed class WarmUpService(Task warm) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => warm;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
