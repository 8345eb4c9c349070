using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// Tries whether an address accepts connections, before Akka does. Akka.Remote ends its whole system when a TLS handshake that it began
/// fails, so that one seed with a bad certificate would end every node; and it warns of each address that does not answer, each time.
/// </summary>
internal sealed class SeedProbe(ClusterSystemSetup setup)
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    private readonly bool _usesIPv6 = ClusterSystem.UsesIPv6(setup.Settings);

    /// <returns>Why there can be no connection; null: there can.</returns>
    public async Task<string?> TryAsync(Address address)
    {
        using var limit = new CancellationTokenSource(setup.Timings.Answer, setup.Time);
        try
        {
            await ConnectAsync(address, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return "no answer";
        }
        catch (Exception fault)
        {
            // Sockets, TLS and certificates fail in many ways, and each is one seed that cannot be asked now.
            return fault.Message;
        }
    }

    private async Task ConnectAsync(Address address, CancellationToken limit)
    {
        var host = address.Host.Trim('[', ']');
        var literal = await ResolveAsync(host, limit).ConfigureAwait(false);
        using var socket = new TcpClient(literal.AddressFamily);
        await socket.ConnectAsync(literal, address.Port ?? 0, limit).ConfigureAwait(false);
        if (setup.Certificates is { } certificates)
            await HandshakeAsync(socket, host, certificates, limit).ConfigureAwait(false);
    }

    // Under TLS 1.3 the handshake ends here before the other side has judged this node's certificate, and a connection that is dropped
    // meanwhile looks like an attack there.
    private async Task HandshakeAsync(TcpClient socket, string host, NodeCertificates certificates, CancellationToken limit)
    {
        string? fault = null;
        var stream = new SslStream(socket.GetStream());
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                await stream.AuthenticateAsClientAsync(Options(certificates, host, found => fault = found), limit).ConfigureAwait(false);
            }
            catch (AuthenticationException) when (fault is not null)
            {
                throw new IOException($"its certificate is not accepted: {fault}");
            }

            await HearRefusalAsync(stream, limit).ConfigureAwait(false);
            await stream.ShutdownAsync().ConfigureAwait(false);
        }
    }

    private async Task HearRefusalAsync(SslStream stream, CancellationToken limit)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(limit);
        var read = stream.ReadAsync(new byte[1], enough.Token).AsTask();
        try
        {
            _ = await read.WaitAsync(Settle, setup.Time, limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Accepted: the other side waits.
            await enough.CancelAsync().ConfigureAwait(false);
            await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        catch (IOException)
        {
            // An alert, or the end of the connection.
        }

        throw new IOException("it does not accept this node's certificate; its log says why");
    }

    // Of a name's addresses remoting takes the last one of the family that it uses.
    private async Task<IPAddress> ResolveAsync(string host, CancellationToken limit)
    {
        if (IPAddress.TryParse(host, out var literal))
            return literal;
        var family = _usesIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return (await setup.Resolve(host, limit).ConfigureAwait(false)).LastOrDefault(address => address.AddressFamily == family)
            ?? throw new IOException($"the name has no {(_usesIPv6 ? "IPv6" : "IPv4")} address, which cluster.listen asks for");
    }

    private static SslClientAuthenticationOptions Options(NodeCertificates certificates, string host, Action<string?> judged) => new()
    {
        TargetHost = host,
        ClientCertificates = [certificates.Own],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, shown, chain, _) =>
        {
            var fault = certificates.Fault(shown as X509Certificate2, chain);
            judged(fault);
            return fault is null;
        },
    };
}
