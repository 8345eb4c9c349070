using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;

namespace Screening.Node.Telemetry.Otlp;

/// <summary>Spans into the lane; a thread of the library's sends them.</summary>
internal sealed class SpanQueue(LaneSpanExporter exporter, ExportLane lane, int delayMs, int timeoutMs)
    : BatchActivityExportProcessor(exporter, ExportLane.MaxWaiting + ExportLane.MaxBatch, delayMs, timeoutMs, ExportLane.MaxBatch)
{
    public override void OnEnd(Activity data)
    {
        if (data.Recorded && lane.TryEnter())
            base.OnEnd(data);
    }
}

/// <summary>Log lines into the lane, but those that <paramref name="isShown"/> leaves out, by their exception and template.</summary>
internal sealed class LogQueue(
    LaneLogExporter exporter, ExportLane lane, Func<Exception?, string?, bool> isShown, int delayMs, int timeoutMs)
    : BatchLogRecordExportProcessor(exporter, ExportLane.MaxWaiting + ExportLane.MaxBatch, delayMs, timeoutMs, ExportLane.MaxBatch)
{
    public override void OnEnd(LogRecord data)
    {
        if (isShown(data.Exception, data.Body) && lane.TryEnter())
            base.OnEnd(data);
    }
}

/// <summary>Sends spans, and tells the lane what came of it.</summary>
internal sealed class LaneSpanExporter(OtlpExporterOptions options, ExportLane lane) : OtlpTraceExporter(options)
{
    public override ExportResult Export(in Batch<Activity> activityBatch)
    {
        var count = activityBatch.Count;
        var result = base.Export(activityBatch);
        lane.Leave(count, result == ExportResult.Success);
        return result;
    }
}

/// <summary>Sends log lines, and tells the lane what came of it.</summary>
/// <param name="inner">It knows its resource, because a provider of its own carries it.</param>
internal sealed class LaneLogExporter(BaseExporter<LogRecord> inner, ExportLane lane) : BaseExporter<LogRecord>
{
    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        var count = batch.Count;
        var result = inner.Export(batch);
        lane.Leave(count, result == ExportResult.Success);
        return result;
    }

    protected override bool OnShutdown(int timeoutMilliseconds) => inner.Shutdown(timeoutMilliseconds);
}

/// <summary>Sends metrics, and tells the lane what came of it: a reading counts as one.</summary>
internal sealed class LaneMetricExporter(OtlpExporterOptions options, ExportLane lane) : OtlpMetricExporter(options)
{
    public override ExportResult Export(in Batch<Metric> metrics)
    {
        var result = base.Export(metrics);
        lane.Report(1, result == ExportResult.Success);
        return result;
    }
}

/// <summary>Reads metrics at an interval, after those were brought up to date that are looked up only when somebody asks.</summary>
internal sealed class FreshMetricReader(LaneMetricExporter exporter, MetricCatalogue catalogue, int intervalMs, int timeoutMs)
    : PeriodicExportingMetricReader(exporter, intervalMs, timeoutMs)
{
    protected override bool OnCollect(int timeoutMilliseconds)
    {
        catalogue.Refresh();
        return base.OnCollect(timeoutMilliseconds);
    }
}
