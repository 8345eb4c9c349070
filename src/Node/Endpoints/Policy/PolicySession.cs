using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Framing;
using Screening.Protocol.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>
/// One connection of policy delegation, from one smtpd process. Requests come strictly in turn and are answered so, each by its deadline.
/// Never closes after a reply.
/// </summary>
internal sealed class PolicySession(ConnectionContext connection, PolicyAnswers answers, NodeMetrics metrics) : IConnectionSession
{
    private readonly PipeWriter _output = connection.Transport.Output;
    private readonly ConnectionWatch _watch = ConnectionWatch.Of(connection.Features);
    private AttributeFramer _framer = new(PolicyRequest.Limits);
    private ValueTask<string>? _pending;

    public Progress Read(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_pending is not null || _output.UnflushedBytes >= AnswerBuffer.MaxWaitingBytes)
                return Progress.Held;
            switch (_framer.TryFindEnd(buffer, out var length, out var error))
            {
                case OperationStatus.Done:
                    AnswerMessage(buffer.Slice(0, length));
                    buffer = buffer.Slice(length);
                    break;
                case OperationStatus.NeedMoreData:
                    return Progress.Partial;
                default:
                    metrics.BadRequest(Door.Policy, error.Kind);
                    return Progress.Over(error.Kind == ParseErrorKind.LineTooLong
                        ? $"a line is longer than {PolicyRequest.Limits.MaxLineBytes} bytes"
                        : $"a request is longer than {PolicyRequest.Limits.MaxMessageBytes} bytes");
            }
        }

        return Progress.All;
    }

    public async ValueTask<bool> AnswerAsync()
    {
        if (_pending is { } pending)
        {
            _watch.IsAnswering = true; // The gate must not take the connection for an idle one.
            // What is answered already does not wait for what is not.
            await _output.FlushAsync().ConfigureAwait(false);
            PolicyReply.Write(_output, await pending.ConfigureAwait(false));
            _watch.IsAnswering = false;
            _pending = null;
        }

        return !(await _output.FlushAsync().ConfigureAwait(false)).IsCompleted;
    }

    private void AnswerMessage(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            Answer(message.FirstSpan);
            return;
        }

        var copy = ArrayPool<byte>.Shared.Rent((int)message.Length);
        message.CopyTo(copy);
        Answer(copy.AsSpan(0, (int)message.Length));
        ArrayPool<byte>.Shared.Return(copy);
    }

    private void Answer(ReadOnlySpan<byte> message)
    {
        var action = ValueTask.FromResult(PolicyReply.Dunno);
        if (PolicyRequest.TryParse(message, out var request, out var error))
            action = answers.ActionAsync(request);
        else
            metrics.BadRequest(Door.Policy, error.Kind);
        if (action.IsCompletedSuccessfully)
            PolicyReply.Write(_output, action.Result);
        else
            _pending = action;
    }
}
