using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Screening.Node.Tests.Telemetry.Otlp;

/// <summary>A request that a collector got.</summary>
/// <param name="Signal">metrics, traces or logs.</param>
internal sealed record Received(string Signal, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public ProtoMessage Message { get; } = new(Body);
}

/// <summary>
/// A collector that takes OTLP over HTTP/1.1 or gRPC (HTTP/2 without TLS) on a free port, keeps what it gets, and can hang or refuse.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _ending = new();

    private Collector(WebApplication app) => _app = app;

    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>Requests get no answer.</summary>
    public bool Hangs { get; set; }

    public string Url => _app.Urls.Single();

    public static async Task<Collector> StartAsync(bool isGrpc = false, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, port, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        var collector = new Collector(app);
        app.Run(context => isGrpc ? collector.AnswerGrpcAsync(context) : collector.AnswerHttpAsync(context));
        await app.StartAsync();
        return collector;
    }

    public IEnumerable<ProtoMessage> Spans() => Items("traces");

    public IEnumerable<ProtoMessage> Logs() => Items("logs");

    /// <summary>The metrics of the latest request.</summary>
    public IReadOnlyList<ProtoMessage> LatestMetrics() =>
        Requests.LastOrDefault(request => request.Signal == "metrics") is { } latest ? [.. ItemsOf(latest)] : [];

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _ending.Dispose();
    }

    // Export*ServiceRequest { 1 Resource* { 1 resource, 2 Scope* { 1 scope, 2 items } } }
    private static IEnumerable<ProtoMessage> ItemsOf(Received request) =>
        request.Message.All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2));

    private IEnumerable<ProtoMessage> Items(string signal) =>
        Requests.Where(request => request.Signal == signal).SelectMany(ItemsOf);

    private async Task<bool> KeepAsync(HttpContext context, string signal, Func<byte[], byte[]> unwrap)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, context.RequestAborted).Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }

        Requests.Enqueue(new Received(
            signal, unwrap(body.ToArray()), context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString())));
        return true;
    }

    private async Task AnswerHttpAsync(HttpContext context)
    {
        if (context.Request.ContentType != "application/x-protobuf")
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        else if (await KeepAsync(context, context.Request.Path.Value!.Split('/')[^1], body => body))
            context.Response.ContentType = "application/x-protobuf";
    }

    // /opentelemetry.proto.collector.trace.v1.TraceService/Export; a message has a flag and its length in front.
    private async Task AnswerGrpcAsync(HttpContext context)
    {
        var signal = context.Request.Path.Value!.Split('.')[3] switch { "trace" => "traces", var other => other };
        if (!await KeepAsync(context, signal, body => body[5..(5 + (int)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(1)))]))
            return;
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
