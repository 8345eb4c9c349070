using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Screening.Protocol.Dns;
using Screening.Testing;

namespace Screening.Benchmarks.Hostile;

/// <summary>One door as peers see it: where it is, what floods it, and what a good client asks.</summary>
/// <param name="Name">The door's name on the command line and in the table.</param>
/// <param name="Kind">The kind of endpoint in the node's <c>listening</c> lines.</param>
/// <param name="Scheme">tcp, udp or unix.</param>
/// <param name="Flood">A block of requests whose answers are larger than they are.</param>
/// <param name="Question">What a good client asks.</param>
/// <param name="Answer">What its answer contains.</param>
internal sealed record HostileDoor(string Name, string Kind, string Scheme, byte[] Flood, byte[] Question, byte[] Answer)
{
    private const int BlockBytes = 16 * 1024;

    private static readonly byte[] Dns = DnsQuestion();

    /// <summary>
    /// A good client's answer must be there after this: the longest deadline, and some time for a machine that is busy attacking.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Sent once before peers flood.</summary>
    public byte[] Before { get; init; } = [];

    public bool IsDatagram => Scheme == "udp";

    public static readonly HostileDoor[] All =
    [
        Text("plugin", "plugin", "tcp", "\n", "query_id=q\nremote_address=198.51.100.7\n\n", "query_id=q\naction="),
        Text(
            "policy", "policy", "tcp", "\n", "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=198.51.100.7\n\n",
            "action="),
        Text(
            "memcache", "memcache", "tcp", $"get{string.Concat(Enumerable.Repeat(" k", 2000))}\r\n", "get postscreen:198.51.100.7\r\n",
            "END\r\n") with
        {
            Before = Encoding.ASCII.GetBytes($"set k 0 0 1000\r\n{new string('v', 1000)}\r\n"),
        },
        Text("http", "http", "tcp", Get("metrics"), Get("readyz"), "ready"),
        Text("http-unix", "http", "unix", Get("metrics"), Get("readyz"), "ready"),
        new("dnsblog", "dnsblog", "unix", Block(DnsblogRequest), DnsblogRequest, "rbl_domain"u8.ToArray()),
        new("dns-tcp", "dnsbl", "tcp", Block(Prefixed(Dns)), Prefixed(Dns), Dns[..2]),
        new("dns-udp", "dnsbl", "udp", Dns, Dns, Dns[..2]),
        Text("cluster", "cluster", "tcp", "\0\u000f\0\0junk", "", ""),
    ];

    private static byte[] DnsblogRequest => DnsblogAsker.Request("screening.internal", "198.51.100.7");

    private static HostileDoor Text(string name, string kind, string scheme, string flood, string question, string answer) => new(
        name, kind, scheme, Block(Encoding.Latin1.GetBytes(flood)), Encoding.Latin1.GetBytes(question), Encoding.Latin1.GetBytes(answer));

    private static string Get(string path) => $"GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static byte[] Block(byte[] request) =>
        [.. Enumerable.Repeat(request, Math.Max(1, BlockBytes / request.Length)).SelectMany(bytes => bytes)];

    private static byte[] Prefixed(byte[] message)
    {
        var prefix = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)message.Length);
        return [.. prefix, .. message];
    }

    private static byte[] DnsQuestion()
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        DnsQueryWriter.TryWrite(query, 0x4711, "screening.internal", DnsType.Soa, out var length);
        return query[..length];
    }

    /// <summary>A connection to the door, from an address of its own within 127.0.0.0/8.</summary>
    /// <param name="number">Which address.</param>
    public Socket Connect(EndPoint target, int number)
    {
        var socket = target is IPEndPoint
            ? new Socket(
                AddressFamily.InterNetwork, IsDatagram ? SocketType.Dgram : SocketType.Stream,
                IsDatagram ? ProtocolType.Udp : ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (target is IPEndPoint)
                socket.Bind(new IPEndPoint(new IPAddress([127, 1, (byte)(number >> 8), (byte)(number | 1)]), 0));
            socket.Connect(target);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks as a good client does, on a new connection.</summary>
    /// <returns>False: there was no answer, or a wrong one, or it was late.</returns>
    public bool Ask(EndPoint target)
    {
        try
        {
            using var socket = Connect(target, 0);
            socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
            if (Question.Length == 0)
                return true; // Only another node is answered.
            socket.Send(Question);
            var received = new List<byte>();
            var buffer = new byte[4096];
            while (received.Count < 64 * 1024)
            {
                var count = socket.Receive(buffer);
                received.AddRange(buffer.AsSpan(0, count));
                if (received.ToArray().AsSpan().IndexOf(Answer) >= 0)
                    return true;
                if (count == 0)
                    return false;
            }

            return false;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
