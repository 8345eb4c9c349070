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
/// One connection of memcached's text protocol. Requests are answered in their order, from memory; only a get that this node can't answer
/// waits for the fleet, and that for milliseconds. The connection is kept as long as the peer likes; a request that does not end, or whose
/// data does not end where it says, closes it.
/// </summary>
internal sealed class MemcacheSession(ConnectionContext connection, MemcacheTable table, NodeMetrics metrics)
    : ConnectionSession(connection)
{
    /// <summary>The longest command line; a get of many keys needs room.</summary>
    public const int MaxLineBytes = 8 * 1024;

    /// <summary>The longest data block that is read; what says to be longer is stepped over.</summary>
    public const int MaxDataBytes = 8 * 1024;

    // Clients read three numbers for memcached's version, and libmemcached takes a first one of 0 for a fault.
    private static readonly string Version = $"1.6.0-screening-{NodeStatus.Version}";

    private readonly PipeWriter _output = connection.Transport.Output;
    private long _skip;
    private bool _isOver;
    private bool _isInsideRequest;

    protected override bool IsInsideRequest => _isInsideRequest;

    protected override async Task ReadAsync(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            var buffer = read.Buffer;
            while (!_isOver && TryTake(ref buffer, out var asksFor))
            {
                RequestEnded();
                if (asksFor is not null)
                    await GetFromFleetAsync(asksFor).ConfigureAwait(false);
                await FlushIfMuchAsync().ConfigureAwait(false);
            }

            _isInsideRequest = !buffer.IsEmpty || _skip > 0;
            input.AdvanceTo(buffer.Start, buffer.End);
            await _output.FlushAsync().ConfigureAwait(false);
            if (read.IsCompleted || read.IsCanceled || _isOver)
                return;
        }
    }

    // Replies of pipelined requests are sent together, but a peer that does not read them is soon no longer read.
    private ValueTask<FlushResult> FlushIfMuchAsync() =>
        _output.UnflushedBytes >= AnswerBuffer.MaxWaitingBytes ? _output.FlushAsync() : default;

    // Takes one request. Requests seldom lie across the buffer's segments; those that do are copied.
    private bool TryTake(ref ReadOnlySequence<byte> buffer, out MemcacheQuestion? asksFor)
    {
        asksFor = null;
        if (buffer.IsEmpty)
            return false;
        if (!TryTake(buffer.FirstSpan, out var length, out asksFor)
            && (buffer.IsSingleSegment || _isOver || !TryTake(buffer.ToArray(), out length, out asksFor)))
            return false;
        buffer = buffer.Slice(length);
        return true;
    }

    private bool TryTake(ReadOnlySpan<byte> bytes, out int length, out MemcacheQuestion? asksFor)
    {
        asksFor = null;
        if (_skip > 0)
        {
            length = (int)Math.Min(_skip, bytes.Length);
            _skip -= length;
            return true;
        }

        length = bytes.IndexOf((byte)'\n') + 1;
        if (length == 0 || length > MaxLineBytes)
        {
            if (length > 0 || bytes.Length > MaxLineBytes)
                GiveUp(ParseErrorKind.LineTooLong, $"a line is longer than {MaxLineBytes} bytes", MemcacheReplies.Error);
            return false;
        }

        var line = bytes[..(length - 1)];
        var request = MemcacheRequest.Parse(!line.IsEmpty && line[^1] == '\r' ? line[..^1] : line);
        if (request.DataBytes < 0)
        {
            Take(request, default, out asksFor);
            return true;
        }

        if (request.DataBytes > MaxDataBytes)
        {
            _skip = request.DataBytes + 2;
            Reply(request, MemcacheReplies.TooLarge);
            return true;
        }

        var data = bytes[length..];
        var dataBytes = (int)request.DataBytes;
        if (data.Length < dataBytes + 2)
            return false;
        if (data[dataBytes] != '\r' || data[dataBytes + 1] != '\n')
        {
            GiveUp(ParseErrorKind.BadValue, "data did not end where it should", MemcacheReplies.BadData);
            return false;
        }

        length += dataBytes + 2;
        Take(request, data[..dataBytes], out asksFor);
        return true;
    }

    private void Take(in MemcacheRequest request, ReadOnlySpan<byte> data, out MemcacheQuestion? asksFor)
    {
        asksFor = null;
        if (!request.IsWellFormed)
        {
            metrics.BadRequest(Door.Memcache, ParseErrorKind.BadValue);
            Reply(request, MemcacheReplies.BadLine);
            // Storage without a length: nobody knows where its data ends.
            if (request.Command is MemcacheCommand.Set or MemcacheCommand.Add or MemcacheCommand.Replace or MemcacheCommand.OtherStorage && request.DataBytes < 0)
                _isOver = true;
            return;
        }

        switch (request.Command)
        {
            case MemcacheCommand.Get or MemcacheCommand.Gets:
                asksFor = Get(request);
                break;
            case MemcacheCommand.Set:
                Set(request, data);
                break;
            case MemcacheCommand.Add or MemcacheCommand.Replace when table.Find(request.Keys).IsThere != (request.Command == MemcacheCommand.Replace):
                Reply(request, MemcacheReplies.NotStored);
                break;
            case MemcacheCommand.Add or MemcacheCommand.Replace:
                Set(request, data);
                break;
            case MemcacheCommand.Delete:
                Reply(request, table.Delete(request.Keys) ? MemcacheReplies.Deleted : MemcacheReplies.NotFound);
                break;
            case MemcacheCommand.Touch:
                Reply(request, table.Touch(request) ? MemcacheReplies.Touched : MemcacheReplies.NotFound);
                break;
            case MemcacheCommand.Quit:
                _isOver = true;
                break;
            default:
                TakeFromTool(request);
                break;
        }
    }

    // What Postfix never sends.
    private void TakeFromTool(in MemcacheRequest request)
    {
        switch (request.Command)
        {
            case MemcacheCommand.Version:
                _output.Write(Encoding.ASCII.GetBytes($"VERSION {Version}\r\n"));
                break;
            case MemcacheCommand.Stats:
                WriteStats(isGeneral: request.Keys.IsEmpty);
                break;
            case MemcacheCommand.Verbosity:
                Reply(request, MemcacheReplies.Ok);
                break;
            case MemcacheCommand.MetaNoOp:
                _output.Write(MemcacheReplies.MetaNoOp);
                break;
            case MemcacheCommand.FlushAll:
                _output.Write(MemcacheReplies.NoFlush);
                break;
            case MemcacheCommand.OtherStorage:
                Reply(request, MemcacheReplies.NotSupported);
                break;
            default:
                metrics.BadRequest(Door.Memcache, ParseErrorKind.BadName);
                _output.Write(MemcacheReplies.Error);
                break;
        }
    }

    // Null: answered. Else the fleet has to be asked about some of the keys first.
    private MemcacheQuestion? Get(in MemcacheRequest request)
    {
        var words = new MemcacheWords(request.Keys);
        var key = words.Next();
        if (words.Rest.TrimStart((byte)' ').IsEmpty)
        {
            var value = table.Find(key);
            if (value.MayBeElsewhere)
                return new MemcacheQuestion(key.ToArray(), request.Command == MemcacheCommand.Gets);
            WriteFound(key, value, request.Command == MemcacheCommand.Gets);
            _output.Write(MemcacheReplies.End);
            return null;
        }

        return new MemcacheQuestion(request.Keys.ToArray(), request.Command == MemcacheCommand.Gets);
    }

    private async Task GetFromFleetAsync(MemcacheQuestion question)
    {
        var asked = AskFleet(question);
        // What is answered already need not wait.
        if (asked.Count > 0)
            await Task.WhenAll([_output.FlushAsync().AsTask(), .. asked]).ConfigureAwait(false);
        for (var next = 0; next < question.Keys.Length;)
        {
            next = WriteNext(question, next);
            await FlushIfMuchAsync().ConfigureAwait(false);
        }

        _output.Write(MemcacheReplies.End);
    }

    private List<Task> AskFleet(MemcacheQuestion question)
    {
        var asked = new List<Task>();
        var words = new MemcacheWords(question.Keys);
        for (var key = words.Next(); !key.IsEmpty; key = words.Next())
        {
            if (table.Find(key).MayBeElsewhere)
                asked.Add(table.AskFleetAsync(key));
        }

        return asked;
    }

    // Writes what is found of the key that begins there or behind spaces, and tells where to go on.
    private int WriteNext(MemcacheQuestion question, int start)
    {
        var words = new MemcacheWords(question.Keys.AsSpan(start));
        var key = words.Next();
        if (!key.IsEmpty)
            WriteFound(key, table.Find(key), question.WithUnique);
        return question.Keys.Length - words.Rest.Length;
    }

    private void WriteFound(ReadOnlySpan<byte> key, in MemcacheValue value, bool withUnique)
    {
        metrics.MemcacheGot(value.IsThere);
        if (value.IsThere)
            MemcacheReplies.WriteValue(_output, key, value, withUnique);
    }

    private void Set(in MemcacheRequest request, ReadOnlySpan<byte> data)
    {
        metrics.MemcacheSet();
        Reply(request, table.TrySet(request, data) ? MemcacheReplies.Stored : MemcacheReplies.TooLarge);
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
            _output.Write(Encoding.ASCII.GetBytes($"STAT {name} {value}\r\n"));
        _output.Write(MemcacheReplies.End);
    }

    private void GiveUp(ParseErrorKind kind, string fault, ReadOnlySpan<byte> reply)
    {
        metrics.BadRequest(Door.Memcache, kind);
        GiveUp(fault);
        _isOver = true;
        _output.Write(reply);
    }

    private void Reply(in MemcacheRequest request, ReadOnlySpan<byte> reply)
    {
        if (!request.IsSilent)
            _output.Write(reply);
    }

    /// <summary>A get of several keys, or of one that the fleet may know more about.</summary>
    /// <param name="Keys">The keys as they came, parted by spaces: a list of them would be ten times as large.</param>
    private sealed record MemcacheQuestion(byte[] Keys, bool WithUnique);
}
