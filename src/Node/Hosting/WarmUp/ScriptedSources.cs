using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Screening.Protocol.Dns;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting.WarmUp;

/// <summary>
/// A resolver and a p0f for a rehearsal: a list that has nobody and is silent about every third client, and a p0f that has never seen anybody.
/// </summary>
internal sealed class ScriptedSources : IDisposable
{
    /// <summary>The list.</summary>
    public const string List = "list.invalid";

    // RFC 2544 section C.2.2: addresses of benchmarks, never of a client.
    private const uint FirstClient = 0xC6120000;
    private const int SilentEvery = 3;

    // sockaddr_un has room for 108 bytes.
    private const int LongestSocketPath = 100;

    private readonly Socket _resolver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket? _p0f;
    private readonly string _p0fPath;

    public ScriptedSources(string folder)
    {
        _resolver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _ = ResolveAsync();
        _p0fPath = Path.Combine(folder, "p0f");
        if (_p0fPath.Length > LongestSocketPath)
            return;
        _p0f = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _p0f.Bind(new UnixDomainSocketEndPoint(_p0fPath));
        _p0f.Listen();
        _ = AcceptP0fAsync(_p0f);
    }

    /// <summary>Where the resolver is.</summary>
    public EndPoint Resolver => _resolver.LocalEndPoint!;

    /// <summary>The settings that point to p0f; none where the folder's path is too long for a socket.</summary>
    public IEnumerable<string> P0fSettings => _p0f is null ? [] : [$"p0f.socket={_p0fPath}"];

    /// <summary>The client of a round.</summary>
    public static ClientAddress Client(int round) => ClientAddress.FromIPv4(FirstClient + (uint)round);

    /// <summary>True if the list does not answer about the client of that round.</summary>
    public static bool IsSilentAbout(int round) => round % SilentEvery == 0;

    public void Dispose()
    {
        _resolver.Dispose();
        _p0f?.Dispose();
    }

    private async Task ResolveAsync()
    {
        var message = new byte[512];
        try
        {
            while (true)
            {
                var received = await _resolver.ReceiveFromAsync(message, Resolver).ConfigureAwait(false);
                if (DnsRequest.Read(message.AsSpan(0, received.ReceivedBytes)).Name is not { } name || IsSilentAbout(RoundOf(name)))
                    continue;
                NotListed(message);
                await _resolver.SendToAsync(message.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The rehearsal is over.
        }
    }

    // The client's last octet stands first in the name.
    private static int RoundOf(string name) => int.Parse(name.AsSpan(0, name.IndexOf('.')), CultureInfo.InvariantCulture);

    // QR, RD, RA and NXDOMAIN (RFC 1035 section 4.1.1); the question, and an OPT record behind it, stay as they came.
    private static void NotListed(byte[] message) => (message[2], message[3]) = (0x81, 0x83);

    private static async Task AcceptP0fAsync(Socket listener)
    {
        try
        {
            while (true)
                _ = AnswerP0fAsync(await listener.AcceptAsync().ConfigureAwait(false));
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The rehearsal is over.
        }
    }

    private static async Task AnswerP0fAsync(Socket asker)
    {
        var noMatch = new byte[P0fReplyReader.Length];
        MemoryMarshal.Write(noMatch, P0fReplyReader.Magic);
        MemoryMarshal.Write(noMatch.AsSpan(4), (uint)P0fStatus.NoMatch);
        var query = new byte[256];
        using (asker)
        {
            try
            {
                while (await asker.ReceiveAsync(query).ConfigureAwait(false) > 0)
                    await asker.SendAsync(noMatch).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // The rehearsal is over.
            }
        }
    }
}
