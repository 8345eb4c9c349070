using System.Collections.Immutable;
using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Screening.Actors.Hosting;

/// <summary>What becomes of a line that Akka logs.</summary>
internal enum AkkaFate
{
    /// <summary>At level Debug: it is expected, or something of this project tells it in an operator's words.</summary>
    Quiet,

    /// <summary>As it is, at its own level: an operator should read it, and nothing else tells it.</summary>
    Shown,

    /// <summary>A connection to the cluster port came to nothing: counted, one line a minute.</summary>
    Refused,

    /// <summary>The same, where another line about the same connection was counted.</summary>
    RefusedAgain,

    /// <summary>A message of another node was dropped because it could not be read: counted, one line a minute for each node.</summary>
    Dropped,

    /// <summary>A connection to another node failed in its TLS handshake, which ends the cluster system.</summary>
    HandshakeFailed,
}

/// <summary>
/// The list of what Akka logs and what becomes of it. Akka's own lines are for people who know Akka: a node that leaves in good order causes
/// warnings, an operator's part of the story is in none of them. The join guard, the runner of the cluster system, the store's keeper and
/// the status tell that part.
/// </summary>
/// <remarks>
/// The first rule that fits counts. Without one, a line of level Info or Debug is quiet, and warnings and errors are shown: an unknown
/// warning is better read once too often. An error is quiet only by a rule with its words. Classes of this project are no subject of the
/// list: what they log is shown as it is.
/// </remarks>
internal static class AkkaLines
{
    private static readonly ImmutableArray<Rule> Rules =
    [
        // Remoting. That nodes come, go and do not answer is told by the join guard, from the members' states.
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "TLS handshake failed on channel", AkkaFate.Refused),
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "TLS exception on channel", AkkaFate.Refused),
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "Rejected incoming connection from", AkkaFate.RefusedAgain),
        new("Akka.Remote.Transport.DotNetty.TcpServerHandler", "Error caught channel", AkkaFate.Refused),
        new("Akka.Remote.Transport.DotNetty.TcpClientHandler", "TLS handshake failed on channel", AkkaFate.HandshakeFailed),
        new("Akka.Remote.Transport.DotNetty.", "Mutual TLS required but client did not provide a certificate", AkkaFate.RefusedAgain),
        new("Akka.Remote.Transport.DotNetty.", "Failed to bind to", AkkaFate.Quiet), // The runner tells why the cluster system cannot start.
        new("Akka.Remote.Transport.", "", AkkaFate.Quiet),
        new("Akka.Remote.EndpointReader", "Deserialization failed for message", AkkaFate.Dropped),
        new("Akka.Remote.", "", AkkaFate.Quiet),
        new("remoting", "", AkkaFate.Quiet),
        new("akka://fleet/system/endpointManager", "Disassociated", AkkaFate.Quiet),

        // Membership is told by the join guard, a split's end by the runner.
        new("Akka.Cluster.SBR.", "", AkkaFate.Quiet),
        new("Akka.Cluster.Tools.", "", AkkaFate.Quiet),

        // Shards move when nodes come and go. Whatever is under way to one meanwhile is not waited for, and its sender's own checks answer.
        new("Akka.Cluster.Sharding.", "", AkkaFate.Quiet),
        new("Akka.DistributedData.", "", AkkaFate.Quiet),
        new("Akka.Cluster.", "", AkkaFate.Quiet),

        // The store's keeper tells when the store cannot be used and when it can again; what waits to be stored is in the status.
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
        line.LogClass?.FullName ?? "", line.LogSource ?? "", line.Message is LogMessage message ? message.Format : line.Message?.ToString() ?? "",
        LevelOf(line));

    public static LogLevel LevelOf(LogEvent line) => line.LogLevel() switch
    {
        Akka.Event.LogLevel.DebugLevel => LogLevel.Debug,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    /// <param name="Source">Begins the full name of a class, an actor's path or the name under which is logged.</param>
    /// <param name="Template">Begins the line, with its placeholders; empty: any that is no error.</param>
    private sealed record Rule(string Source, string Template, AkkaFate Fate)
    {
        public bool Fits(string type, string place, string template, LogLevel level) =>
            (type.StartsWith(Source, StringComparison.Ordinal) || place.StartsWith(Source, StringComparison.Ordinal))
            && (Template.Length == 0 ? level < LogLevel.Error : template.StartsWith(Template, StringComparison.Ordinal));
    }
}
