using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Screening.Node.Configuration;

namespace Screening.Node.Telemetry.Otlp;

/// <summary>
/// What is sent to an OpenTelemetry collector. There is none of this while <c>otlp.endpoint</c> is empty: no listener, no queue, no thread.
/// </summary>
/// <remarks>
/// That addresses of clients leave the host, and where to, must be read in the node's own configuration. Of the standard variables only
/// <c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c> and <c>OTEL_SDK_DISABLED</c> count.
/// </remarks>
internal sealed class OtlpExport : IDisposable
{
    // Spans and log lines wait so long for others to be sent with.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly OtlpOptions _options;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _headers;
    private readonly ResourceBuilder _resource;
    private readonly ImmutableDictionary<OtlpSignal, ExportLane> _lanes;
    private readonly List<IDisposable> _providers = [];
    private readonly List<Func<int, bool>> _shutdowns = [];

    private OtlpExport(ScreeningOptions options, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        (_options, _headers) = (options.Otlp, headers);
        _lanes = options.Otlp.Signals.Distinct().ToImmutableDictionary(signal => signal, signal => new ExportLane(signal));
        _resource = ResourceBuilder.CreateEmpty()
            .AddService("screening", serviceVersion: NodeStatus.Version, serviceInstanceId: options.Node.Name)
            .AddEnvironmentVariableDetector();
        Traces = _lanes.ContainsKey(OtlpSignal.Traces) ? new DecisionTraces() : null;
    }

    /// <summary>Where to, without secrets.</summary>
    public string Endpoint => _options.Endpoint!.ToString()!;

    /// <summary>One for each signal that is sent.</summary>
    public IEnumerable<ExportLane> Lanes => _lanes.Values;

    /// <summary>Makes spans of decisions; null: they are not sent.</summary>
    public DecisionTraces? Traces { get; }

    /// <summary>Null: nothing is to be sent.</summary>
    public static OtlpExport? Of(ScreeningOptions options)
    {
        if (options.Otlp.Endpoint is null || options.Otlp.Signals.IsEmpty)
            return null;
        var file = options.Otlp.HeadersFile;
        return new OtlpExport(options, file.Length > 0 && HeaderLines.TryRead(file, out var headers, out _) ? headers : []);
    }

    /// <summary>Has the node's log sent as well.</summary>
    /// <param name="isShown">False for an exception and template that the log on standard error leaves out, too.</param>
    public void AddLogs(ILoggingBuilder logging, Func<Exception?, string?, bool> isShown)
    {
        if (!_lanes.TryGetValue(OtlpSignal.Logs, out var lane))
            return;

        // The exporter learns its resource from the provider that it is put into; between it and the real one stands the lane.
        var exporter = new OtlpLogExporter(ExporterOptions("logs", lane));
        _providers.Add(LoggerFactory.Create(carrier => carrier.AddOpenTelemetry(
            log => log.SetResourceBuilder(_resource).AddProcessor(new SimpleLogRecordExportProcessor(exporter)))));
        var queue = new LogQueue(new LaneLogExporter(exporter, lane), lane, isShown, Milliseconds(Delay), Milliseconds(_options.Timeout));
        _shutdowns.Add(queue.Shutdown);
        logging.AddFilter<OpenTelemetryLoggerProvider>("Microsoft", LogLevel.Warning);
        logging.AddFilter<OpenTelemetryLoggerProvider>("Akka", LogLevel.Warning);
        logging.AddOpenTelemetry(log =>
        {
            log.SetResourceBuilder(_resource);
            log.IncludeFormattedMessage = true;
            log.AddProcessor(queue);
        });
    }

    /// <summary>Begins with metrics and traces.</summary>
    public void Start(NodeMetrics metrics)
    {
        if (_lanes.TryGetValue(OtlpSignal.Traces, out var spans))
            StartTraces(spans);
        if (_lanes.TryGetValue(OtlpSignal.Metrics, out var readings))
            StartMetrics(readings, metrics);
        foreach (var lane in Lanes)
            metrics.CountDropped(lane.Word, () => lane.Dropped);
    }

    /// <summary>Sends what waits, all signals at the same time, and ends.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        await Task.WhenAll(_shutdowns.Select(shutdown => Task.Run(() => shutdown(Milliseconds(limit))))).ConfigureAwait(false);
        Dispose();
    }

    public void Dispose()
    {
        foreach (var provider in _providers)
            provider.Dispose();
        _providers.Clear();
        Traces?.Dispose();
    }

    private static int Milliseconds(TimeSpan span) => (int)span.TotalMilliseconds;

    private void StartTraces(ExportLane lane)
    {
        var queue = new SpanQueue(
            new LaneSpanExporter(ExporterOptions("traces", lane), lane), lane, Milliseconds(Delay), Milliseconds(_options.Timeout));
        var provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(_resource)
            .AddSource(DecisionTraces.SourceName)
            .SetSampler(new TraceIdRatioBasedSampler(_options.Sampling / 100d))
            .AddProcessor(queue)
            .Build();
        _providers.Add(provider);
        _shutdowns.Add(provider.Shutdown);
    }

    private void StartMetrics(ExportLane lane, NodeMetrics metrics)
    {
        var meter = new Meter(DecisionTraces.SourceName, NodeStatus.Version);
        var reader = new FreshMetricReader(
            new LaneMetricExporter(ExporterOptions("metrics", lane), lane), metrics.ExportTo(meter), Milliseconds(_options.Interval),
            Milliseconds(_options.Timeout));
        var provider = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(_resource).AddMeter(meter.Name).AddReader(reader).Build();
        _providers.Add(provider);
        _providers.Add(meter);
        _shutdowns.Add(provider.Shutdown);
    }

    private OtlpExporterOptions ExporterOptions(string path, ExportLane lane)
    {
        var endpoint = _options.Endpoint!.Reveal();
        var isGrpc = _options.Protocol == OtlpProtocol.Grpc;
        return new OtlpExporterOptions
        {
            Endpoint = new Uri(isGrpc ? endpoint : $"{endpoint.TrimEnd('/')}/v1/{path}"),
            Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            // The library would split a value at its commas.
            Headers = "",
            HttpClientFactory = () => CreateClient(lane),
            TimeoutMilliseconds = Milliseconds(_options.Timeout),
        };
    }

    private HttpClient CreateClient(ExportLane lane)
    {
        var client = new HttpClient(new FaultNotes(lane)) { Timeout = _options.Timeout };
        foreach (var (name, value) in _headers)
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        return client;
    }
}
