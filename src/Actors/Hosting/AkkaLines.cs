using System.Collections.Immutable;
using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Screening.Actors.Hosting;

/// <summary>What happens to a line that Akka logs.</summary>
internal enum AkkaFate
{
    /// <summary>Logged at level Debug: it is expected, or a line of this project reports it.</summary>
    Quiet,

    /// <summary>Logged as it is: an operator should read it, and no other line reports it.</summary>
    Shown,

    /// <summary>A refused connection to the cluster port: counted, one line a minute.</summary>
    Refused,

    /// <summary>The same if there is no TLS; with TLS its handshake tells the same.</summary>
    RefusedIfPlain,

    /// <summary>The same, where another line about the same connection was counted.</summary>
    RefusedAgain,

    /// <summary>A message of another node was dropped because it could not be read: counted, one line a minute for each node.</summary>
    Dropped,

    /// <summary>A connection to another node failed in its TLS handshake, which ends the cluster system.</summary>
    HandshakeFailed,
}

/// <summary>
/// The list of what Akka logs and what happens to it. Akka's lines are written for people who know Akka: a node that leaves in good order
/// causes warnings, and none of them says what it means to an operator. The join guard, the runner of the cluster system, the keeper of the
/// store and the status do.
/// </summary>
/// <remarks>
/// The first rule that fits counts. Without one, a line of level Info or Debug is quiet, and warnings and errors are shown: an unknown
/// warning is better shown once too often. An error is quiet only if a rule has its text. Lines of this project's own classes are always
/// shown as they are.
/// </remarks>
internal static class AkkaLines
{
    private static readonly ImmutableArray<Rule> Rules =
    [
        // Remoting. The join guard reports nodes that come, leave or do not answer.
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "TLS handshake failed on channel", AkkaFate.Refused),
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "TLS exception on channel", AkkaFate.Refused),
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "Rejected incoming connection from", AkkaFate.RefusedAgain),
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "Error caught channel", AkkaFate.RefusedIfPlain),
        new("Akka.Remote.Transport.DotNetty.TcpClientHandler", "TLS handshake failed on channel", AkkaFate.HandshakeFailed),
        new("Akka.Remote.Transport.DotNetty.", "Mutual TLS required but client did not provide a certificate", AkkaFate.RefusedAgain),
        // The runner reports why the cluster system cannot start.
        new("Akka.Remote.Transport.DotNetty.", "Failed to bind to", AkkaFate.Quiet),
        new("Akka.Remote.Transport.", "", AkkaFate.Quiet),
        new("Akka.Remote.EndpointReader", "Deserialization failed for message", AkkaFate.Dropped),
        new("Akka.Remote.", "", AkkaFate.Quiet),
        new("remoting", "", AkkaFate.Quiet),
        new("akka://fleet/system/endpointManager", "Disassociated", AkkaFate.Quiet),
        new("", "No response from remote for inbound association", AkkaFate.Quiet),
        new("", "No response from remote for outbound association", AkkaFate.Quiet),

        // The join guard reports members; the runner reports the end of the cluster system.
        new("Akka.Cluster.SBR.", "", AkkaFate.Quiet),
        new("Akka.Cluster.Tools.", "", AkkaFate.Quiet),

        // Shards move when nodes come and go. Nobody waits for a message that is lost meanwhile: the sender's own checks answer.
        new("Akka.Cluster.Sharding.", "", AkkaFate.Quiet),
        new("Akka.DistributedData.", "", AkkaFate.Quiet),
        new("Akka.Cluster.", "", AkkaFate.Quiet),

        // The keeper of the store reports when it cannot be used and when it can again; the status has what waits to be stored.
        new("Akka.Persistence.", "", AkkaFate.Quiet),
        new("Akka.Pattern.CircuitBreaker", "", AkkaFate.Quiet),
        new("Akka.Coordination.", "", AkkaFate.Quiet),

        // A node that stops says so itself.
        new("Akka.Actor.CoordinatedShutdown", "", AkkaFate.Quiet),
        new("Akka.Event.DeadLetterListener", "", AkkaFate.Quiet),
    ];

    /// <summary>Says what becomes of a line.</summary>
    /// <param name="type">Full name of the class that logged it.</param>
    /// <param name="place">The actor's path, or the name under which it was logged.</param>
    /// <param name="template">The line with its placeholders.</param>
    public static AkkaFate FateOf(string type, string place, string template, LogLevel level)
    {
        foreach (var rule in Rules)
        {
            if (rule.Fits(type, place, template, level))
                return rule.Fate;
        }

        return level >= LogLevel.Warning ? AkkaFate.Shown : AkkaFate.Quiet;
    }

    /// <summary>Says what becomes of a line.</summary>
    public static AkkaFate FateOf(LogEvent line) => FateOf(
        line.LogClass?.FullName ?? "", line.LogSource ?? "",
        line.Message is LogMessage message ? message.Format : line.Message?.ToString() ?? "",
        LevelOf(line));

    public static LogLevel LevelOf(LogEvent line) => line.LogLevel() switch
    {
        Akka.Event.LogLevel.DebugLevel => LogLevel.Debug,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    /// <param name="Source">Begins the full name of a class, an actor's path or the name that a line is logged under; empty: any.</param>
    /// <param name="Template">Begins the line, with its placeholders; empty: any line but an error.</param>
    private sealed record Rule(string Source, string Template, AkkaFate Fate)
    {
        public bool Fits(string type, string place, string template, LogLevel level) =>
            (type.StartsWith(Source, StringComparison.Ordinal) || place.StartsWith(Source, StringComparison.Ordinal))
            && (Template.Length == 0 ? level < LogLevel.Error : template.StartsWith(Template, StringComparison.Ordinal));
    }
}
