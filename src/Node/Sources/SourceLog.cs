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
}
