using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Screening.Testing.Lab;

/// <summary>A network namespace by its name in ip-netns(8), and sockets that belong to it though this process does not.</summary>
public sealed class NetworkNamespace(string name)
{
    public string Name { get; } = name;

    /// <summary>
    /// Makes a socket inside. A socket stays in the namespace in which it was made, so only the making needs a thread there; that thread
    /// is a throw-away one, for setns(2) moves it for good.
    /// </summary>
    public Socket CreateSocket(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        Socket? socket = null;
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{Name}", FileMode.Open, FileAccess.Read);
                Native.EnterNetwork(handle);
                socket = new Socket(family, type, protocol);
            }
            catch (Exception e)
            {
                fault = e;
            }
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new InvalidOperationException($"no socket in namespace {Name}", fault);
    }

    /// <param name="to">The server.</param>
    /// <param name="from">One of the namespace's addresses; null: the system's choice.</param>
    /// <param name="hops">As if from so many routers away: the packets' time to live is less by it. IPv4 only.</param>
    public async Task<Socket> ConnectAsync(IPEndPoint to, IPAddress? from = null, byte hops = 0)
    {
        var socket = CreateSocket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (hops > 0)
                socket.Ttl = (short)(64 - hops);

            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));

            using var timeout = new CancellationTokenSource(Waiting.Limit);
            await socket.ConnectAsync(to, timeout.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
