namespace Screening.Node.Configuration;

/// <summary>API, metrics and web page. <c>[http]</c></summary>
internal sealed record HttpOptions
{
    /// <summary>File with the token that changes need over TCP; empty: changes on unix sockets only.</summary>
    [ReadableFile]
    public string TokenFile { get; init; } = "";

    /// <summary>Certificate in PEM form; with <see cref="Key"/> the TCP endpoints use TLS. Empty: no TLS.</summary>
    [ReadableFile]
    public string Certificate { get; init; } = "";

    /// <summary>The certificate's key in PEM form.</summary>
    [ReadableFile]
    public string Key { get; init; } = "";
}
