namespace Screening.Node.Telemetry;

/// <summary>The log lines of the node; the sources have theirs beside them.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(EventIds.ConnectionsRefused, LogLevel.Warning,
        "Refused connections at the {Door} door: {Count}, the latest from {Peer}: {Reason}")]
    public static partial void ConnectionsRefused(this ILogger log, long count, string door, string peer, string reason);

    [LoggerMessage(EventIds.ConnectionsClosed, LogLevel.Information,
        "Closed connections at the {Door} door: {Count}, the latest from {Peer}: {Fault}")]
    public static partial void ConnectionsClosed(this ILogger log, long count, string door, string peer, string fault);

    [LoggerMessage(EventIds.DataDirIsOpen, LogLevel.Warning,
        "Other users of this host can use {Folder} (node.data_dir, mode {Mode}), where clients' addresses are kept."
        + " To keep them out: chmod o= {Folder}")]
    public static partial void DataDirIsOpen(this ILogger log, string folder, string mode);

    [LoggerMessage(EventIds.FewOpenFiles, LogLevel.Warning,
        "The system lets this process open {Files} files (RLIMIT_NOFILE), but limits.connections at {Doors} doors needs {Needed}:"
        + " each door now takes {Connections} connections at most."
        + " Raise the limit (LimitNOFILE= in systemd, ulimit -n) or lower limits.connections")]
    public static partial void FewOpenFiles(this ILogger log, long files, int doors, long needed, int connections);

    [LoggerMessage(EventIds.DatagramLost, LogLevel.Debug, "An answer of the DNSBL zone could not be sent: {Fault}")]
    public static partial void DatagramLost(this ILogger log, string fault);

    [LoggerMessage(EventIds.DatagramFault, LogLevel.Error, "A request to the DNSBL zone could not be answered")]
    public static partial void DatagramFault(this ILogger log, Exception fault);

    [LoggerMessage(EventIds.Decided, LogLevel.Information,
        "{Action} {Client} score {Score} ttl {Ttl} {Source} {Completeness} via {Door} in {ElapsedMs} ms: {Reason}")]
    public static partial void Decided(
        this ILogger log, string action, string client, int score, int ttl, string source, string completeness, string door,
        double elapsedMs, string reason);

    [LoggerMessage(EventIds.DecisionsLost, LogLevel.Warning, "{Count} decisions were not logged: the decision log cannot keep up")]
    public static partial void DecisionsLost(this ILogger log, long count);

    [LoggerMessage(EventIds.DecisionLogFault, LogLevel.Error,
        "The decision log cannot be written; {Count} decisions are lost so far: {Fault}")]
    public static partial void DecisionLogFault(this ILogger log, long count, string fault);

    [LoggerMessage(EventIds.DecisionLogRegained, LogLevel.Information, "The decision log is written again; {Count} decisions were lost")]
    public static partial void DecisionLogRegained(this ILogger log, long count);

    [LoggerMessage(EventIds.PolicyShadow, LogLevel.Information, "policy.shadow: {Client} would have been answered {Action}")]
    public static partial void PolicyShadow(this ILogger log, string client, string action);

    [LoggerMessage(EventIds.AccessReloaded, LogLevel.Information, "Permanent lists reloaded: {Lines} lines")]
    public static partial void AccessReloaded(this ILogger log, int lines);

    [LoggerMessage(EventIds.AccessFault, LogLevel.Warning, "Permanent lists not reloaded, those in use stay: {Fault}")]
    public static partial void AccessFault(this ILogger log, string fault);

    [LoggerMessage(EventIds.WhitelistChanged, LogLevel.Information, "{Author} via {Via}: {Change}{Details}")]
    public static partial void WhitelistChanged(this ILogger log, string author, string via, string change, string details);

    [LoggerMessage(EventIds.ChangeUncertain, LogLevel.Warning, "{Author} via {Via}: {Change} may hold in part: {Fault}")]
    public static partial void ChangeUncertain(this ILogger log, string author, string via, string change, string fault);

    [LoggerMessage(EventIds.AuditFault, LogLevel.Error, "A change is not in the audit log, but it holds: {Fault}")]
    public static partial void AuditFault(this ILogger log, string fault);

    [LoggerMessage(EventIds.ChangeRefused, LogLevel.Warning, "Refused changes: {Count}, the latest from {Peer}: {Reason}")]
    public static partial void ChangesRefused(this ILogger log, long count, string peer, string reason);

    [LoggerMessage(EventIds.ListingRefused, LogLevel.Warning, "Refused lists of clients: {Count}, the latest to {Peer}: {Reason}")]
    public static partial void ListsRefused(this ILogger log, long count, string peer, string reason);

    [LoggerMessage(EventIds.TokenFault, LogLevel.Error, "http.token_file cannot be read, so no token is accepted: {Fault}")]
    public static partial void TokenFault(this ILogger log, string fault);

    [LoggerMessage(EventIds.ConfigurationReloaded, LogLevel.Information, "Configuration reloaded")]
    public static partial void ConfigurationReloaded(this ILogger log);

    [LoggerMessage(EventIds.ConfigurationFault, LogLevel.Error, "Configuration not reloaded, the settings in use stay: {Fault}")]
    public static partial void ConfigurationFault(this ILogger log, string fault);

    [LoggerMessage(EventIds.ConfigurationWarning, LogLevel.Warning, "Configuration: {Warning}")]
    public static partial void ConfigurationWarning(this ILogger log, string warning);

    [LoggerMessage(EventIds.RestartNeeded, LogLevel.Warning, "{Settings} changed; the change takes effect after a restart")]
    public static partial void RestartNeeded(this ILogger log, string settings);

    [LoggerMessage(EventIds.Draining, LogLevel.Information, "Draining: no new connections, pending queries are answered")]
    public static partial void Draining(this ILogger log);

    [LoggerMessage(EventIds.ClientsConcentrated, LogLevel.Warning,
        "Clients' addresses do not arrive: {Percent} % of {Queries} queries name {Addresses} private or proxy addresses, most often"
        + " {Address}. Verdicts about such addresses are suspended. Have the load balancer pass on clients' addresses; if the address is a"
        + " relay of yours, permit it (access.permit)")]
    public static partial void ClientsConcentrated(this ILogger log, long percent, long queries, int addresses, string address);

    [LoggerMessage(EventIds.ClientsDistinct, LogLevel.Information,
        "Clients' addresses arrive again: verdicts about private and proxy addresses were suspended for {Seconds} s")]
    public static partial void ClientsDistinct(this ILogger log, double seconds);

    [LoggerMessage(EventIds.DrainBegun, LogLevel.Information,
        "{Author} via {Via}: drain begun; /readyz answers 503 from now on, the doors still answer")]
    public static partial void DrainBegun(this ILogger log, string author, string via);

    [LoggerMessage(EventIds.DrainEnded, LogLevel.Information, "{Author} via {Via}: drain undone; /readyz answers 200 again")]
    public static partial void DrainEnded(this ILogger log, string author, string via);

    [LoggerMessage(EventIds.CollectorLost, LogLevel.Warning,
        "The collector {Endpoint} (otlp.endpoint) does not accept {Signals}: {Reason}")]
    public static partial void CollectorLost(this ILogger log, string endpoint, string signals, string reason);

    [LoggerMessage(EventIds.CollectorRegained, LogLevel.Information,
        "The collector {Endpoint} accepts everything again; {Count} spans, log lines and readings of metrics were dropped since the start")]
    public static partial void CollectorRegained(this ILogger log, string endpoint, long count);

    [LoggerMessage(EventIds.RungEntered, LogLevel.Warning, "Rung {Rung} entered: {What}")]
    public static partial void RungEntered(this ILogger log, int rung, string what);

    [LoggerMessage(EventIds.RungLeft, LogLevel.Information, "Rung {Rung} left after {Seconds} s")]
    public static partial void RungLeft(this ILogger log, int rung, double seconds);

    [LoggerMessage(EventIds.Degraded, LogLevel.Warning, "Worth a look: {What}")]
    public static partial void Degraded(this ILogger log, string what);

    [LoggerMessage(EventIds.DegradedNoMore, LogLevel.Information, "Over after {Seconds} s: {What}")]
    public static partial void DegradedNoMore(this ILogger log, double seconds, string what);
}
