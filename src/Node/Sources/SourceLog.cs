using Microsoft.Extensions.Logging;

namespace Screening.Node.Sources;

/// <summary>What the sources log. A state is logged when it is entered and when it is left, never per query.</summary>
internal static partial class SourceLog
{
    [LoggerMessage(3000, LogLevel.Information, "Resolvers in use: {Resolvers}")]
    public static partial void ResolversInUse(ILogger log, string resolvers);

    [LoggerMessage(3001, LogLevel.Warning, "Resolver {Resolver} is lost: {Reason}")]
    public static partial void ResolverLost(ILogger log, string resolver, string reason);

    [LoggerMessage(3002, LogLevel.Information, "Resolver {Resolver} answers again")]
    public static partial void ResolverRegained(ILogger log, string resolver);

    [LoggerMessage(3010, LogLevel.Warning, "{Source} is lost: {Reason}")]
    public static partial void SourceLost(ILogger log, string source, string reason);

    [LoggerMessage(3011, LogLevel.Information, "{Source} answers again")]
    public static partial void SourceRegained(ILogger log, string source);

    [LoggerMessage(3020, LogLevel.Warning, "Custom check {Check} wrote: {Line}")]
    public static partial void Stderr(ILogger log, string check, string line);

    [LoggerMessage(3021, LogLevel.Warning, "Custom check {Check} wrote {Lines} more lines, which are not logged")]
    public static partial void StderrDropped(ILogger log, string check, int lines);
}
