using System.Diagnostics.Metrics;
using Prometheus;

namespace Screening.Node.Telemetry;

/// <summary>
/// The node's metrics by name: kept by prometheus-net, written as text for Prometheus, and shown to OpenTelemetry if that is asked for.
/// A counter or gauge has one value, which both read; a histogram's times are given to both.
/// </summary>
internal sealed class MetricCatalogue
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MetricFactory _factory;
    private readonly List<Counter> _counters = [];
    private readonly List<Gauge> _gauges = [];
    private readonly List<SecondsHistogram> _histograms = [];

    // Its own lock: Prometheus and OpenTelemetry ask by their own clocks.
    private readonly List<Action> _beforeCollect = [];

    public MetricCatalogue()
    {
        _factory = Metrics.WithCustomRegistry(_registry);
        _registry.AddBeforeCollectCallback(Refresh);
    }

    public Counter CreateCounter(string name, string help, params string[] labels) =>
        Add(_counters, _factory.CreateCounter(name, help, labels));

    public Gauge CreateGauge(string name, string help, params string[] labels) => Add(_gauges, _factory.CreateGauge(name, help, labels));

    /// <param name="buckets">Upper bounds, seconds.</param>
    public SecondsHistogram CreateHistogram(string name, string help, double[] buckets, params string[] labels)
    {
        var kept = _factory.CreateHistogram(name, help, new HistogramConfiguration { Buckets = buckets, LabelNames = labels });
        return Add(_histograms, new SecondsHistogram(kept, buckets));
    }

    /// <summary>Has something done before values are read, whoever reads them.</summary>
    public void BeforeCollect(Action action)
    {
        lock (_beforeCollect)
            _beforeCollect.Add(action);
    }

    /// <summary>Brings values up to date that are looked up only when somebody asks.</summary>
    public void Refresh()
    {
        lock (_beforeCollect)
            _beforeCollect.ForEach(static action => action());
    }

    /// <summary>Makes an instrument of the same name for each metric; units are in the names.</summary>
    public void ExportTo(Meter meter)
    {
        foreach (var counter in _counters)
        {
            meter.CreateObservableCounter(
                counter.Name, () => ValuesOf(counter, counter.GetAllLabelValues(), labels => counter.WithLabels(labels).Value), null,
                counter.Help);
        }

        foreach (var gauge in _gauges)
        {
            meter.CreateObservableGauge(
                gauge.Name, () => ValuesOf(gauge, gauge.GetAllLabelValues(), labels => gauge.WithLabels(labels).Value), null, gauge.Help);
        }

        foreach (var histogram in _histograms)
            histogram.ExportTo(meter);
    }

    /// <summary>Writes everything in Prometheus's text format.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellation) => _registry.CollectAndExportAsTextAsync(output, cancellation);

    private static T Add<T>(List<T> metrics, T metric)
    {
        metrics.Add(metric);
        return metric;
    }

    private static IEnumerable<Measurement<double>> ValuesOf(Collector metric, IEnumerable<string[]> children, Func<string[], double> value)
    {
        var names = metric.LabelNames;
        return (names.Length == 0 ? [[]] : children).Select(labels => new Measurement<double>(
            value(labels), names.Zip(labels, (name, label) => KeyValuePair.Create(name, (object?)label))));
    }
}

/// <summary>A histogram of times in seconds, with one label or none.</summary>
internal sealed class SecondsHistogram(Histogram kept, double[] buckets)
{
    // Null unless metrics are exported: verdicts from memory pass here.
    private Histogram<double>? _exported;

    /// <summary>Gives a time to OpenTelemetry alone: it is among those of a later <see cref="Keep"/>.</summary>
    public void Export(double seconds) => _exported?.Record(seconds);

    /// <summary>Adds times that fall into one bucket, as so many of their mean.</summary>
    public void Keep(double meanSeconds, long count) => kept.Observe(meanSeconds, count);

    public void Observe(double seconds, string label)
    {
        kept.WithLabels(label).Observe(seconds);
        _exported?.Record(seconds, KeyValuePair.Create(kept.LabelNames[0], (object?)label));
    }

    /// <summary>Gives times to OpenTelemetry as well, from now on.</summary>
    public void ExportTo(Meter meter) => _exported = meter.CreateHistogram(
        kept.Name, null, kept.Help, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
