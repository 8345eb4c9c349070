using System.Globalization;
using Screening.Node.Endpoints;
using Serilog;
using Serilog.Events;

namespace Screening.Node.Hosting;

/// <summary>
/// The node's own log: short lines on standard error, written behind a bounded queue that drops rather than holds anybody up.
/// Standard output is for what the person who started the node is told.
/// </summary>
internal static class NodeLogging
{
    private const int QueueLength = 10_000;
    private const string NodeIsAway = "Tried to associate with unreachable remote address";

    public static void Configure(ILoggingBuilder logging)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Akka", LogEventLevel.Warning)
            .Enrich.FromLogContext()
            .Filter.ByExcluding(line => line.Exception is EndpointException) // The command says it, in one line.
            .Filter.ByExcluding(line => line.MessageTemplate.Text.StartsWith(NodeIsAway, StringComparison.Ordinal)) // Every second; members are told of elsewhere.
            .WriteTo.Async(
                sink => sink.Console(
                    outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}",
                    formatProvider: CultureInfo.InvariantCulture, standardErrorFromLevel: LogEventLevel.Verbose),
                bufferSize: QueueLength, blockWhenFull: false)
            .CreateLogger();
        logging.ClearProviders();
        logging.AddSerilog(logger, dispose: true);
    }
}
