using Screening.Node.Supervision;

namespace Screening.Node.Telemetry.Otlp;

/// <summary>
/// Begins and ends the export, and tells the operator when the collector no longer accepts something, and when it does again.
/// </summary>
internal sealed class OtlpService(OtlpExport export, NodeMetrics metrics, Troubles troubles, TimeProvider time, ILogger<OtlpService> log)
    : NodeService(troubles, time, log)
{
    private const string Part = "otlp";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A collector that hangs does not hold up the node's end for longer.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        export.Start(metrics);
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await export.StopAsync(StopLimit).ConfigureAwait(false);
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, Time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            Look();
    }

    private void Look()
    {
        var lanes = export.Lanes.Where(lane => lane.IsFailing).OrderBy(lane => lane.Word, StringComparer.Ordinal).ToList();
        var failing = string.Join(", ", lanes.Select(lane => lane.Word));
        var reason = string.Join("; ", lanes.Select(lane => lane.Reason).Distinct());
        var isKnown = Troubles.Find(Part) is not null;
        if (failing.Length > 0)
            Troubles.Report(Part, rung: 0, $"{Part}: {export.Endpoint} does not accept {failing}: {reason}");
        else
            Troubles.Clear(Part);
        if (failing.Length > 0 && !isKnown)
            log.CollectorLost(export.Endpoint, failing, reason);
        else if (failing.Length == 0 && isKnown)
            log.CollectorRegained(export.Endpoint, export.Lanes.Sum(lane => lane.Dropped));
    }
}
