using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>
/// One connection of the plug-in protocol: reads queries, answers what is decided at once, has the rest screened, and writes the answers
/// in the order that each form of the protocol asks for. Never closes after a reply; closes when framing is lost, when a query drips in
/// too slowly, and, once everything is answered, when the peer or the node is done.
/// </summary>
internal sealed class PluginSession(ConnectionContext connection, Screener screener, NodeMetrics metrics, int maxInFlight)
{
    /// <summary>A query that has begun must have ended after this.</summary>
    public static readonly TimeSpan DripLimit = TimeSpan.FromSeconds(30);

    private readonly ReplyBuffer _replies = new(connection.Transport.Output);
    private readonly TaskCompletionSource _allAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AttributeFramer _framer = new(ParseLimits.Attributes);
    private int _inFlight = 1; // One is for the reading side.
    private int _heartbeatsInsideMessage;

    /// <summary>Why the connection is given up; null while it is not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Serves the connection until it ends and everything is answered.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ReadAsync(connection.Transport.Input).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            // The peer went away; its queries end by themselves.
        }

        Release();
        await _allAnswered.Task.ConfigureAwait(false);
        await _replies.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Stops reading; what was asked is still answered.</summary>
    public void Drain() => connection.Transport.Input.CancelPendingRead();

    /// <summary>Once a second: gives up on a query that does not end.</summary>
    public void Heartbeat()
    {
        if (!_framer.IsInsideMessage)
        {
            _heartbeatsInsideMessage = 0;
        }
        else if (++_heartbeatsInsideMessage > DripLimit.TotalSeconds && Fault is null)
        {
            Fault = $"a query did not end within {DripLimit.TotalSeconds:0} s";
            connection.Transport.Input.CancelPendingRead();
        }
    }

    private async Task ReadAsync(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            var buffer = read.Buffer;
            TakeQueries(ref buffer);
            input.AdvanceTo(buffer.Start, buffer.End);
            await _replies.FlushAsync().ConfigureAwait(false);
            if (read.IsCompleted || read.IsCanceled || Fault is not null)
                return;
            await _replies.WhenRelievedAsync().ConfigureAwait(false);
        }
    }

    private void TakeQueries(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty && Fault is null)
        {
            switch (_framer.TryFindEnd(buffer, out var length, out var error))
            {
                case OperationStatus.Done:
                    TakeMessage(buffer.Slice(0, length));
                    _heartbeatsInsideMessage = 0;
                    buffer = buffer.Slice(length);
                    break;
                case OperationStatus.NeedMoreData:
                    return;
                default:
                    Fault = error.Kind == ParseErrorKind.LineTooLong
                        ? $"a line is longer than {ParseLimits.Attributes.MaxLineBytes} bytes"
                        : $"a query is longer than {ParseLimits.Attributes.MaxMessageBytes} bytes";
                    break;
            }
        }
    }

    private void TakeMessage(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            Take(message.FirstSpan);
            return;
        }

        Span<byte> copy = stackalloc byte[ParseLimits.Attributes.MaxMessageBytes];
        message.CopyTo(copy);
        Take(copy[..(int)message.Length]);
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        if (!PluginRequest.TryParse(message, out var request, out var error))
        {
            metrics.BadRequest(Door.Plugin, error.Kind);
            Reply(request, screener.Policies.Default.Rules.DefaultVerdict);
            return;
        }

        var query = screener.Ask(Door.Plugin, request.Client, request.Local, serial: request.IsOrdered) with
        {
            LocalPort = request.LocalPort,
            RemotePort = request.RemotePort,
        };
        if (screener.TryDecide(query, out var decision))
            Reply(request, decision.Verdict);
        else if (Volatile.Read(ref _inFlight) > maxInFlight)
            Reply(request, screener.Shed(query).Verdict);
        else
            Screen(request, query);
    }

    private void Reply(in PluginRequest request, in Verdict verdict)
    {
        if (request.IsOrdered)
            _replies.Fill(_replies.Reserve(request.HasQueryId), verdict);
        else
            _replies.Add(true, request.QueryId, verdict);
    }

    private void Screen(in PluginRequest request, in ScreeningQuery query)
    {
        Interlocked.Increment(ref _inFlight);
        _ = request.IsOrdered
            ? ScreenInOrderAsync(query, _replies.Reserve(request.HasQueryId))
            : ScreenAsync(query, request.QueryId.ToArray());
    }

    private async Task ScreenAsync(ScreeningQuery query, byte[] queryId)
    {
        var decision = await screener.ScreenAsync(query).ConfigureAwait(false);
        _replies.Add(true, queryId, decision.Verdict);
        await _replies.FlushAsync().ConfigureAwait(false);
        Release();
    }

    private async Task ScreenInOrderAsync(ScreeningQuery query, ReplyBuffer.OrderedReply reply)
    {
        var decision = await screener.ScreenAsync(query).ConfigureAwait(false);
        _replies.Fill(reply, decision.Verdict);
        await _replies.FlushAsync().ConfigureAwait(false);
        Release();
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0)
            _allAnswered.TrySetResult();
    }
}
