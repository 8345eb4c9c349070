using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Screening.Benchmarks.Load;

/// <summary>
/// Bare DNS round trips to the fake lists, one after the other on a thread of its own, while something else is measured: what a verdict
/// that needs an answer can not be faster than, on this machine at this moment.
/// </summary>
internal sealed class DnsProbe : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    // 1.0.0.127.l9.test A IN, recursion desired.
    private static readonly byte[] Query =
    [
        0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        1, (byte)'1', 1, (byte)'0', 1, (byte)'0', 3, .. "127"u8, 2, .. "l9"u8, 4, .. "test"u8, 0, 0, 1, 0, 1,
    ];

    private readonly Thread _thread;
    private readonly Socket _socket;
    private volatile bool _ending;

    public DnsProbe(EndPoint lists)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 1000 };
        _socket.Connect(lists);
        _thread = new Thread(Run) { IsBackground = true, Name = "DNS probe" };
        _thread.Start();
    }

    /// <summary>The round trips; complete once <see cref="Dispose"/> has ended.</summary>
    public LatencyHistogram RoundTrips { get; } = new();

    public void Dispose()
    {
        _ending = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        Span<byte> answer = stackalloc byte[512];
        while (!_ending)
        {
            var start = Stopwatch.GetTimestamp();
            _socket.Send(Query);
            _socket.Receive(answer, SocketFlags.None, out var error);
            if (error == SocketError.Success)
                RoundTrips.Add(Stopwatch.GetTimestamp() - start);
            Thread.Sleep(Pause);
        }
    }
}
