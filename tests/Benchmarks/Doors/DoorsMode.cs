using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Peers;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Bench = Screening.Benchmarks.Macro.Bench;

namespace Screening.Benchmarks.Doors;

/// <summary>
/// The doors of stock Postfix beside the part that is stock there: memcached, rbldnsd, unbound, a policy server that answers a constant.
/// One load client for both: connections that each have one request in flight, as postscreen, a resolver and smtpd have. Every client
/// passed before.
/// </summary>
internal static class DoorsMode
{
    private const int Connections = 16;
    private const int Clients = 200;
    private const string Zone = "screening.internal";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync(Bench bench)
    {
        using var folder = new TemporaryFolder();
        using var node = bench.StartNode(
            null, "endpoints.memcache=[\"tcp://127.0.0.1:0\"]", "endpoints.policy=[\"tcp://127.0.0.1:0\"]",
            "endpoints.dnsbl=[\"udp://127.0.0.1:0\"]",
            $"endpoints.dnsblog=[\"unix://{folder["dnsblog"]}\"]", FleetLab.PassEverybody);
        using var echo = bench.StartEcho();
        await using var memcached = await Memcached.StartAsync(null, Peer.FreeEndPoint());
        await using var rbldnsd = await RblDnsd.StartAsync(
            null, Peer.FreeEndPoint(), new Dictionary<string, Listing[]> { [Zone] = [new Listing("127.0.0.2", "127.0.0.2")] });
        await using var unbound = await Unbound.StartAsync(
            null, Peer.FreeEndPoint(), new Dictionary<string, IPEndPoint> { [Zone] = rbldnsd.EndPoint });

        await using var dnsblog = await StockDnsblog.StartAsync();

        Subject[] memcache = [new(node.EndpointOf("memcache", "tcp"), Talk.Stream), new(memcached.EndPoint, Talk.Stream)];
        foreach (var subject in memcache)
            Fill(subject);
        var table = new Table(
            "Doors beside the stock part", "door", "beside", "/s", "stock /s", "ratio", "p50 us", "p99 us", "stock p50 us", "stock p99 us");
        await CompareAsync(bench, table, "memcache get", "memcached", memcache, GetRequest, IsHit);
        foreach (var (name, stock) in new[] { ("rbldnsd", rbldnsd.EndPoint), ("unbound, from its cache", unbound.EndPoint) })
        {
            await CompareAsync(
                bench, table, "dnsbl, not listed", name, [new(node.EndpointOf("dnsbl", "udp"), Talk.Datagrams), new(stock, Talk.Datagrams)],
                DnsRequest,
                IsNotListed);
        }

        await CompareAsync(
            bench, table, "dnsblog, not listed", "dnsblog, unbound",
            [new(node.EndpointOf("dnsblog", "unix"), Talk.ConnectionEach), new(dnsblog.EndPoint, Talk.ConnectionEach)], DnsblogRequest,
            IsDnsblogReply);
        await CompareAsync(
            bench, table, "policy", "a constant",
            [new(node.EndpointOf("policy", "tcp"), Talk.Stream), new(echo.EndpointOf("plugin", "tcp"), Talk.Stream)],
            PolicyRequest, IsReply);
        table.Print();
        return 0;
    }

    private static async Task CompareAsync(
        Bench bench, Table table, string door, string beside, Subject[] subjects, Func<int, byte[]> request, IsWhole isWhole)
    {
        if (!bench.Options.IsMeantPhase($"{door} {beside}"))
            return;
        byte[][] requests = [.. Enumerable.Range(0, Clients).Select(request)];
        var runs = subjects.Select(_ => new List<Outcome>()).ToArray();
        foreach (var subject in subjects)
            await MeasureAsync(subject, requests, isWhole, WarmUp);
        for (var round = 0; round < (bench.Options.Rounds ?? 3); round++)
        {
            for (var i = 0; i < subjects.Length; i++)
                runs[i].Add(await MeasureAsync(subjects[i], requests, isWhole, bench.Options.Length(2)));
        }

        string Shown(int i, Func<Outcome, double> value) => runs[i].Select(value).Median().Rate();
        table.Add(
            door, beside, Shown(0, r => r.PerSecond), Shown(1, r => r.PerSecond),
            runs[0].Zip(runs[1], (o, s) => o.PerSecond / s.PerSecond).Median().Ratio(),
            Shown(0, r => r.P50), Shown(0, r => r.P99), Shown(1, r => r.P50), Shown(1, r => r.P99));
    }

    private static async Task<Outcome> MeasureAsync(Subject subject, byte[][] requests, IsWhole isWhole, TimeSpan length)
    {
        var watch = Stopwatch.StartNew();
        // A thread for each: the load client shall not be what is measured.
        var latencies = await Task.WhenAll(Enumerable.Range(0, Connections).Select(worker => Task.Factory.StartNew(
            () => Ask(subject, requests, worker, isWhole, () => watch.Elapsed < length),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        var sorted = latencies.SelectMany(l => l).Order().ToList();
        return new Outcome(sorted.Count / watch.Elapsed.TotalSeconds, sorted[sorted.Count / 2], sorted[(int)(sorted.Count * .99)]);
    }

    private static List<double> Ask(Subject subject, byte[][] requests, int next, IsWhole isWhole, Func<bool> goesOn)
    {
        var (buffer, latencies) = (new byte[4096], new List<double>());
        var socket = subject.Connect();
        while (goesOn())
        {
            var started = Stopwatch.GetTimestamp();
            if (subject.Talk == Talk.ConnectionEach)
            {
                socket.Dispose();
                socket = subject.Connect();
            }

            socket.Send(requests[next++ % requests.Length]);
            for (var got = 0; got == 0 || !isWhole(buffer.AsSpan(0, got));)
            {
                var read = socket.Receive(buffer, got, buffer.Length - got, SocketFlags.None);
                got += read > 0 ? read : throw new ServerException($"{subject.Endpoint} closed the connection");
            }

            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        socket.Dispose();
        return latencies;
    }

    private static void Fill(Subject subject)
    {
        using var socket = subject.Connect();
        var until = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 86400;
        for (var i = 0; i < Clients; i++)
        {
            var value = FormattableString.Invariant($"{until};{until};1;1;1");
            socket.Send(Encoding.ASCII.GetBytes(FormattableString.Invariant($"set {Key(i)} 0 2592000 {value.Length}\r\n{value}\r\n")));
            var answer = new byte[64];
            if (!answer.AsSpan(0, socket.Receive(answer)).SequenceEqual("STORED\r\n"u8))
                throw new ServerException($"{subject.Endpoint} does not store: {Encoding.ASCII.GetString(answer)}");
        }
    }

    private static string Key(int client) => FormattableString.Invariant($"postscreen:203.0.113.{client}");

    private static byte[] GetRequest(int client) => Encoding.ASCII.GetBytes($"get {Key(client)}\r\n");

    private static byte[] PolicyRequest(int client) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=198.51.100.{client}\n"
        + $"client_name=unknown\nclient_port=39499\nreverse_client_name=unknown\nserver_address=127.0.1.1\n"
        + $"server_port=25\nhelo_name=client.test\nsender=a@sender.test\nrecipient=user@example.com\n"
        + $"recipient_count=0\nqueue_id=\ninstance=\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\n"
        + $"sasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
        + $"encryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=mx1\n\n"));

    // What postscreen sends; the stock dnsblog asks its resolver for this list, ours is that list.
    private static byte[] DnsblogRequest(int client) =>
        Encoding.ASCII.GetBytes(FormattableString.Invariant($"rbl_domain\0{Zone}\0client_address\0198.51.100.{client}\0label\04\0\0"));

    private static byte[] DnsRequest(int client)
    {
        var name = FormattableString.Invariant($"{client}.100.51.198.{Zone}");
        return [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
            .. name.Split('.').SelectMany(l => (byte[])[(byte)l.Length, .. Encoding.ASCII.GetBytes(l)]), 0, 0, 1, 0, 1];
    }

    // What another answer is ends the run: a part that refuses quickly is no measure.
    private static bool IsHit(ReadOnlySpan<byte> answer) =>
        answer.StartsWith("VALUE "u8[..Math.Min(6, answer.Length)]) ? answer.EndsWith("END\r\n"u8) : throw Unexpected(answer);

    // NXDOMAIN, RFC 1035 section 4.1.1
    private static bool IsNotListed(ReadOnlySpan<byte> answer) => (answer[3] & 15) == 3 ? true : throw Unexpected(answer);

    private static bool IsDnsblogReply(ReadOnlySpan<byte> answer) =>
        answer.EndsWith("\0\0"u8) && (answer.IndexOf("rbl_addr\0\0ttl\0"u8) > 0 ? true : throw Unexpected(answer));

    private static bool IsReply(ReadOnlySpan<byte> answer) => answer.EndsWith("\n\n"u8);

    private static ServerException Unexpected(ReadOnlySpan<byte> answer) => new($"unexpected answer: {Convert.ToHexString(answer)}");

    private delegate bool IsWhole(ReadOnlySpan<byte> answer);

    private readonly record struct Outcome(double PerSecond, double P50, double P99);

    private enum Talk
    {
        Stream,
        ConnectionEach,
        Datagrams,
    }

    private sealed record Subject(EndPoint Endpoint, Talk Talk)
    {
        public Socket Connect()
        {
            var socket = Talk switch
            {
                Talk.Datagrams => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp),
                Talk.ConnectionEach => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
                _ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            };
            socket.ReceiveTimeout = 5000;
            socket.Connect(Endpoint);
            return socket;
        }
    }
}
