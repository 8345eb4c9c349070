using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Custom;

/// <summary>Asks a custom check: another plug-in, a URL or a program.</summary>
public interface ICustomTransport
{
    /// <summary>Asks once.</summary>
    /// <exception cref="SourceException">No usable answer.</exception>
    Task<CustomReply> AskAsync(CheckSubject subject, TimeSpan timeout, CancellationToken cancellation);
}

/// <summary>A custom check's answer.</summary>
/// <param name="Action">Its opinion.</param>
/// <param name="TtlSeconds">How long the opinion holds, seconds; null when it gave no lifetime.</param>
/// <param name="Score">Its own score, which counts instead of the configured weight; null when it gave none.</param>
/// <param name="Reason">Why, in its own words, at most 200 characters; null when it gave none.</param>
public sealed record CustomReply(VerdictAction Action, int? TtlSeconds, int? Score, string? Reason);
