using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Api;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Http;

/// <summary>The HTTP door: health, metrics, and the API that the commands use. Errors are RFC 9457 problem details.</summary>
internal sealed class HttpApi(ScreeningHandle screening, NodeMetrics metrics, NodeStatus status, TimeProvider time)
{
    private readonly SharedText _metrics = new(() => CollectAsync(metrics));

    // HELO and sender are bounded by RFC 5321 section 4.5.3.1.
    private const int MaxTextLength = 512;

    // Paths that later releases answer.
    private static readonly string[] Unbuilt = ["/", "/openapi/v1.json", "/api/v1/decisions", "/api/v1/evidence"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapRead("/healthz", context => WriteTextAsync(context, "alive\n"u8.ToArray()));
        routes.MapRead("/readyz", WriteReadinessAsync);
        routes.MapRead("/metrics", WriteMetricsAsync);
        routes.MapRead("/api/v1/status", WriteStatusAsync);
        routes.MapRead("/api/v1/check/{address}", CheckAsync);
        foreach (var path in Unbuilt)
            routes.Map(path, RefuseUnbuiltAsync);
    }

    private static Task WriteTextAsync(HttpContext context, ReadOnlyMemory<byte> text) =>
        Answers.WriteAsync(context, "text/plain; charset=utf-8", text);

    private static Task RefuseUnbuiltAsync(HttpContext context) => Answers.ProblemAsync(
        context, StatusCodes.Status501NotImplemented, "Not implemented", $"{context.Request.Path} is not built yet");

    private Task WriteReadinessAsync(HttpContext context)
    {
        if (status.IsReady)
            return WriteTextAsync(context, "ready\n"u8.ToArray());
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return WriteTextAsync(context, status.IsDraining ? "draining\n"u8.ToArray() : "not ready\n"u8.ToArray());
    }

    private async Task WriteMetricsAsync(HttpContext context) =>
        await Answers.WriteAsync(context, "text/plain; version=0.0.4; charset=utf-8", await _metrics.GetAsync().ConfigureAwait(false))
            .ConfigureAwait(false);

    private static async Task<byte[]> CollectAsync(NodeMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.WriteAsync(text, CancellationToken.None).ConfigureAwait(false);
        return text.ToArray();
    }

    private async Task WriteStatusAsync(HttpContext context) => await Answers.WriteJsonAsync(
        context, await status.ReadAsync().ConfigureAwait(false), ApiJson.Default.StatusDocument).ConfigureAwait(false);

    private async Task CheckAsync(HttpContext context)
    {
        if (!TryRead(context.Request.Query, Routes.Address(context), out var query, out var fault))
        {
            await Answers.BadRequestAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var decision = await screening.Screener.DecideAsync(query).ConfigureAwait(false);
        var verdict = VerdictDocument.Of(decision, status.Node, time.GetUtcNow(), query.Client.ToString());
        await Answers.WriteJsonAsync(context, verdict, ApiJson.Default.VerdictDocument).ConfigureAwait(false);
    }

    private bool TryRead(IQueryCollection parameters, string address, out ScreeningQuery query, out string fault)
    {
        query = default;
        fault = "";
        ClientAddress? local = null;
        var door = Door.Http;
        Profile? chosen = null;
        if (!ClientAddress.TryParse(address, out var client))
            fault = $"'{PeerText.Clean(address)}' is not an IP address";
        else if (!TryReadLocal(parameters["local"], out local))
            fault = $"local: '{PeerText.Clean(parameters["local"]!)}' is not an IP address";
        else if (parameters["door"] is [{ Length: > 0 } doorWord] && !DoorWords.TryParse(doorWord, out door))
            fault = $"door: '{PeerText.Clean(doorWord)}' is none of plugin, policy, dnsbl, dnsblog, memcache, http";
        else if (parameters["profile"] is [{ Length: > 0 } profile] && !screening.Screener.Profiles.TryGet(profile, out chosen!))
            fault = $"profile: there is no profile '{PeerText.Clean(profile)}'";
        if (fault.Length > 0)
            return false;

        query = screening.Screener.QueryFor(door, client, local, chosen)
            .WithEnvelope(Text(parameters["helo"]), Text(parameters["sender"])) with
        {
            Fresh = IsSet(parameters["fresh"]),
            Explain = IsSet(parameters["explain"]),
            Unrecorded = true,
        };
        return true;
    }

    private static bool TryReadLocal(string? text, out ClientAddress? local)
    {
        local = null;
        if (string.IsNullOrEmpty(text))
            return true;
        if (!ClientAddress.TryParse(text, out var address))
            return false;
        local = address;
        return true;
    }

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : PeerText.Clean(value, MaxTextLength);

    // ?explain, ?explain=1 and ?explain=true
    private static bool IsSet(Microsoft.Extensions.Primitives.StringValues value) =>
        value.Count > 0 && value[^1] is "" or "1" or "true" or "yes";
}
