using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dns;

/// <summary>The content of an answer.</summary>
/// <param name="Rcode">Response code.</param>
/// <param name="IsTruncated">Records are missing: ask again over TCP. Nothing else of the answer was read.</param>
/// <param name="Codes">A records of the name that was asked for, CNAMEs followed; empty when TXT was asked for.</param>
/// <param name="Texts">TXT records, each with its strings joined; empty when A was asked for.</param>
/// <param name="TtlSeconds">Lowest TTL of these records; without any, the SOA record's own TTL; null when there is none either.</param>
public sealed record DnsReply(
    DnsRcode Rcode,
    bool IsTruncated,
    ImmutableArray<AnswerCode> Codes,
    ImmutableArray<string> Texts,
    int? TtlSeconds);
