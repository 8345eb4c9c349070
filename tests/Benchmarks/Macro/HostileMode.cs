using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Macro;

/// <summary>What a well-behaved client notices, and what memory it costs, while others hold connections, drip, or send lines without end.</summary>
internal static class HostileMode
{
    private const int IdleCount = 2000;
    private const int DripCount = 500;

    public static int Run(Bench bench)
    {
        using var node = bench.StartNode(
            null, "limits.connections_per_address=5000", "access.permit=[\"127.0.0.0/8\", \"::1/128\", \"198.51.100.0/24\"]");
        var target = node.PluginEndpoint("tcp");
        using var load = new PluginLoad(target, 4);
        var length = bench.Options.Length(5);
        var table = new Table("A good client (1,000 queries a second) beside hostile ones", "meanwhile", "p50 ms", "p99 ms", "max ms", "lost", "memory MB");
        Measure("nothing (warm-up)");
        Measure("nothing");

        var idle = Enumerable.Range(0, IdleCount).Select(_ => Connect(target)).ToList();
        Measure($"{IdleCount} idle connections");

        var drip = Enumerable.Range(0, DripCount).Select(_ => Connect(target)).ToList();
        using (Attack(() => drip.RemoveAll(s => !TrySend(s, "a"u8)), TimeSpan.FromSeconds(1)))
            Measure($"and {DripCount} that send a byte a second");

        var line = new byte[256 * 1024];
        Array.Fill(line, (byte)'a');
        using (Attack(() => SendAndClose(target, line), TimeSpan.FromMilliseconds(2)))
            Measure("and lines of 256 kB, each on a new connection");

        foreach (var socket in idle.Concat(drip))
            socket.Dispose();
        Thread.Sleep(TimeSpan.FromSeconds(2));
        Measure("nothing again");
        table.Print();
        return 0;

        void Measure(string meanwhile)
        {
            var result = load.RunOpen(
                (int)(1000 * length.TotalSeconds), 1000, LoadClients.Repeat(LoadClients.Parse("198.51.100.0"), 256));
            table.Add(
                meanwhile, result.All.Latency.Percentile(.5).Milliseconds(), result.All.Latency.Percentile(.99).Milliseconds(),
                result.All.Latency.Max.Milliseconds(), $"{result.Lost}", node.Usage.ResidentMegabytes().Figure());
        }
    }

    private static Socket Connect(EndPoint target)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(target);
        return socket;
    }

    private static void SendAndClose(EndPoint target, byte[] bytes)
    {
        using var socket = Connect(target);
        socket.SendTimeout = 200;
        TrySend(socket, bytes);
    }

    private static bool TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        socket.Send(bytes, SocketFlags.None, out var error);
        return error == SocketError.Success;
    }

    private static Attacker Attack(Action once, TimeSpan pause) => new(once, pause);

    // Does the same again and again, on a thread of its own, until disposed.
    private sealed class Attacker : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _ending;

        public Attacker(Action once, TimeSpan pause)
        {
            _thread = new Thread(() =>
            {
                while (!_ending)
                {
                    once();
                    Thread.Sleep(pause);
                }
            }) { IsBackground = true };
            _thread.Start();
        }

        public void Dispose()
        {
            _ending = true;
            _thread.Join();
        }
    }
}
