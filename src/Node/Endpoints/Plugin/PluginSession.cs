using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Screening.Actors.Screening;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>
/// One connection of the plug-in protocol: reads queries, answers what is decided at once, has the rest screened, and writes the answers
/// in the order that each form of the protocol asks for. Never closes after a reply.
/// </summary>
internal sealed class PluginSession(ConnectionContext connection, Screener screener, NodeMetrics metrics, int maxInFlight)
    : IConnectionSession
{
    private readonly ReplyBuffer _replies = new(connection.Transport.Output, ConnectionWatch.Of(connection.Features));
    private AttributeFramer _framer = new(PluginRequest.Limits);

    public Progress Read(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_replies.IsFull)
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
                    return Progress.Over(error.Kind == ParseErrorKind.LineTooLong
                        ? $"a line is longer than {PluginRequest.Limits.MaxLineBytes} bytes"
                        : $"a query is longer than {PluginRequest.Limits.MaxMessageBytes} bytes");
            }
        }

        return Progress.All;
    }

    public ValueTask<bool> AnswerAsync() => _replies.SendAsync();

    public Task EndAsync() => _replies.EndAsync();

    private void AnswerMessage(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            Answer(message.FirstSpan);
            return;
        }

        Span<byte> copy = stackalloc byte[PluginRequest.Limits.MaxMessageBytes];
        message.CopyTo(copy);
        Answer(copy[..(int)message.Length]);
    }

    private void Answer(ReadOnlySpan<byte> message)
    {
        if (!PluginRequest.TryParse(message, out var request, out var error))
        {
            metrics.BadRequest(Door.Plugin, error.Kind);
            _replies.Add(request, screener.Profiles.Default.Settings.DefaultVerdict);
            return;
        }

        var query = screener.QueryFor(Door.Plugin, request.Client, request.Local, serial: request.IsOrdered) with
        {
            LocalPort = request.LocalPort,
            RemotePort = request.RemotePort,
        };
        if (screener.TryDecide(query, out var decision))
            _replies.Add(request, decision.Verdict);
        else if (_replies.Owed >= maxInFlight)
            _replies.Add(request, screener.Shed(query).Verdict);
        else
            _ = ScreenAsync(query, _replies.Reserve(request));
    }

    private async Task ScreenAsync(ScreeningQuery query, ReplyBuffer.PendingReply reply)
    {
        var decision = await screener.ScreenAsync(query).ConfigureAwait(false);
        await _replies.FillAsync(reply, decision.Verdict).ConfigureAwait(false);
    }
}
