using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Connections;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints;

/// <summary>An address cannot be listened on. The message is for the operator.</summary>
internal sealed class EndpointException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Opens the configured addresses through Kestrel, and knows which ones they became.</summary>
internal sealed class Listeners(ScreeningOptions options)
{
    /// <summary>Bytes of one connection that wait for the socket. A session that writes more waits until half of them are sent.</summary>
    public const int MaxUnsentBytes = 16 * 1024;

    /// <summary>Bytes of one connection that were received and not looked at yet; beyond them the peer is no longer read.</summary>
    public const int MaxUnreadBytes = 16 * 1024;

    /// <summary>
    /// Connections that wait to be accepted. The kernel takes no more than net.core.somaxconn, which is 4096 since Linux 5.4 (listen(2)).
    /// </summary>
    public const int Backlog = 4096;

    // 0660: Postfix, which runs as a user of its own, connects as a member of the socket's group.
    private const UnixFileMode UsualMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly Dictionary<string, UnixFileMode> _socketModes = [];
    private readonly List<(Door Door, EndpointAddress Address, ListenOptions Listen)> _open = [];
    private readonly HashSet<EndPoint> _doors = new(ReferenceEqualityComparer.Instance);

    /// <summary>When the certificate of the HTTP door ends; null: it shows none.</summary>
    public DateTimeOffset? CertificateExpiry { get; private set; }

    /// <summary>How sockets are made: with the mode that was asked for set before anybody can connect.</summary>
    public void Configure(SocketTransportOptions transport)
    {
        transport.MaxReadBufferSize = MaxUnreadBytes;
        transport.MaxWriteBufferSize = MaxUnsentBytes;
        transport.Backlog = Backlog;
        transport.CreateBoundListenSocket = Bind;
    }

    /// <summary>True if connections at this address are those of a door with sessions (<see cref="Doors"/>), and not HTTP.</summary>
    public bool IsDoor(EndPoint endpoint) => _doors.Contains(endpoint);

    /// <summary>Adds every address.</summary>
    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        kestrel.Limits.MaxResponseBufferSize = MaxUnsentBytes;
        var gates = kestrel.ApplicationServices.GetRequiredService<ConnectionGates>();
        var doors = kestrel.ApplicationServices.GetRequiredService<Doors>();
        foreach (var (door, address) in options.Endpoints.All().Where(e => e.Address.Scheme != EndpointScheme.Udp))
        {
            Listen(kestrel, door, address, listen =>
            {
                listen.Use(serve => connection => gates.Of(door).PassAsync(connection, address.Allow, serve));
                if (door == Door.Http)
                    UseHttp(listen);
                else
                    listen.Run(connection => doors.ServeAsync(door, connection));
            });
        }
    }

    /// <summary>The addresses that are open, with the ports that were really taken.</summary>
    public IReadOnlyList<OpenEndpoint> Opened() =>
        [.. _open.Select(o => new OpenEndpoint(o.Door.Word(), UriOf(o.Address, o.Listen.EndPoint)))];

    private void Listen(KestrelServerOptions kestrel, Door door, EndpointAddress address, Action<ListenOptions> use)
    {
        if (address.IsUnix)
        {
            UnixSocketFile.MakeRoom(address.Path);
            _socketModes[address.Path] = address.Mode ?? UsualMode;
            kestrel.ListenUnixSocket(address.Path, listen => Add(listen));
            return;
        }

        foreach (var host in Resolve(door, address))
            kestrel.Listen(host, address.Port, listen => Add(listen));

        void Add(ListenOptions listen)
        {
            use(listen);
            if (door != Door.Http)
                _doors.Add(listen.EndPoint);
            _open.Add((door, address, listen));
        }
    }

    private void UseHttp(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        if (options.Http.Certificate.Length == 0 || listen.EndPoint is not IPEndPoint)
            return;
        var certificate = X509Certificate2.CreateFromPemFile(options.Http.Certificate, options.Http.Key);
        CertificateExpiry = certificate.NotAfter;
        listen.UseHttps(certificate);
    }

    /// <summary>Makes the socket of an address.</summary>
    /// <exception cref="EndpointException">It cannot be listened on.</exception>
    public Socket Bind(EndPoint endpoint)
    {
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            if (endpoint is UnixDomainSocketEndPoint unix && _socketModes.TryGetValue(unix.ToString(), out var mode))
                File.SetUnixFileMode(unix.ToString(), mode);
            return socket;
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new EndpointException(
                endpoint is UnixDomainSocketEndPoint
                    ? UnixSocketFile.Explain(endpoint.ToString()!, fault)
                    : $"cannot listen on {endpoint}: {fault.Message}", fault);
        }
    }

    /// <summary>The addresses of an endpoint.</summary>
    /// <exception cref="EndpointException">Its name cannot be resolved.</exception>
    public static IPAddress[] Resolve(Door door, EndpointAddress address)
    {
        if (IPAddress.TryParse(address.Host, out var literal))
            return [literal];
        try
        {
            return [.. Dns.GetHostAddresses(address.Host).Distinct()];
        }
        catch (SocketException fault)
        {
            throw new EndpointException($"endpoints.{door.Word()}: cannot resolve '{address.Host}': {fault.Message}", fault);
        }
    }

    private static string UriOf(EndpointAddress configured, EndPoint bound) => bound switch
    {
        IPEndPoint ip => (configured with { Host = ip.Address.ToString(), Port = ip.Port, Allow = null }).ToString(),
        _ => $"unix://{configured.Path}",
    };
}
