using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.P0f;
using Screening.Node.Configuration;
using Screening.Node.Sources.Custom;
using Screening.Node.Sources.Dns;
using Screening.Node.Sources.P0f;

namespace Screening.Node.Sources;

/// <summary>
/// The transports in use. The same settings always give the same transport, so that a reload keeps connections and programs that did not
/// change; what a reload no longer needs ends with the process.
/// </summary>
internal sealed class TransportSet(TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, object> _transports = new();

    /// <summary>The resolver.</summary>
    public IDnsTransport Dns(DnsblOptions dnsbl) => Get<IDnsTransport>(
        "dns " + string.Join(' ', dnsbl.Resolver),
        () => new DnsTransport(new DnsTransportSettings { Resolvers = [.. dnsbl.Resolver] }, time, loggers.CreateLogger<DnsTransport>()));

    /// <summary>p0f's API.</summary>
    public IP0fTransport P0f(string socket) => Get<IP0fTransport>(
        "p0f " + socket, () =>
        {
            var p0f = new P0fConnection(socket, time, loggers.CreateLogger<P0fConnection>());
            p0f.Start();
            return p0f;
        });

    /// <summary>A custom check.</summary>
    public ICustomTransport Custom(CustomOptions custom) => Get<ICustomTransport>(
        $"custom {custom.Name} {custom.Plugin} {custom.Url?.Reveal()} {string.Join(' ', custom.Command)}", () => CreateCustom(custom));

    public async ValueTask DisposeAsync()
    {
        foreach (var transport in _transports.Values)
        {
            if (transport is IAsyncDisposable asynchronous)
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            else if (transport is IDisposable disposable)
                disposable.Dispose();
        }
    }

    private ICustomTransport CreateCustom(CustomOptions custom)
    {
        if (custom.Url is { } url)
            return new UrlTransport(custom.Name, new Uri(url.Reveal()), time, loggers.CreateLogger<UrlTransport>());
        if (custom.Plugin is { } address)
        {
            var plugin = new PluginTransport(custom.Name, EndPointOf(address), time, loggers.CreateLogger<PluginTransport>());
            plugin.Start();
            return plugin;
        }

        var command = new CommandTransport(custom.Name, custom.Command, time, loggers.CreateLogger<CommandTransport>());
        command.Start();
        return command;
    }

    private static EndPoint EndPointOf(EndpointAddress address) =>
        address.IsUnix ? new UnixDomainSocketEndPoint(address.Path)
        : IPAddress.TryParse(address.Host, out var ip) ? new IPEndPoint(ip, address.Port)
        : new DnsEndPoint(address.Host, address.Port);

    private T Get<T>(string key, Func<T> create)
        where T : class => (T)_transports.GetOrAdd(key, _ => create());
}
