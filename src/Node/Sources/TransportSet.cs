using System.Collections.Concurrent;
using Screening.Actors.Checks;
using Screening.Node.Configuration;
using Screening.Node.Sources.Dns;

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
    public IP0fTransport P0f(string socket) => throw new NotSupportedException(socket);

    /// <summary>A custom check.</summary>
    public ICustomTransport Custom(CustomOptions custom) => throw new NotSupportedException(custom.Name);

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

    private T Get<T>(string key, Func<T> create)
        where T : class => (T)_transports.GetOrAdd(key, _ => create());
}
