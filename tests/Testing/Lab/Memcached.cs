using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Screening.Testing.Lab;

/// <summary>A real memcached(1), as postscreen's shared cache has been until now.</summary>
public sealed class Memcached : RunningProcess
{
    private Memcached(LaunchPlan plan, IPEndPoint endPoint)
        : base(plan) => EndPoint = endPoint;

    public IPEndPoint EndPoint { get; }

    /// <param name="inside">The namespace to run in; null: this host's loopback.</param>
    /// <param name="threads">Its threads; null: as many as it likes.</param>
    public static async Task<Memcached> StartAsync(NetworkNamespace? inside, IPEndPoint endPoint, int? threads = null)
    {
        Requires.Programs("memcached", "setsid");
        string[] identity = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        string[] bounds = threads is null ? [] : ["-t", threads.Value.ToString(CultureInfo.InvariantCulture)];
        var plan = new LaunchPlan(
            "memcached", [.. identity, .. bounds, "-U", "0", "-l", $"{endPoint.Address}", "-p",
                endPoint.Port.ToString(CultureInfo.InvariantCulture)])
        {
            Namespace = inside?.Name,
        };
        var server = new Memcached(plan, endPoint);
        try
        {
            await Poll.UntilAsync(() => server.AcceptsAsync(inside), Waiting.Limit, "memcached", () => server.Transcript);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    private async Task<bool> AcceptsAsync(NetworkNamespace? inside)
    {
        if (HasExited)
            throw new InvalidOperationException($"memcached ended.{Environment.NewLine}{Transcript}");
        using var socket = inside?.CreateSocket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            ?? new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
