using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Dnsblog;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsblog;

/// <summary>
/// One connection of dnsblog(8)'s protocol: one request, one reply written in one piece, then close. A zone that is ours gets our verdict,
/// any other the answer of that DNSBL. On any trouble the answer is "not listed".
/// </summary>
internal sealed class DnsblogSession(
    ConnectionContext connection, ScreeningHandle screening, VerdictZoneAnswers zones, NodeMetrics metrics) : IConnectionSession
{
    // What dnsblog says when it has no answer; postscreen then uses its shortest ttl.
    private const int NoTtl = -1;

    private readonly ConnectionWatch _watch = ConnectionWatch.Of(connection.Features);
    private DnsblogRequest? _request;

    // postscreen writes its request in one go.
    public TimeSpan RequestTimeout => TimeSpan.FromSeconds(5);

    public TimeSpan? IdleTimeout => RequestTimeout;

    public Progress Read(ref ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        var status = DnsblogRequestParser.TryRead(ref reader, out _request, out var error);
        if (status == OperationStatus.NeedMoreData)
            return Progress.Partial;
        if (status == OperationStatus.InvalidData)
            metrics.BadRequest(Door.Dnsblog, error.Kind);
        return Progress.Over();
    }

    public async ValueTask<bool> AnswerAsync()
    {
        if (_request is not { } request)
            return true;
        _watch.IsAnswering = true;
        var (codes, ttl) = VerdictZone.TryParse(request.RblDomain, zones.Name, out var profile, out var allow)
            ? await VerdictAsync(request, profile.ToString().ToLowerInvariant(), allow).ConfigureAwait(false)
            : await ListAsync(request).ConfigureAwait(false);
        var reply = new ArrayBufferWriter<byte>(256);
        DnsblogReply.Write(reply, request, codes, ttl);
        await connection.Transport.Output.WriteAsync(reply.WrittenMemory).ConfigureAwait(false);
        return false;
    }

    private async Task<(AnswerCode[] Codes, int Ttl)> VerdictAsync(DnsblogRequest request, string profile, bool allow)
    {
        if (await zones.AskAsync(Door.Dnsblog, request.Client, profile, allow).ConfigureAwait(false) is not { } answer)
            return ([], NoTtl);
        return (answer.Code is { } listed ? [listed] : [], answer.TtlSeconds);
    }

    private async Task<(AnswerCode[] Codes, int Ttl)> ListAsync(DnsblogRequest request)
    {
        var timeout = screening.Screener.Profiles.Default.Settings.DnsblDeadline;
        var answer = await screening.Lists.AskAsync(request.RblDomain, request.Client, timeout).ConfigureAwait(false);
        return answer is null ? ([], NoTtl) : ([.. answer.Codes], answer.TtlSeconds ?? NoTtl);
    }
}
