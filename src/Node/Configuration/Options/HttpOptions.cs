namespace Screening.Node.Configuration;

/// <summary>API, metrics and web page.</summary>
internal sealed record HttpOptions
{
    [Setting("the token that changes over TCP need ([security.md](security.md#token-and-tls-for-http)); a changed file takes effect at"
        + " once. Empty: changes on unix sockets only")]
    [ReadableFile]
    public string TokenFile { get; init; } = "";

    [Setting("certificate in PEM form: TLS on the TCP addresses of `endpoints.http`; with `key` or not at all")]
    [ReadableFile]
    public string Certificate { get; init; } = "";

    [Setting("the certificate's private key in PEM form")]
    [ReadableFile]
    public string Key { get; init; } = "";
}
