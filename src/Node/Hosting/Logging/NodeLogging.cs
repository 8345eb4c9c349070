using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Telemetry.Otlp;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;

namespace Screening.Node.Hosting.Logging;

/// <summary>
/// The node's own log: lines on standard error, written behind a bounded queue that drops rather than holds anybody up. Standard output is
/// for the person who started the node.
/// </summary>
internal static class NodeLogging
{
    private const int QueueLength = 10_000;

    // Akka writes it every second; that a member is away is told once (Cluster/Forming).
    private const string NodeIsAway = "Tried to associate with unreachable remote address";

    // What is still queued then is lost: whoever should read it does not.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Has the node's parts log there.</summary>
    /// <returns>To be given to <see cref="EndAsync"/>.</returns>
    public static IDisposable Configure(ILoggingBuilder logging, LogFormat format, OtlpExport? otlp)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Akka", LogEventLevel.Warning)
            .Enrich.FromLogContext()
            .Filter.ByExcluding(line => !IsShown(line.Exception, line.MessageTemplate.Text))
            .WriteTo.Async(
                sink => sink.Console(FormatterFor(format), standardErrorFromLevel: LogEventLevel.Verbose),
                bufferSize: QueueLength, blockWhenFull: false)
            .CreateLogger();
        logging.ClearProviders();
        logging.AddSerilog(logger, dispose: false);
        otlp?.AddLogs(logging, IsShown);
        return logger;
    }

    /// <summary>Writes what is queued. Does not wait long: a pipe that nobody reads must not keep a node from ending.</summary>
    public static Task EndAsync(IDisposable logger, TimeProvider time) =>
        Task.Run(logger.Dispose).WaitAsync(EndTimeout, time).ContinueWith(_ => { }, TaskScheduler.Default);

    // The command prints an endpoint's fault itself, in one line.
    private static bool IsShown(Exception? fault, string? template) =>
        fault is not EndpointException && template?.StartsWith(NodeIsAway, StringComparison.Ordinal) != true;

    private static ITextFormatter FormatterFor(LogFormat format)
    {
        var isJournal = JournalStream.IsStandardError();
        return format == LogFormat.Json ? new JsonLine(isJournal) : new TextLine(isJournal);
    }
}
