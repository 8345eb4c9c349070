using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

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
