namespace Screening.Protocol.Dns;

/// <summary>Response codes (RFC 1035 section 4.1.1).</summary>
public enum DnsRcode : byte
{
    /// <summary>The name exists, though perhaps without a record of the type that was asked for.</summary>
    NoError = 0,

    /// <summary>The server did not understand the message.</summary>
    FormErr = 1,

    /// <summary>The server failed.</summary>
    ServFail = 2,

    /// <summary>The name does not exist.</summary>
    NxDomain = 3,

    /// <summary>The server does not support this kind of query.</summary>
    NotImp = 4,

    /// <summary>The server does not want to answer: an unknown zone, or a resolver that serves other clients only.</summary>
    Refused = 5,
}

/// <summary>The words for response codes in messages to the operator.</summary>
public static class DnsRcodeWords
{
    /// <summary>The code as tools such as dig write it; <c>rcode 11</c> for one without a member here.</summary>
    public static string Word(this DnsRcode rcode) => Enum.IsDefined(rcode) ? rcode.ToString().ToUpperInvariant() : $"rcode {(byte)rcode}";
}
