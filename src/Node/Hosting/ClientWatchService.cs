using System.Globalization;
using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;

namespace Screening.Node.Hosting;

/// <summary>Looks at the clients of each slice of time, and tells the operator when verdicts are suspended and when no longer.</summary>
internal sealed class ClientWatchService(
    ScreeningHandle screening, AddressView addresses, Troubles troubles, TimeProvider time, ILogger<ClientWatchService> log)
    : NodeService(troubles, time, log)
{
    private const string Part = "clients";

    // What is suspended takes the place of all checks.
    private const int Rung = 5;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        var watch = screening.Screener.Clients;
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(watch.Settings.SuspendWindow / ClientWatch.Slices, Time, stopping).ConfigureAwait(false);
            var hasChanged = watch.Tick();
            if (watch.IsSuspended)
                Tell(watch.Share, hasChanged);
            else if (hasChanged)
                TellEnd();
        }
    }

    private void Tell(in ClientShare share, bool isNew)
    {
        var percent = share.Shared * 100 / Math.Max(1, share.Queries);
        var most = addresses.Show(share.Most);
        if (isNew)
            log.ClientsConcentrated(percent, share.Queries, share.Addresses, most);
        Troubles.Report(Part, Rung, string.Create(
            CultureInfo.InvariantCulture,
            $"clients: {percent} % of {share.Queries} queries name {share.Addresses} private or proxy addresses, most often {most};"
            + $" verdicts about such addresses are suspended, because clients' own addresses do not arrive"));
    }

    private void TellEnd()
    {
        var since = Troubles.Find(Part)?.Since ?? Time.GetUtcNow();
        Troubles.Clear(Part);
        log.ClientsDistinct((Time.GetUtcNow() - since).TotalSeconds);
    }
}
