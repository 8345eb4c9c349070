using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Screening.Actors.Screening;
using Screening.Node.Supervision;
using Screening.Protocol.Vocabulary;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Screening.Node.Telemetry;

/// <summary>Where the decision log lies and how much of it is kept.</summary>
internal sealed record DecisionLogSettings(string Folder, TimeSpan Keep, string Node, AddressView Addresses);

/// <summary>
/// Hears of decisions and checks. Counting is done at once; writing happens on a task of its own behind a bounded queue, so that no
/// answer ever waits for a disk. What does not fit the queue is counted and said.
/// </summary>
internal sealed class DecisionLog : NodeService, IScreeningObserver
{
    private const int QueueLength = 16_384;
    private const long MaxFileBytes = 256L * 1024 * 1024;

    private readonly Channel<(DateTimeOffset Time, Decision Decision)> _queue =
        Channel.CreateBounded<(DateTimeOffset, Decision)>(new BoundedChannelOptions(QueueLength) { SingleReader = true });

    private readonly NodeMetrics _metrics;
    private readonly DecisionLogSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<DecisionLog> _console;
    private readonly ArrayBufferWriter<byte> _line = new(1024);
    private long _lost;

    public DecisionLog(NodeMetrics metrics, DecisionLogSettings settings, Troubles troubles, TimeProvider time, ILogger<DecisionLog> console)
        : base(troubles, time, console)
    {
        _metrics = metrics;
        _settings = settings;
        _time = time;
        _console = console;
    }

    public void Decided(in Decision decision)
    {
        _metrics.Decided(decision);
        if (_queue.Writer.TryWrite((_time.GetUtcNow(), decision)))
            return;
        _metrics.DecisionLost();
        Interlocked.Increment(ref _lost);
    }

    public void Shed(Door door) => _metrics.Shed();

    public void CheckEnded(string check, CheckResult result, TimeSpan elapsed) => _metrics.CheckEnded(check, result, elapsed);

    public void DnsblQueried(string list) => _metrics.DnsblQueried(list);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } writing)
            await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        await using var file = new LoggerConfiguration()
            .WriteTo.File(
                new JsonLine(), Path.Combine(_settings.Folder, "decisions-.jsonl"), rollingInterval: RollingInterval.Day,
                rollOnFileSizeLimit: true, fileSizeLimitBytes: MaxFileBytes, retainedFileCountLimit: null,
                retainedFileTimeLimit: _settings.Keep, encoding: new UTF8Encoding(false))
            .CreateLogger();
        await foreach (var (time, decision) in _queue.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            Write(file, time, decision);
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
                _console.DecisionsLost(lost);
        }
    }

    private void Write(Logger file, DateTimeOffset time, in Decision decision)
    {
        var client = _settings.Addresses.Show(decision.Query.Client);
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
            Shapes.WriteVerdict(json, decision, _settings.Node, time, client);
        file.Write(JsonLine.EventOf(time, Encoding.UTF8.GetString(_line.WrittenSpan)));

        // The console shows what was worked for; hits are in the file.
        if (decision.Verdict.Source is not VerdictSource.Near)
        {
            _console.Decided(
                decision.Verdict.Action.Word(), client, decision.Verdict.Score, decision.Verdict.TtlSeconds, decision.Verdict.Source.Word(),
                decision.Query.Door.Word(), Shapes.Milliseconds(decision.Elapsed), decision.Reason);
        }
    }

    // Serilog rotates and retains; the line itself is ready made.
    private sealed class JsonLine : ITextFormatter
    {
        private static readonly MessageTemplate NoTemplate = new([]);

        public static LogEvent EventOf(DateTimeOffset time, string line) =>
            new(time, LogEventLevel.Information, null, NoTemplate, [new LogEventProperty("Line", new ScalarValue(line))]);

        public void Format(LogEvent logEvent, TextWriter output)
        {
            output.Write((string)((ScalarValue)logEvent.Properties["Line"]).Value!);
            output.Write('\n');
        }
    }
}
