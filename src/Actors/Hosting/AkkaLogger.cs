using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using Screening.Actors.Cluster;
using Screening.Protocol.Vocabulary;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Screening.Actors.Hosting;

/// <summary>Where an actor system logs to.</summary>
internal sealed class AkkaLoggerSetup(ILoggerFactory loggers, PeerFaults? faults = null, bool usesTls = false) : Setup
{
    public ILoggerFactory Loggers { get; } = loggers;

    /// <summary>Counts what other nodes and strangers cause; null: the system has no port.</summary>
    public PeerFaults? Faults { get; } = faults;

    public bool UsesTls { get; } = usesTls;
}

/// <summary>Stands where Akka writes to the standard output by itself, before its loggers start and after they have stopped.</summary>
internal sealed class NoStandardOutput : MinimalLogger
{
    protected override void Log(object message)
    {
    }
}

/// <summary>
/// Passes on what an actor system logs, as <see cref="AkkaLines"/> says. Lines of this project's own actors keep their class as the
/// category.
/// </summary>
internal sealed class AkkaLogger : ActorBase, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private const string Category = "Akka";
    private const int MaxLength = 500;

    private readonly AkkaLoggerSetup _setup = Context.System.Settings.Setup.Get<AkkaLoggerSetup>().Value;
    private readonly Dictionary<Type, ILogger> _own = [];
    private readonly ILogger _akka;

    public AkkaLogger() => _akka = _setup.Loggers.CreateLogger(Category);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent line:
                Write(line);
                return true;
            default:
                return false;
        }
    }

    private void Write(LogEvent line)
    {
        if (line.LogClass is { } source && source.Assembly == typeof(AkkaLogger).Assembly)
        {
            Pass(LoggerOf(source), AkkaLines.LevelOf(line), line);
            return;
        }

        switch (AkkaLines.FateOf(line))
        {
            case AkkaFate.Shown:
                Pass(_akka, AkkaLines.LevelOf(line), line);
                break;
            case AkkaFate.Refused when !HungUp(line):
            case AkkaFate.RefusedIfPlain when !_setup.UsesTls:
                _setup.Faults?.Refuse(PeerOf(line), ReasonOf(line));
                goto default;
            case AkkaFate.Dropped:
                _setup.Faults?.Drop(NodeOf(line), ReasonOf(line));
                goto default;
            case AkkaFate.HandshakeFailed:
                _setup.Faults?.FailToConnect(PeerOf(line), ReasonOf(line));
                goto default;
            default:
                Pass(_akka, LogLevel.Debug, line);
                break;
        }
    }

    private ILogger LoggerOf(Type source) =>
        _own.TryGetValue(source, out var known) ? known : _own[source] = _setup.Loggers.CreateLogger(source.FullName!);

    // Akka's texts have several lines and repeat what peers sent.
    private static void Pass(ILogger logger, LogLevel level, LogEvent line)
    {
        if (logger.IsEnabled(level))
            logger.Log(level, default, PeerText.Clean(line.Message?.ToString() ?? "", MaxLength), line.Cause, static (text, _) => text);
    }

    // The other side closed the connection during the handshake, as those do that only try whether the port is open.
    private static bool HungUp(LogEvent line) => line.Cause?.GetBaseException() is IOException { Message: "Channel is closed" };

    // The second of the channel's two addresses.
    private static string PeerOf(LogEvent line) =>
        line.Message is LogMessage message ? message.Parameters().ElementAtOrDefault(1)?.ToString() ?? "" : "";

    private static string ReasonOf(LogEvent line) => line.Cause?.GetBaseException() switch
    {
        null => "",
        // Followed by what it sent.
        { Message: var text } when text.StartsWith("not an SSL/TLS record", StringComparison.Ordinal) => "it does not speak TLS",
        { Message: var text } => text,
    };

    // The reader of a connection bears the address of the node at its other end in its name.
    private static string NodeOf(LogEvent line)
    {
        var source = Uri.UnescapeDataString(line.LogSource ?? "");
        var at = source.LastIndexOf('@');
        return at < 0 ? source : source[(at + 1)..].Split('-', '/', ']')[0];
    }
}
