namespace Screening.Protocol.Dns;

/// <summary>Record types that matter here (RFC 1035 section 3.2.2, RFC 6891).</summary>
public enum DnsType : ushort
{
    /// <summary>A host address; of a DNSBL, an answer code.</summary>
    A = 1,

    /// <summary>A name server of a zone.</summary>
    Ns = 2,

    /// <summary>The canonical name of an alias.</summary>
    Cname = 5,

    /// <summary>Start of a zone of authority; its own TTL says how long "no" holds.</summary>
    Soa = 6,

    /// <summary>Text; of a DNSBL, its reason.</summary>
    Txt = 16,

    /// <summary>EDNS0's pseudo-record.</summary>
    Opt = 41,

    /// <summary>Incremental transfer of a zone (RFC 1995).</summary>
    Ixfr = 251,

    /// <summary>Transfer of a zone (RFC 5936).</summary>
    Axfr = 252,

    /// <summary>Whatever there is; one record will do (RFC 8482).</summary>
    Any = 255,
}
