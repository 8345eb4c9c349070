using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Screening.Benchmarks.Hostile;

/// <summary>The ways in which peers are hostile, each with so many of them for so long.</summary>
internal sealed class HostilePeers(HostileDoor door, EndPoint target, int count, TimeSpan length)
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(20);

    /// <summary>Connect and say nothing, from many addresses.</summary>
    public void Idle() => WithAll(_ => true, TimeSpan.FromMilliseconds(200));

    /// <summary>Send a byte at a time.</summary>
    public void Drip()
    {
        var sent = 0;
        WithAll(
            socket => TrySend(socket,
            door.Question.AsSpan(sent++ / count % Math.Max(1, door.Question.Length), door.Question.Length > 0 ? 1 : 0)),
            TimeSpan.FromSeconds(1));
    }

    /// <summary>Send requests as fast as they are taken, and never read an answer.</summary>
    public void NeverRead()
    {
        if (door.Before.Length > 0)
            SendOnce(door.Before);
        WithAll(socket => TrySend(socket, door.Flood), Round);
    }

    /// <summary>Send what is no request, then half of one.</summary>
    public void Poison()
    {
        var random = new Random(5);
        var junk = new byte[700];
        WithAll(
            socket =>
            {
                random.NextBytes(junk);
                return TrySend(socket, junk.AsSpan(0, random.Next(1, junk.Length)))
                    && TrySend(socket, door.Question.AsSpan(0, door.Question.Length / 2));
            },
            TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Connect, ask, do not wait, and close, again and again.</summary>
    public void Flood()
    {
        for (var (watch, number) = (Stopwatch.StartNew(), 0); watch.Elapsed < length; number++)
            SendOnce(door.Flood, number % count);
    }

    private void SendOnce(byte[] bytes, int number = 0)
    {
        try
        {
            using var socket = door.Connect(target, number);
            socket.SendTimeout = 200;
            socket.Send(bytes);
        }
        catch (SocketException)
        {
            // Refused or cut off, as is right.
        }
    }

    // Opens all connections, does the same with each of them in turn until the time is over, and closes them. One that is closed is opened
    // again.
    private void WithAll(Func<Socket, bool> once, TimeSpan pause)
    {
        var watch = Stopwatch.StartNew();
        var sockets = new Socket?[count];
        try
        {
            while (watch.Elapsed < length)
            {
                for (var i = 0; i < count && watch.Elapsed < length; i++)
                {
                    if ((sockets[i] ??= Open(i)) is { } socket && !once(socket))
                    {
                        socket.Dispose();
                        sockets[i] = null;
                    }
                }

                Thread.Sleep(pause);
            }
        }
        finally
        {
            foreach (var socket in sockets)
                socket?.Dispose();
        }
    }

    private Socket? Open(int number)
    {
        try
        {
            var socket = door.Connect(target, number);
            socket.Blocking = false;
            return socket;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    // False: the other side has closed.
    private static bool TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        socket.Send(bytes, SocketFlags.None, out var error);
        return error is SocketError.Success or SocketError.WouldBlock;
    }
}
