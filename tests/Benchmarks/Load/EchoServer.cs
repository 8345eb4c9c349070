using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Screening.Benchmarks.Native;

namespace Screening.Benchmarks.Load;

/// <summary>
/// The limit that the product is held against: one thread that finds the end of each query and answers a constant with its
/// <c>query_id</c>, on the same kinds of socket. It knows nothing of addresses, time, metrics or deadlines.
/// </summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly List<Socket> _listeners = [];
    private readonly List<Client?> _clients = [];

    private EchoServer()
    {
    }

    /// <summary>Serves a free TCP port of 127.0.0.1 and a unix socket until the process is told to end.</summary>
    public static void Run(string unixPath)
    {
        using var server = new EchoServer();
        var tcp = server.Listen(new IPEndPoint(IPAddress.Loopback, 0), ProtocolType.Tcp);
        server.Listen(new UnixDomainSocketEndPoint(unixPath), ProtocolType.Unspecified);
        Console.WriteLine($"listening plugin tcp://{tcp.LocalEndPoint}");
        Console.WriteLine($"listening plugin unix://{unixPath}");
        Console.WriteLine("ready");

        var ending = false;
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => ending = context.Cancel = true);
        while (!Volatile.Read(ref ending))
            server.ServeReady();
    }

    public void Dispose()
    {
        foreach (var socket in _listeners.Concat(_clients.OfType<Client>().Select(c => c.Socket)))
            socket.Dispose();
        _epoll.Dispose();
    }

    private Socket Listen(EndPoint endpoint, ProtocolType protocol)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, protocol) { Blocking = false };
        socket.Bind(endpoint);
        socket.Listen(4096);
        _listeners.Add(socket);
        _epoll.Add(socket, -_listeners.Count);
        return socket;
    }

    private void ServeReady()
    {
        var ready = _epoll.Wait(100_000_000);
        for (var i = 0; i < ready; i++)
        {
            var tag = _epoll.TagOf(i);
            if (tag < 0)
                Accept(_listeners[-tag - 1]);
            else if (_clients[tag] is { } client && !client.Serve())
                Close(tag);
        }
    }

    private void Accept(Socket listener)
    {
        var socket = listener.Accept();
        socket.Blocking = false;
        if (socket.ProtocolType == ProtocolType.Tcp)
            socket.NoDelay = true;
        _clients.Add(new Client(socket));
        _epoll.Add(socket, _clients.Count - 1);
    }

    private void Close(int tag)
    {
        _clients[tag]!.Socket.Dispose();
        _clients[tag] = null;
    }

    private sealed class Client(Socket socket)
    {
        private readonly byte[] _input = new byte[64 * 1024];
        private readonly byte[] _output = new byte[64 * 1024];
        private int _inputEnd;

        public Socket Socket => socket;

        /// <summary>Answers what is there. False when the connection is over, or when its peer does not read.</summary>
        public bool Serve()
        {
            var count = socket.Receive(_input.AsSpan(_inputEnd), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return true;
            if (error != SocketError.Success || count == 0)
                return false;
            var input = _input.AsSpan(0, _inputEnd + count);
            var length = ConstantAnswer.Write(input, _output, out var used);
            input[used..].CopyTo(_input);
            _inputEnd = input.Length - used;
            return length == 0 || socket.Send(_output.AsSpan(0, length), SocketFlags.None, out _) == length;
        }
    }
}
