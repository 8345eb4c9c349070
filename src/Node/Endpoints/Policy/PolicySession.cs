using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Screening.Actors.Screening;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Framing;
using Screening.Protocol.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>
/// One connection of policy delegation, from one smtpd process. Requests come strictly in turn and are answered so, each by its deadline.
/// Never closes after a reply; closes when framing is lost, when a request drips in too slowly, and when the peer or the node is done.
/// </summary>
internal sealed class PolicySession(
    ConnectionContext connection, Screener screener, PolicyTexts texts, PolicyInstances instances, AddressView addresses, NodeMetrics metrics,
    ILogger log)
    : ConnectionSession(connection)
{
    private readonly PipeWriter _output = connection.Transport.Output;
    private readonly ConnectionWatch _watch = ConnectionWatch.Of(connection.Features);
    private AttributeFramer _framer = new(PolicyRequest.Limits);

    protected override bool IsInsideRequest => _framer.IsInsideMessage;

    protected override async Task ReadAsync(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            var buffer = read.Buffer;
            while (TryRead(ref buffer, out var request))
            {
                RequestEnded();
                if (!await TryAnswerAsync(request).ConfigureAwait(false))
                    return;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            await _output.FlushAsync().ConfigureAwait(false);
            if (read.IsCompleted || read.IsCanceled || IsOver)
                return;
        }
    }

    // False: the peer takes no more answers.
    private async ValueTask<bool> TryAnswerAsync(PolicyRequest? request)
    {
        var decided = ActionAsync(request);
        if (!decided.IsCompleted)
        {
            _watch.IsAnswering = true;
            // What is answered already need not wait for what is not.
            await _output.FlushAsync().ConfigureAwait(false);
        }

        PolicyReply.Write(_output, await decided.ConfigureAwait(false));
        _watch.IsAnswering = false;
        return _output.UnflushedBytes < AnswerBuffer.MaxWaitingBytes || !(await _output.FlushAsync().ConfigureAwait(false)).IsCompleted;
    }

    // Reads one request; null stands for one that cannot be understood.
    private bool TryRead(ref ReadOnlySequence<byte> buffer, out PolicyRequest? request)
    {
        request = null;
        if (buffer.IsEmpty || IsOver)
            return false;
        var status = _framer.TryFindEnd(buffer, out var length, out var error);
        if (status == OperationStatus.Done)
        {
            var message = buffer.Slice(0, length);
            if (PolicyRequest.TryParse(message.IsSingleSegment ? message.FirstSpan : message.ToArray(), out var understood, out error))
                request = understood;
            else
                metrics.BadRequest(Door.Policy, error.Kind);
            buffer = buffer.Slice(length);
            return true;
        }

        if (status == OperationStatus.InvalidData)
        {
            metrics.BadRequest(Door.Policy, error.Kind);
            GiveUp(error.Kind == ParseErrorKind.LineTooLong
                ? $"a line is longer than {PolicyRequest.Limits.MaxLineBytes} bytes"
                : $"a request is longer than {PolicyRequest.Limits.MaxMessageBytes} bytes");
        }

        return false;
    }

    private ValueTask<string> ActionAsync(PolicyRequest? request) =>
        request is null || request.IsAuthenticated ? ValueTask.FromResult(PolicyReply.Dunno) : ScreenAsync(request);

    private async ValueTask<string> ScreenAsync(PolicyRequest request)
    {
        var mail = request.Instance is { } instance ? instances.Of(instance, request.Client, TextLength(request)) : null;
        var decision = mail is null
            ? await DecideAsync(request).ConfigureAwait(false)
            : await mail.DecideAsync(() => DecideAsync(request).AsTask()).ConfigureAwait(false);
        var action = texts.ActionFor(decision);
        if (action != PolicyReply.Dunno && texts.Options.Shadow)
        {
            log.PolicyShadow(
                addresses.Show(request.Client), addresses.Conceal(PeerText.Clean(action, PolicyReply.MaxActionLength), request.Client));
            action = PolicyReply.Dunno;
        }

        return action == PolicyReply.Dunno && request.MayPrepend && texts.TraceOf(decision) is { } trace && mail?.TakeTrace() == true
            ? trace
            : action;
    }

    private static int TextLength(PolicyRequest request) => (request.Helo?.Length ?? 0) + (request.Sender?.Length ?? 0);

    private ValueTask<Decision> DecideAsync(PolicyRequest request) => screener.DecideAsync(
        screener.Ask(Door.Policy, request.Client, request.Server) with
        {
            LocalPort = request.ServerPort,
            RemotePort = request.ClientPort,
            Helo = request.Helo,
            Sender = request.Sender,
        });
}
