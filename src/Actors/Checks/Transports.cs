using System.Collections.Immutable;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

// What the check actors need from the outside world. Node implements these; tests use fakes.
// Every call ends by its timeout, with an answer or with a SourceException: it never hangs and never throws anything else,
// except OperationCanceledException when its token is cancelled.

/// <summary>Asks a DNS resolver.</summary>
public interface IDnsTransport
{
    /// <summary>Asks for the A records of a fully qualified name.</summary>
    /// <param name="name">Name without trailing dot, such as <c>2.0.0.127.zen.spamhaus.org</c>.</param>
    /// <param name="timeout">Longest time the answer may take, retries included.</param>
    /// <exception cref="SourceException">No usable answer: timeout, SERVFAIL, REFUSED, unreachable.</exception>
    Task<DnsAnswer> QueryAddressesAsync(string name, TimeSpan timeout, CancellationToken cancellation);

    /// <summary>Asks for the TXT records of a name. Empty when there are none.</summary>
    /// <exception cref="SourceException">No usable answer.</exception>
    Task<ImmutableArray<string>> QueryTextAsync(string name, TimeSpan timeout, CancellationToken cancellation);
}

/// <summary>A resolver's answer to an A query.</summary>
/// <param name="Codes">All A records, CNAMEs followed; empty for NXDOMAIN and for no data.</param>
/// <param name="TtlSeconds">Lowest TTL of the A records, or the SOA record's own TTL when there are none; null when unknown.</param>
public sealed record DnsAnswer(ImmutableArray<AnswerCode> Codes, int? TtlSeconds);

/// <summary>Asks p0f over its API socket.</summary>
public interface IP0fTransport
{
    /// <summary>Asks once. IPv4-mapped addresses are asked as IPv4.</summary>
    /// <exception cref="SourceException">p0f cannot be reached, closed the connection or did not answer in time.</exception>
    Task<P0fReply> AskAsync(ClientAddress client, TimeSpan timeout, CancellationToken cancellation);
}

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

/// <summary>Why a source has no answer.</summary>
public enum CheckFailure : byte
{
    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>Refused, closed, or no such socket.</summary>
    Unreachable,

    /// <summary>It answered, but the answer must not count: SERVFAIL, an error code, bytes that are not its protocol.</summary>
    BadAnswer,

    /// <summary>Our own bound on queries in flight was reached.</summary>
    Overloaded,

    /// <summary>Its breaker is open: it failed repeatedly and is left alone for a while.</summary>
    Open,
}

/// <summary>An expected failure of a source. The message is for the operator, holds no secret and is at most 200 characters.</summary>
public sealed class SourceException(CheckFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of failure.</summary>
    public CheckFailure Failure { get; } = failure;
}
