using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Screening.Benchmarks.Load;

/// <summary>
/// What .NET's own sockets reach with a constant answer: asynchronous calls on buffers that each connection keeps, nothing between. It
/// is started with inline completions, its faster way on two cores.
/// </summary>
internal static class BareServer
{
    /// <summary>The variable by which the runtime completes operations on the thread that waits for the sockets.</summary>
    public const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1";

    /// <summary>Serves a free TCP port of 127.0.0.1 and a unix socket until the process is told to end.</summary>
    public static void Run(string unixPath)
    {
        using var tcp = Listen(new IPEndPoint(IPAddress.Loopback, 0), ProtocolType.Tcp);
        using var unix = Listen(new UnixDomainSocketEndPoint(unixPath), ProtocolType.Unspecified);
        _ = AcceptAsync(tcp);
        _ = AcceptAsync(unix);
        Console.WriteLine($"listening plugin tcp://{tcp.LocalEndPoint}");
        Console.WriteLine($"listening plugin unix://{unixPath}");
        Console.WriteLine("ready");
        using var ended = new ManualResetEventSlim();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            ended.Set();
        });
        ended.Wait();
    }

    private static Socket Listen(EndPoint endpoint, ProtocolType protocol)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, protocol);
        socket.Bind(endpoint);
        socket.Listen(4096);
        return socket;
    }

    private static async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync();
            if (socket.ProtocolType == ProtocolType.Tcp)
                socket.NoDelay = true;
            _ = ServeAsync(socket);
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        var (input, output, end) = (new byte[64 * 1024], new byte[64 * 1024], 0);
        using var owned = socket;
        try
        {
            while (await socket.ReceiveAsync(input.AsMemory(end), SocketFlags.None) is > 0 and var count)
            {
                end += count;
                var length = ConstantAnswer.Write(input.AsSpan(0, end), output, out var used);
                input.AsSpan(used, end - used).CopyTo(input);
                end -= used;
                if (length > 0)
                    await socket.SendAsync(output.AsMemory(0, length), SocketFlags.None);
            }
        }
        catch (SocketException)
        {
            // The client is gone.
        }
    }
}
