using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Framing;
using Screening.Protocol.Memcache;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>
/// One connection of memcached's text protocol. Requests are answered in their order, from memory; only a get that this node cannot answer
/// waits for the fleet, and only for milliseconds.
/// </summary>
/// <remarks>
/// The connection is kept as long as the peer likes. It is closed when framing is lost, and at the first command that is not known: no
/// memcache client of Postfix sends one, but a browser or a server that was made to speak HTTP to this port begins with one
/// (<c>POST / HTTP/1.1</c>), and what follows in its body must not be taken for commands.
/// </remarks>
internal sealed class MemcacheSession(ConnectionContext connection, MemcacheTable table, NodeMetrics metrics) : IConnectionSession
{
    // Clients read three numbers for memcached's version, and libmemcached takes a first one of 0 for a fault.
    private static readonly string Version = $"1.6.0-screening-{NodeStatus.Version}";

    private const int MaxShownCommand = 30;

    // Keys of one get that the fleet is asked about; Postfix asks for one at a time. A line has room for 4,000.
    private const int MaxAsked = 64;

    private readonly PipeWriter _output = connection.Transport.Output;
    private readonly MemcacheFramer _framer = new();
    private MemcacheQuestion? _pending;
    private Progress? _end;

    public Progress Read(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_pending is not null || _output.UnflushedBytes >= AnswerBuffer.MaxWaitingBytes)
                return Progress.Held;
            // Requests seldom lie across the buffer's segments; those that do are copied.
            if (!TryAnswer(buffer.FirstSpan, out var length) && _end is null && !buffer.IsSingleSegment)
                TryAnswer(buffer.ToArray(), out length);
            buffer = buffer.Slice(length);
            if (_end is { } end)
                return end;
            if (length == 0)
                return Progress.Partial;
        }

        return _framer.IsSkipping ? Progress.Partial : Progress.All;
    }

    public async ValueTask<bool> AnswerAsync()
    {
        if (_pending is { } question)
            await GetFromFleetAsync(question).ConfigureAwait(false);
        _pending = null;
        return !(await _output.FlushAsync().ConfigureAwait(false)).IsCompleted;
    }

    private bool TryAnswer(ReadOnlySpan<byte> bytes, out int length)
    {
        switch (_framer.TryRead(bytes, out length, out var frame))
        {
            case OperationStatus.NeedMoreData:
                return false;
            case OperationStatus.InvalidData:
                GiveUp(frame.Kind);
                return false;
        }

        if (frame.Kind == MemcacheFrameKind.DataTooLong)
            RefuseSet(frame.Request, MemcacheReply.TooLarge);
        else if (frame.Kind == MemcacheFrameKind.Request)
            Answer(frame.Request, frame.Data);
        return true;
    }

    private void Answer(in MemcacheRequest request, ReadOnlySpan<byte> data)
    {
        if (!request.IsWellFormed)
        {
            AnswerMalformed(request);
            return;
        }

        switch (request.Command)
        {
            case MemcacheCommand.Get or MemcacheCommand.Gets:
                Get(request);
                break;
            case MemcacheCommand.Set:
                Set(request, data);
                break;
            case MemcacheCommand.Add when table.Find(request.Keys).IsThere:
            case MemcacheCommand.Replace when !table.Find(request.Keys).IsThere:
                Reply(request, MemcacheReply.NotStored);
                break;
            case MemcacheCommand.Add or MemcacheCommand.Replace:
                Set(request, data);
                break;
            case MemcacheCommand.Delete:
                Reply(request, table.Delete(request.Keys) ? MemcacheReply.Deleted : MemcacheReply.NotFound);
                break;
            case MemcacheCommand.Touch:
                Reply(request, table.Touch(request) ? MemcacheReply.Touched : MemcacheReply.NotFound);
                break;
            case MemcacheCommand.Quit:
                _end = Progress.Over();
                break;
            default:
                AnswerTool(request);
                break;
        }
    }

    private void AnswerMalformed(in MemcacheRequest request)
    {
        metrics.BadRequest(Door.Memcache, ParseErrorKind.BadValue);
        if (request.Command is not (MemcacheCommand.Set or MemcacheCommand.Add or MemcacheCommand.Replace or MemcacheCommand.OtherStorage))
        {
            Reply(request, MemcacheReply.BadLine);
            return;
        }

        RefuseSet(request, MemcacheReply.BadLine);
        // Without a length nobody knows where the data ends.
        if (request.DataBytes < 0)
            _end = Progress.Over();
    }

    // What Postfix never sends.
    private void AnswerTool(in MemcacheRequest request)
    {
        switch (request.Command)
        {
            case MemcacheCommand.Version:
                MemcacheReply.WriteVersion(_output, Version);
                break;
            case MemcacheCommand.Stats:
                WriteStats(isGeneral: request.Keys.IsEmpty);
                break;
            case MemcacheCommand.Verbosity:
                Reply(request, MemcacheReply.Ok);
                break;
            case MemcacheCommand.MetaNoOp:
                _output.Write(MemcacheReply.MetaNoOp);
                break;
            case MemcacheCommand.FlushAll:
                _output.Write(MemcacheReply.NoFlush);
                break;
            case MemcacheCommand.OtherStorage:
                RefuseSet(request, MemcacheReply.NotSupported);
                break;
            case MemcacheCommand.NotOffered:
                metrics.BadRequest(Door.Memcache, ParseErrorKind.BadName);
                _output.Write(MemcacheReply.Error);
                break;
            default:
                GiveUp(ParseErrorKind.BadName, $"'{Shown(request.Keys)}' is not a command", MemcacheReply.Error);
                break;
        }
    }

    private void Get(in MemcacheRequest request)
    {
        var words = new MemcacheTokens(request.Keys);
        var key = words.Next();
        var withUnique = request.Command == MemcacheCommand.Gets;
        var isOne = words.Rest.TrimStart((byte)' ').IsEmpty;
        if (isOne && table.Find(key) is { MayBeElsewhere: false } value)
        {
            WriteFound(key, value, withUnique);
            _output.Write(MemcacheReply.End);
            return;
        }

        _pending = new MemcacheQuestion(isOne ? key.ToArray() : request.Keys.ToArray(), withUnique);
    }

    private async Task GetFromFleetAsync(MemcacheQuestion question)
    {
        var asked = AskFleet(question);
        // What is answered already does not wait for the fleet.
        if (asked.Count > 0)
            await Task.WhenAll([_output.FlushAsync().AsTask(), .. asked]).ConfigureAwait(false);
        for (var next = 0; next < question.Keys.Length;)
        {
            next = WriteNext(question, next);
            if (_output.UnflushedBytes >= AnswerBuffer.MaxWaitingBytes && (await _output.FlushAsync().ConfigureAwait(false)).IsCompleted)
                return; // The peer takes no more answers.
        }

        _output.Write(MemcacheReply.End);
    }

    private List<Task> AskFleet(MemcacheQuestion question)
    {
        var asked = new List<Task>();
        var words = new MemcacheTokens(question.Keys);
        for (var key = words.Next(); !key.IsEmpty && asked.Count < MaxAsked; key = words.Next())
        {
            if (table.Find(key).MayBeElsewhere)
                asked.Add(table.AskFleetAsync(key));
        }

        return asked;
    }

    // Writes what is found of the key that begins there or behind spaces, and returns where the next one begins.
    private int WriteNext(MemcacheQuestion question, int start)
    {
        var words = new MemcacheTokens(question.Keys.AsSpan(start));
        var key = words.Next();
        if (!key.IsEmpty)
            WriteFound(key, table.Find(key), question.WithUnique);
        return question.Keys.Length - words.Rest.Length;
    }

    private void WriteFound(ReadOnlySpan<byte> key, in MemcacheValue value, bool withUnique)
    {
        metrics.MemcacheGot(value.IsThere);
        if (value.IsThere)
            Write(key, value, withUnique);
    }

    private void Write(ReadOnlySpan<byte> key, in MemcacheValue value, bool withUnique)
    {
        Span<byte> times = stackalloc byte[PostscreenTimesText.MaxBytes];
        var data = value.Other is { } other ? other.Data : times[..PostscreenTimesText.Write(times, value.Times)];
        MemcacheReply.WriteValue(_output, key, value.Other?.Flags ?? 0, data, withUnique);
    }

    private void Set(in MemcacheRequest request, ReadOnlySpan<byte> data)
    {
        if (!table.TrySet(request, data))
        {
            RefuseSet(request, MemcacheReply.TooLarge);
            return;
        }

        metrics.MemcacheSet(stored: true);
        Reply(request, MemcacheReply.Stored);
    }

    private void RefuseSet(in MemcacheRequest request, ReadOnlySpan<byte> reply)
    {
        metrics.MemcacheSet(stored: false);
        Reply(request, reply);
    }

    // The kinds that memcached has beside the general ones (settings, items, slabs, ...) are empty here.
    private void WriteStats(bool isGeneral)
    {
        var (hits, misses, sets) = metrics.MemcacheCounts;
        var stats = new (string Name, object Value)[]
        {
            ("pid", Environment.ProcessId),
            ("uptime", (long)table.Uptime.TotalSeconds),
            ("time", table.UnixTime),
            ("version", Version),
            ("curr_items", table.TimesCount + table.OtherCount),
            ("cmd_get", hits + misses),
            ("cmd_set", sets),
            ("get_hits", hits),
            ("get_misses", misses),
        };
        foreach (var (name, value) in isGeneral ? stats : [])
            MemcacheReply.WriteStat(_output, name, value);
        _output.Write(MemcacheReply.End);
    }

    private void GiveUp(MemcacheFrameKind lost)
    {
        switch (lost)
        {
            case MemcacheFrameKind.Binary:
                // A client of the binary protocol waits for a binary reply; the end of the connection is what it understands.
                GiveUp(ParseErrorKind.BadName, "memcached's binary protocol is not spoken", []);
                break;
            case MemcacheFrameKind.LineTooLong:
                GiveUp(ParseErrorKind.LineTooLong, $"a line is longer than {MemcacheFramer.MaxLineBytes} bytes", MemcacheReply.Error);
                break;
            default:
                GiveUp(ParseErrorKind.BadValue, "data did not end where its command line says", MemcacheReply.BadData);
                metrics.MemcacheSet(stored: false);
                break;
        }
    }

    private void GiveUp(ParseErrorKind kind, string fault, ReadOnlySpan<byte> reply)
    {
        metrics.BadRequest(Door.Memcache, kind);
        _end = Progress.Over(fault);
        _output.Write(reply);
    }

    private void Reply(in MemcacheRequest request, ReadOnlySpan<byte> reply)
    {
        if (!request.IsSilent)
            _output.Write(reply);
    }

    private static string Shown(ReadOnlySpan<byte> command) =>
        PeerText.Clean(Encoding.Latin1.GetString(command[..Math.Min(command.Length, MaxShownCommand)]));

    /// <summary>A get of several keys, or of one that the fleet may know more about.</summary>
    /// <param name="Keys">The keys as they came, parted by spaces: a list of them would be ten times as large.</param>
    private sealed record MemcacheQuestion(byte[] Keys, bool WithUnique);
}
