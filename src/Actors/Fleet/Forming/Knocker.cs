using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Event;

namespace Screening.Actors.Fleet.Forming;

/// <summary>
/// Tries whether a place can be spoken to, before Akka does. Akka.Remote ends its whole system when a TLS handshake that it began fails, so
/// that one seed with a bad certificate would end every node; and it warns of each place that is not there, each time.
/// </summary>
internal sealed class Knocker(FleetHostSetup setup)
{
    /// <returns>Why it can not be spoken to; null: it can.</returns>
    public async Task<string?> KnockAsync(Address place)
    {
        using var limit = new CancellationTokenSource(setup.Timings.Answer, setup.Time);
        try
        {
            using var socket = new TcpClient();
            var host = place.Host.Trim('[', ']');
            await socket.ConnectAsync(host, place.Port ?? 0, limit.Token).ConfigureAwait(false);
            if (setup.Certificates is { } certificates)
            {
                var stream = new SslStream(socket.GetStream());
                await using (stream.ConfigureAwait(false))
                {
                    await stream.AuthenticateAsClientAsync(Options(certificates, host), limit.Token).ConfigureAwait(false);
                }
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return "no answer";
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return e.Message;
        }
    }

    private static SslClientAuthenticationOptions Options(FleetCertificates certificates, string host) => new()
    {
        TargetHost = host,
        ClientCertificates = [certificates.Own],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
            certificates.Accept(shown as X509Certificate2, chain, host, errors, NoLogger.Instance),
    };
}
