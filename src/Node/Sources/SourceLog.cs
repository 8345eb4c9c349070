using Screening.Node.Telemetry;

namespace Screening.Node.Sources;

/// <summary>What the sources log. A state is logged when it is entered and when it is left, never per query.</summary>
internal static partial class SourceLog
{
    [LoggerMessage(EventIds.ResolversInUse, LogLevel.Information, "Resolvers in use: {Resolvers}")]
    public static partial void ResolversInUse(ILogger log, string resolvers);

    [LoggerMessage(EventIds.ResolverLost, LogLevel.Warning, "Resolver {Resolver} is lost: {Reason}")]
    public static partial void ResolverLost(ILogger log, string resolver, string reason);

    [LoggerMessage(EventIds.ResolverRegained, LogLevel.Information, "Resolver {Resolver} answers again")]
    public static partial void ResolverRegained(ILogger log, string resolver);

    [LoggerMessage(EventIds.SourceLost, LogLevel.Warning, "{Source} is lost: {Reason}")]
    public static partial void SourceLost(ILogger log, string source, string reason);

    [LoggerMessage(EventIds.SourceRegained, LogLevel.Information, "{Source} answers again")]
    public static partial void SourceRegained(ILogger log, string source);

    [LoggerMessage(EventIds.StderrLine, LogLevel.Warning, "Custom check {Check} wrote: {Line}")]
    public static partial void Stderr(ILogger log, string check, string line);

    [LoggerMessage(EventIds.StderrDropped, LogLevel.Warning, "Custom check {Check} wrote {Lines} more lines, which are not logged")]
    public static partial void StderrDropped(ILogger log, string check, int lines);
}
