using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Lab;

/// <summary>A plain client of the plug-in protocol: lines of name=value, ended by an empty line.</summary>
public sealed class PluginClient : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;

    private PluginClient(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket, ownsSocket: true), Encoding.ASCII);
    }

    /// <param name="uri">tcp://HOST:PORT or unix:///PATH, as a <c>listening</c> line gives it.</param>
    /// <param name="inside">For TCP: the namespace in which that address lives.</param>
    public static async Task<PluginClient> ConnectAsync(Uri uri, NetworkNamespace? inside = null)
    {
        if (uri.Scheme == "unix")
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(uri.AbsolutePath));
            return new PluginClient(socket);
        }

        var endPoint = new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port);
        if (inside is not null)
            return new PluginClient(await inside.ConnectAsync(endPoint));

        var tcp = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await tcp.ConnectAsync(endPoint);
        return new PluginClient(tcp);
    }

    /// <summary>A request in the form of 2012, with the id that lets replies come out of order.</summary>
    public static string Request2012(IPAddress client, string id) =>
        $"query_id={id}\naddress_family={(client.AddressFamily == AddressFamily.InterNetwork ? "ipv4" : "ipv6")}\nprotocol=tcp\n"
        + $"local_address={NetworkLab.MxAddress}\nlocal_port=25\nremote_address={client}\nremote_port=4711\n\n";

    /// <summary>A request in the form of 2016, one at a time.</summary>
    public static string Request2016(IPAddress client) =>
        $"client_address={client}\nclient_port=4711\nserver_address={NetworkLab.MxAddress}\nserver_port=25\n\n";

    public async Task SendAsync(string text) => await _socket.SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>The next reply, or null when the server has closed.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> ReadReplyAsync(TimeSpan? within = null)
    {
        var reply = new Dictionary<string, string>();
        while (await ReadLineAsync(within ?? Waiting.Limit, reply) is { } line)
        {
            if (line.Length == 0)
                return reply;

            var at = line.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                throw new InvalidDataException($"not name=value: {line}");

            reply[line[..at]] = line[(at + 1)..];
        }

        return reply.Count == 0 ? null : throw new EndOfStreamException("closed within a reply");
    }

    public async Task<IReadOnlyDictionary<string, string>> AskAsync(string request, TimeSpan? within = null)
    {
        await SendAsync(request);
        return await ReadReplyAsync(within) ?? throw new EndOfStreamException("closed instead of a reply");
    }

    public void Dispose() => _reader.Dispose();

    private async Task<string?> ReadLineAsync(TimeSpan within, Dictionary<string, string> soFar)
    {
        using var timeout = new CancellationTokenSource(within);
        try
        {
            return await _reader.ReadLineAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no line of a reply within {within.TotalSeconds:0.#} s after: {string.Join(", ", soFar)}");
        }
    }
}
