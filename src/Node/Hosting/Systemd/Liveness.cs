using System.Net;
using System.Net.Sockets;
using Screening.Actors.Hosting;
using Screening.Node.Api;
using Screening.Node.Platform;
using Screening.Node.Telemetry;

namespace Screening.Node.Hosting.Systemd;

/// <summary>
/// Whether the node still does its work: the actors answer, and a door takes a connection and notices its end. A process that is alive but
/// answers nobody fails this; one that is merely busy or degraded does not.
/// </summary>
/// <remarks>
/// A connection that is closed at once is not a query at any door: nothing is counted, logged or decided. A door that refuses it is alive
/// too.
/// </remarks>
internal sealed class Liveness(ScreeningHandle screening, NodeStatus status, TimeProvider time)
{
    /// <summary>What does not answer within this time; null: all is well, or the node drains.</summary>
    public async Task<string?> FindFaultAsync(TimeSpan within, CancellationToken cancellation)
    {
        if (!await screening.AnswersAsync(within).ConfigureAwait(false))
            return "the actors do not answer";
        var doors = status.Endpoints.Where(IsStream).Select(door => new Uri(door.Uri)).ToList();
        foreach (var door in doors)
        {
            if (await AnswersAsync(door, within, cancellation).ConfigureAwait(false))
                return null;
        }

        return doors.Count == 0 ? null : "no door takes a connection";
    }

    private static bool IsStream(OpenEndpoint door) =>
        door.Kind != "cluster" && (
            door.Uri.StartsWith("tcp:", StringComparison.Ordinal) || door.Uri.StartsWith("unix:", StringComparison.Ordinal));

    private async Task<bool> AnswersAsync(Uri door, TimeSpan within, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var socket = await ConnectAsync(door, either.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
            return await socket.ReceiveAsync(new byte[1], either.Token).ConfigureAwait(false) >= 0;
        }
        catch (SocketException fault)
        {
            return fault.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown; // Taken, and closed at once.
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<Socket> ConnectAsync(Uri door, CancellationToken cancellation)
    {
        if (door.Scheme == "unix")
            return await UnixSocket.ConnectAsync(door.AbsolutePath, cancellation).ConfigureAwait(false);
        var address = IPAddress.Parse(door.Host.Trim('[', ']'));
        if (address.Equals(IPAddress.Any))
            address = IPAddress.Loopback;
        else if (address.Equals(IPAddress.IPv6Any))
            address = IPAddress.IPv6Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, door.Port), cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }
}
