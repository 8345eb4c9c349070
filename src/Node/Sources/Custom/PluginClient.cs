using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;

namespace Screening.Node.Sources.Custom;

/// <summary>
/// The asking side of the plug-in protocol on one connection, or on a program's stdin and stdout. Queries are pipelined; answers come in
/// any order by their id, or, from a server of the 2016 form, without id and in the order of the queries.
/// </summary>
/// <remarks>
/// A query whose asker gave up is forgotten as soon as the peer is known to answer by id. Before that, and with a peer that answers in
/// order, it keeps its place, so that its late answer is not taken for the next one's. A peer that is silent for
/// <see cref="StallTimeout"/> while it is asked is left: a connection whose other end has vanished looks like that.
/// </remarks>
internal sealed class PluginClient : ISourceSession
{
    /// <summary>Queries without answer at one time.</summary>
    public const int MaxOutstanding = 256;

    /// <summary>A peer that is silent for so long while it owes answers is left.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(5);

    private const int MaxQueued = 1024;

    private readonly string _name;
    private readonly Stream _output;
    private readonly PipeReader _input;
    private readonly TimeProvider _time;
    private readonly Action _answered;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Question> _byId = [];
    private readonly Queue<Question> _line = new();
    private readonly TaskCompletionSource<SessionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<ReadOnlyMemory<byte>> _unsent = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(MaxQueued) { SingleReader = true });

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;
    private readonly Task _writing;
    private AnswerOrder _order;
    private long? _owing;
    private int _lastSuffix;
    private bool _over;

    /// <param name="name">How messages to the operator name the peer.</param>
    /// <param name="input">Where answers come from; the caller's to close, after the session has ended.</param>
    /// <param name="output">Where queries go; the caller's to close.</param>
    /// <param name="time">For timeouts.</param>
    /// <param name="answered">Called for each answer.</param>
    public PluginClient(string name, Stream input, Stream output, TimeProvider time, Action answered)
    {
        _name = name;
        _output = output;
        _input = PipeReader.Create(input, new StreamPipeReaderOptions(leaveOpen: true));
        _time = time;
        _answered = answered;
        _reading = ReadAllAsync();
        _writing = WriteAllAsync();
    }

    public Task<SessionEnd> Ended => _ended.Task;

    public bool HasAnswered { get; private set; }

    /// <summary>Queries without answer now.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate)
                return _byId.Count;
        }
    }

    /// <inheritdoc cref="ICustomTransport.AskAsync"/>
    public async Task<CustomReply> AskAsync(CheckSubject subject, TimeSpan timeout, CancellationToken cancellation)
    {
        var question = Send(subject);
        try
        {
            var (reply, error) = await question.Task.WaitAsync(timeout, _time, cancellation).ConfigureAwait(false);
            return reply ?? throw error!;
        }
        catch (TimeoutException e)
        {
            throw SourceText.Failure(CheckFailure.Timeout, $"{_name}: no answer in {timeout.TotalMilliseconds:0} ms", e);
        }
        finally
        {
            Leave(question);
        }
    }

    /// <summary>Ends at once; outstanding queries fail as unreachable.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new SessionEnd("closed", Quiet: true));
        await Task.WhenAll(_reading, _writing).ConfigureAwait(false);
    }

    /// <summary>Ends it for a reason that only the owner knows.</summary>
    public void End(SessionEnd end)
    {
        Question[] left;
        lock (_gate)
        {
            if (_over)
                return;
            _over = true;
            left = [.. _byId.Values];
            _byId.Clear();
            _line.Clear();
        }

        _stopping.Cancel();
        foreach (var question in left)
            question.TrySetResult((null, SourceText.Failure(CheckFailure.Unreachable, $"{_name}: {end.Reason}")));
        _ended.TrySetResult(end);
    }

    private Question Send(CheckSubject subject)
    {
        lock (_gate)
        {
            if (_over)
                throw SourceText.Failure(CheckFailure.Unreachable, $"{_name}: the connection is closed");
            if (_byId.Count >= MaxOutstanding)
                throw SourceText.Failure(CheckFailure.Overloaded, $"{_name}: {MaxOutstanding} queries are without answer");
            var question = new Question(FreeId(subject.QueryId));
            if (!_unsent.Writer.TryWrite(Write(question.Id, subject)))
                throw SourceText.Failure(CheckFailure.Overloaded, $"{_name}: it does not read its queries");
            _owing ??= _time.GetTimestamp();
            _byId.Add(question.Id, question);
            if (_order != AnswerOrder.ById)
                _line.Enqueue(question);
            return question;
        }
    }

    // The same client may be asked about twice at a time, by two profiles.
    private string FreeId(string wanted)
    {
        var root = PluginQuestionWriter.IsQueryId(wanted) ? wanted : "q";
        root = root.Length > PluginQuestionWriter.MaxQueryIdLength - 12 ? "q" : root;
        var id = root;
        while (_byId.ContainsKey(id))
            id = $"{root}-{++_lastSuffix & int.MaxValue}";
        return id;
    }

    private static ReadOnlyMemory<byte> Write(string id, CheckSubject subject)
    {
        var output = new ArrayBufferWriter<byte>(256);
        PluginQuestionWriter.Write(output, new PluginQuestion(id, subject.Client)
        {
            RemotePort = subject.RemotePort,
            Local = subject.Local,
            LocalPort = subject.LocalPort,
            Profile = subject.Profile,
            Helo = subject.Helo,
            Sender = subject.Sender,
        });
        return output.WrittenMemory;
    }

    // The asker is served or has given up.
    private void Leave(Question question)
    {
        var stalled = false;
        lock (_gate)
        {
            if (question.Task.IsCompleted || _over)
                return;
            stalled = _owing is { } since && _time.GetElapsedTime(since) >= StallTimeout;
            question.IsLeft = true;
            if (_order == AnswerOrder.ById)
                _byId.Remove(question.Id);
        }

        if (stalled)
            End(new SessionEnd($"no answer for {StallTimeout.TotalSeconds:0} s"));
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await foreach (var query in _unsent.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false))
            {
                await _output.WriteAsync(query, _stopping.Token).ConfigureAwait(false);
                await _output.FlushAsync(_stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Ended.
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            End(new SessionEnd($"sending failed: {SourceText.Of(e)}"));
        }
    }

    private async Task ReadAllAsync()
    {
        try
        {
            End(await ReadAnswersAsync().ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Ended.
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            End(new SessionEnd(SourceText.Of(e)));
        }

        await _input.CompleteAsync().ConfigureAwait(false);
    }

    private async Task<SessionEnd> ReadAnswersAsync()
    {
        var framer = new AttributeFramer(PluginRequest.Limits);
        while (true)
        {
            var read = await _input.ReadAsync(_stopping.Token).ConfigureAwait(false);
            var buffer = read.Buffer;
            OperationStatus status;
            ParseError error;
            while ((status = framer.TryFindEnd(buffer, out var length, out error)) == OperationStatus.Done)
            {
                Answer(buffer.Slice(0, length));
                buffer = buffer.Slice(length);
            }

            if (status == OperationStatus.InvalidData)
                return new SessionEnd($"what it sends is not the plug-in protocol: {error.Kind}");
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                return new SessionEnd("it closed the connection", Quiet: HasAnswered && Outstanding == 0);
        }
    }

    private void Answer(in ReadOnlySequence<byte> message)
    {
        var bytes = message.IsSingleSegment ? message.FirstSpan : message.ToArray();
        var understood = PluginAnswer.TryParse(bytes, out var reply, out var error);
        Question? question;
        lock (_gate)
        {
            question = reply.QueryId.IsEmpty ? NextInLine() : WithId(reply.QueryId);
            if (question is not null)
                _byId.Remove(question.Id);
            _owing = _byId.Count > 0 ? _time.GetTimestamp() : null;
        }

        if (question is null)
            return;
        if (understood)
        {
            HasAnswered = true;
            _answered();
            question.TrySetResult((new CustomReply(reply.Action, reply.TtlSeconds, reply.Score, reply.Reason), null));
        }
        else
            question.TrySetResult((null, SourceText.Failure(CheckFailure.BadAnswer, $"{_name}: malformed answer: {error.Kind}")));
    }

    // Under the lock. Null for an id that nobody asked with, or whose asker gave up.
    private Question? WithId(ReadOnlySpan<byte> id)
    {
        if (_order != AnswerOrder.ById && _byId.Count > 0 && _byId.ContainsKey(Encoding.UTF8.GetString(id)))
        {
            _order = AnswerOrder.ById;
            _line.Clear();
            foreach (var left in _byId.Values.Where(q => q.IsLeft).ToArray())
                _byId.Remove(left.Id);
        }

        return _byId.GetValueOrDefault(Encoding.UTF8.GetString(id));
    }

    // Under the lock. A peer that answers by id owes no answer without one.
    private Question? NextInLine()
    {
        if (_order == AnswerOrder.ById)
            return null;
        _order = AnswerOrder.AsAsked;
        return _line.TryDequeue(out var question) ? question : null;
    }

    private enum AnswerOrder : byte
    {
        NotKnown,
        ById,
        AsAsked,
    }

    private sealed class Question(string id) : TaskCompletionSource<(CustomReply? Reply, SourceException? Error)>(
        TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Id { get; } = id;

        /// <summary>Nobody waits for the answer any more.</summary>
        public bool IsLeft { get; set; }
    }
}
