using System.Net;
using System.Net.Sockets;

namespace Screening.Benchmarks.Load;

/// <summary>A stream socket of the load client: bytes out that did not fit yet, bytes in that are no whole reply yet.</summary>
internal class BufferedConnection(Socket socket) : IDisposable
{
    private readonly byte[] _input = new byte[64 * 1024];
    private byte[] _output = new byte[64 * 1024];
    private int _inputStart;
    private int _inputEnd;
    private int _outputEnd;

    public Socket Socket { get; } = socket;

    public bool IsClosed { get; private set; }

    /// <summary>True while bytes wait for the server to read.</summary>
    public bool IsHeldUp { get; private set; }

    public bool HasOutput => _outputEnd > 0;

    /// <summary>Bytes that came and were not used.</summary>
    public ReadOnlySpan<byte> Input => _input.AsSpan(_inputStart, _inputEnd - _inputStart);

    /// <summary>Connects and turns to calls that do not wait.</summary>
    public static Socket Connect(EndPoint target)
    {
        var socket = new Socket(
            target.AddressFamily, SocketType.Stream, target is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        socket.Connect(target);
        if (target is IPEndPoint)
            socket.NoDelay = true;
        socket.Blocking = false;
        return socket;
    }

    /// <summary>Room for bytes to be sent.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_output.Length - _outputEnd < bytes)
            Array.Resize(ref _output, Math.Max(_output.Length * 2, _outputEnd + bytes));
        return _output.AsSpan(_outputEnd);
    }

    /// <summary>Says that so many bytes were written into the room.</summary>
    public void Advance(int bytes) => _outputEnd += bytes;

    /// <summary>Says that so many bytes of the input were used.</summary>
    public void Consume(int bytes) => _inputStart += bytes;

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

    public void Dispose() => Socket.Dispose();

    private void MoveInputToFront()
    {
        Buffer.BlockCopy(_input, _inputStart, _input, 0, _inputEnd - _inputStart);
        _inputEnd -= _inputStart;
        _inputStart = 0;
    }
}
