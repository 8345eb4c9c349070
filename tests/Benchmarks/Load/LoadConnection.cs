using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Screening.Benchmarks.Load;

/// <summary>What a reply said.</summary>
internal readonly record struct LoadReply(bool Understood, uint Id, byte Action, int TtlSeconds);

/// <summary>One connection of the load client: bytes out that did not fit yet, bytes in that are no whole reply yet.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly byte[] _input = new byte[64 * 1024];
    private byte[] _output = new byte[64 * 1024];
    private int _inputStart;
    private int _inputEnd;
    private int _outputEnd;

    private LoadConnection(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public bool IsClosed { get; private set; }

    /// <summary>True while bytes wait for the server to read.</summary>
    public bool IsHeldUp { get; private set; }

    public bool HasOutput => _outputEnd > 0;

    public static LoadConnection Open(EndPoint target)
    {
        var socket = new Socket(
            target.AddressFamily, SocketType.Stream, target is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        socket.Connect(target);
        if (target is IPEndPoint)
            socket.NoDelay = true;
        socket.Blocking = false;
        return new LoadConnection(socket);
    }

    public void Append(uint id, uint address)
    {
        if (_output.Length - _outputEnd < QueryWriter.MaxBytes)
            Array.Resize(ref _output, _output.Length * 2);
        _outputEnd += QueryWriter.Write(_output.AsSpan(_outputEnd), id, address);
    }

    /// <summary>Sends what it can.</summary>
    public void Flush()
    {
        var sent = 0;
        while (sent < _outputEnd && !IsClosed)
        {
            var count = Socket.Send(_output.AsSpan(sent, _outputEnd - sent), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                break;
            IsClosed = error != SocketError.Success;
            sent += Math.Max(0, count);
        }

        Buffer.BlockCopy(_output, sent, _output, 0, _outputEnd - sent);
        _outputEnd -= sent;
        IsHeldUp = _outputEnd > 0;
    }

    /// <summary>Receives what is there, once.</summary>
    public void Receive()
    {
        if (_inputStart == _inputEnd)
            _inputStart = _inputEnd = 0;
        else if (_inputEnd == _input.Length)
            MoveInputToFront();
        var count = Socket.Receive(_input.AsSpan(_inputEnd), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return;
        IsClosed |= error != SocketError.Success || count == 0;
        _inputEnd += Math.Max(0, count);
    }

    /// <summary>Takes the next whole reply.</summary>
    public bool TryTakeReply(out LoadReply reply)
    {
        var rest = _input.AsSpan(_inputStart, _inputEnd - _inputStart);
        var end = rest.IndexOf("\n\n"u8);
        if (end < 0)
        {
            reply = default;
            return false;
        }

        reply = Parse(rest[..(end + 1)]);
        _inputStart += end + 2;
        return true;
    }

    public void Dispose() => Socket.Dispose();

    // "query_id=0000002a\naction=pass\nttl=600\n"
    private static LoadReply Parse(ReadOnlySpan<byte> reply)
    {
        const int ActionAt = 9 + QueryWriter.IdDigits + 1;
        if (!reply.StartsWith("query_id="u8)
            || !Utf8Parser.TryParse(reply[9..], out uint id, out var digits, 'x') || digits != QueryWriter.IdDigits
            || !reply[ActionAt..].StartsWith("action="u8))
        {
            return default;
        }

        var ttl = 0;
        var rest = reply[(ActionAt + 7)..];
        var ttlAt = rest.IndexOf("ttl="u8);
        var understood = ttlAt < 0 || Utf8Parser.TryParse(rest[(ttlAt + 4)..], out ttl, out _);
        return new LoadReply(understood, id, rest[0], ttl);
    }

    private void MoveInputToFront()
    {
        Buffer.BlockCopy(_input, _inputStart, _input, 0, _inputEnd - _inputStart);
        _inputEnd -= _inputStart;
        _inputStart = 0;
    }
}
