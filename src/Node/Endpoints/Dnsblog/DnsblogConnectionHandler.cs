using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Dnsblog;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsblog;

/// <summary>
/// Stands in for Postfix's dnsblog(8): one request, one reply written in one piece, then close. A zone that is ours gets our verdict,
/// any other the answer of that DNSBL. On any trouble the answer is "not listed".
/// </summary>
internal sealed class DnsblogConnectionHandler(
    ScreeningHandle screening, VerdictZoneAnswers zones, NodeMetrics metrics) : ConnectionHandler
{
    // postscreen writes its request in one go.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(5);

    // What dnsblog says when it has no answer; postscreen then takes its shortest ttl.
    private const int NoTtl = -1;

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        try
        {
            if (await ReadAsync(connection).ConfigureAwait(false) is not { } request)
                return;
            ConnectionWatch.Of(connection.Features).IsAnswering = true;
            await AnswerAsync(connection, request).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            // The peer went away, or said nothing.
        }
    }

    private async Task<DnsblogRequest?> ReadAsync(ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(ReadLimit);
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(limit.Token).ConfigureAwait(false);
            var status = TryRead(read.Buffer, out var request, out var fault);
            if (status == OperationStatus.Done)
                return request;
            if (status == OperationStatus.InvalidData)
            {
                metrics.BadRequest(Door.Dnsblog, fault);
                return null;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
                return null;
        }
    }

    private static OperationStatus TryRead(
        in ReadOnlySequence<byte> buffer, out DnsblogRequest? request, out Protocol.Framing.ParseErrorKind fault)
    {
        var reader = new SequenceReader<byte>(buffer);
        var status = DnsblogRequestParser.TryRead(ref reader, out request, out var error);
        fault = error.Kind;
        return status;
    }

    private async Task AnswerAsync(ConnectionContext connection, DnsblogRequest request)
    {
        var (codes, ttl) = VerdictZone.TryParse(request.RblDomain, zones.Name, out var profile, out var allow)
            ? await VerdictAsync(request, profile, allow).ConfigureAwait(false)
            : await ListAsync(request).ConfigureAwait(false);
        var reply = new ArrayBufferWriter<byte>(256);
        DnsblogReply.Write(reply, request, codes, ttl);
        await connection.Transport.Output.WriteAsync(reply.WrittenMemory).ConfigureAwait(false);
    }

    private async Task<(AnswerCode[] Codes, int Ttl)> VerdictAsync(DnsblogRequest request, string profile, bool allow)
    {
        if (await zones.AskAsync(Door.Dnsblog, request.Client, profile, allow).ConfigureAwait(false) is not { } answer)
            return ([], NoTtl);
        return (answer.Code is { } listed ? [listed] : [], answer.TtlSeconds);
    }

    private async Task<(AnswerCode[] Codes, int Ttl)> ListAsync(DnsblogRequest request)
    {
        var timeout = screening.Screener.Policies.Default.Rules.DnsblDeadline;
        var answer = await screening.Lists.AskAsync(request.RblDomain, request.Client, timeout).ConfigureAwait(false);
        return answer is null ? ([], NoTtl) : ([.. answer.Codes], answer.TtlSeconds ?? NoTtl);
    }
}
