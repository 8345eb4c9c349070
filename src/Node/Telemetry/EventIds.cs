using Screening.Node.Supervision;

namespace Screening.Node.Telemetry;

/// <summary>
/// The event ids of the log, in ranges: 1000 endpoints, 2000 verdicts, 3000 checks, 4000 whitelist, 5000 cluster, 9000 process. Those of
/// Actors (<c>ClusterEventIds</c>) and of <see cref="SupervisionEventIds"/> stand there, because neither may use this folder.
/// A contract with operators: an id is retired with a note, never reused.
/// </summary>
internal static class EventIds
{
    // 1001 was one connection that was turned away, 1002 one that was closed; 1005 and 1006 tell them by number.
    public const int DatagramLost = 1003;
    public const int DatagramFault = 1004;
    public const int ConnectionsRefused = 1005;
    public const int ConnectionsClosed = 1006;
    public const int FewOpenFiles = 1007;
    public const int DataDirIsOpen = 1008;
    public const int ListingRefused = 1009;
    public const int Decided = 2001;
    public const int DecisionsLost = 2002;
    public const int PolicyShadow = 2003;
    public const int DecisionLogFault = 2004;
    public const int DecisionLogRegained = 2005;
    public const int ClientsConcentrated = 2006;
    public const int ClientsDistinct = 2007;
    public const int ResolversInUse = 3000;
    public const int ResolverLost = 3001;
    public const int ResolverRegained = 3002;
    public const int SourceLost = 3010;
    public const int SourceRegained = 3011;
    public const int StderrLine = 3020;
    public const int StderrDropped = 3021;
    public const int AccessReloaded = 4001;
    public const int AccessFault = 4002;
    public const int WhitelistChanged = 4003;
    public const int AuditFault = 4004;
    public const int ChangeRefused = 4005;
    public const int TokenFault = 4006;
    public const int ChangeUncertain = 4007;
    public const int ConfigurationReloaded = 9001;
    public const int ConfigurationFault = 9002;
    public const int RestartNeeded = 9003;
    public const int Draining = 9004;
    public const int RungEntered = 9005;
    public const int RungLeft = 9006;
    public const int ConfigurationWarning = 9007;
    public const int Degraded = 9008;
    public const int DegradedNoMore = 9009;

    // 9010 to 9013 are those of Supervision.
    public const int RehearsalFailed = 9014;
    public const int NodeDoesNotAnswer = 9015;
    public const int ServiceManagerLost = 9016;
    public const int DrainBegun = 9017;
    public const int DrainEnded = 9018;
    public const int CollectorLost = 9019;
    public const int CollectorRegained = 9020;
}
