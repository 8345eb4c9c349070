using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>What is sent to an OpenTelemetry collector.</summary>
internal sealed record OtlpOptions
{
    [Setting("the collector, such as `http://127.0.0.1:4318` ([operations.md](operations.md#otlp)); with `http`, "
        + "`/v1/metrics`, `/v1/traces` and `/v1/logs` are added to it. Empty: nothing is sent", EmptyIsNone = true)]
    [HttpUrl(OrEmpty = true)]
    public UrlText? Endpoint { get; init; }

    [Setting("OTLP over HTTP with Protocol Buffers, or over gRPC")]
    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.Http;

    [Setting("what is sent")]
    public ImmutableArray<OtlpSignal> Signals { get; init; } = [OtlpSignal.Metrics, OtlpSignal.Traces, OtlpSignal.Logs];

    [Setting("percent of the screenings that are traced; answers from memory never are")]
    [Between(0, 100)]
    public int Sampling { get; init; } = 10;

    [Setting("headers of each request, such as a token: lines `NAME: VALUE`. Read at the start, and never shown")]
    [HeaderFile]
    public string HeadersFile { get; init; } = "";

    [Setting("how often metrics are sent")]
    [Between("1s", "1h")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    [Setting("how long the collector may take for a request; what it does not take is dropped and counted")]
    [Between("100ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>How a collector is spoken to.</summary>
internal enum OtlpProtocol
{
    Http,
    Grpc,
}

/// <summary>A kind of what is sent.</summary>
internal enum OtlpSignal
{
    Metrics,
    Traces,
    Logs,
}
