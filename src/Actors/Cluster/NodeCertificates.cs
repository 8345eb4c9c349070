using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;
using Microsoft.Extensions.Logging;

namespace Screening.Actors.Cluster;

/// <summary>
/// The certificates of mutual TLS between nodes, read from PEM files and read again when these change. Another authority counts at once; to
/// show another certificate of its own the cluster system must start again, which <see cref="Changed"/> asks for. This node's own
/// certificate is held to the rules that the other nodes hold it to, so that an operator reads here why they would refuse it.
/// </summary>
internal sealed partial class NodeCertificates : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly PeerTls _tls;
    private readonly ILogger _log;
    private readonly PeerFaults? _faults;
    private readonly ITimer _timer;
    private volatile Loaded _now;
    private string _faulty = "";

    /// <param name="faults">Told of certificates that are not accepted.</param>
    /// <exception cref="PeerTlsException">A file cannot be read, or the certificate is not one of a node.</exception>
    public NodeCertificates(PeerTls tls, TimeProvider time, ILoggerFactory loggers, PeerFaults? faults = null)
    {
        _tls = tls;
        _log = loggers.CreateLogger<NodeCertificates>();
        _faults = faults;
        _now = Load(tls);
        _timer = time.CreateTimer(_ => LookAgain(), null, Period, Period);
    }

    /// <summary>This node has another certificate of its own. Raised on a thread of the timer.</summary>
    public event Action? Changed;

    /// <summary>What this node shows.</summary>
    public X509Certificate2 Own => _now.Own;

    /// <summary>Reads the files and holds them to the rules.</summary>
    /// <exception cref="PeerTlsException">A file cannot be read, or the certificate is not one of a node.</exception>
    public static void Check(PeerTls tls) => Load(tls).Own.Dispose();

    public DotNettySslSetup ToSetup() =>
        new(
            Own, suppressValidation: false, requireMutualAuthentication: true,
            (certificate, chain, peer, _, _) => Accepts(certificate, chain, peer));

    public void Dispose() => _timer.Dispose();

    /// <returns>Why the certificate of another node is not accepted, and what to do about it; null: it is.</returns>
    public string? Fault(X509Certificate2? certificate, X509Chain? shown) =>
        certificate is null ? "it shows no certificate" : _now.Fault(certificate, shown, _tls.Peers);

    internal void LookAgain()
    {
        Loaded next;
        try
        {
            next = Load(_tls);
        }
        catch (PeerTlsException e)
        {
            if (e.Message != _faulty)
            {
                _faulty = e.Message;
                NewFilesAreFaulty(_log, e.Message);
            }

            return;
        }

        _faulty = "";
        var last = _now;
        if (next.Digest == last.Digest)
            return;
        _now = next;
        ReadAgain(_log, next.Own.NotAfter);
        if (next.OwnDigest != last.OwnDigest)
            Changed?.Invoke();
    }

    private bool Accepts(X509Certificate2? certificate, X509Chain? shown, string peer)
    {
        if (Fault(certificate, shown) is not { } fault)
            return true;
        _faults?.RememberCertificate(peer, $"its certificate is not accepted: {fault}");
        return false;
    }

    private static Loaded Load(PeerTls tls)
    {
        try
        {
            var certificate = File.ReadAllText(tls.Certificate);
            var key = File.ReadAllText(tls.Key);
            var authorities = File.ReadAllText(tls.Ca);
            var between = new X509Certificate2Collection();
            between.ImportFromPem(certificate);
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(authorities);
            if (roots.Count == 0)
                throw new PeerTlsException($"{tls.Ca} holds no certificate");
            var ownDigest = DigestOf(certificate + key);
            var loaded = new Loaded(
                X509Certificate2.CreateFromPem(certificate, key), between, roots, ownDigest, ownDigest + DigestOf(authorities));
            return loaded.Fault(loaded.Own, null, tls.Peers) is { } fault
                ? throw new PeerTlsException($"other nodes would not accept this node's certificate {tls.Certificate}: {fault}")
                : loaded;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new PeerTlsException($"the cluster's certificate {tls.Certificate} with key {tls.Key}: {e.Message}", e);
        }
    }

    // Contents, not times: a mounted secret changes by a link to a folder.
    private static string DigestOf(string text) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    [LoggerMessage(ClusterEventIds.CertificatesAreFaulty, LogLevel.Error,
        "The cluster keeps the certificates that it has, because the new files cannot be used: {Reason}")]
    private static partial void NewFilesAreFaulty(ILogger log, string reason);

    [LoggerMessage(ClusterEventIds.CertificatesReadAgain, LogLevel.Information,
        "The cluster's certificates were read again; this node's own is valid until {Expires:u}")]
    private static partial void ReadAgain(ILogger log, DateTime expires);

    private sealed record Loaded(
        X509Certificate2 Own, X509Certificate2Collection Between, X509Certificate2Collection Authorities, string OwnDigest, string Digest)
    {
        /// <returns>Why the certificate is not one of a node of this fleet; null: it is.</returns>
        public string? Fault(X509Certificate2 certificate, X509Chain? shown, PeerNames peers)
        {
            using var chain = new X509Chain();
            var policy = chain.ChainPolicy;
            policy.RevocationMode = X509RevocationMode.NoCheck;
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(Authorities);
            policy.ExtraStore.AddRange(Between);
            policy.DisableCertificateDownloads = true;

            // An intermediate authority may be limited in what it signs.
            policy.ApplicationPolicy.Add(new Oid(CertificateRules.ServerAuthentication));
            policy.ApplicationPolicy.Add(new Oid(CertificateRules.ClientAuthentication));
            if (shown is not null)
                policy.ExtraStore.AddRange(shown.ChainElements.Select(element => element.Certificate).ToArray());
            var faults = chain.Build(certificate) ? [] : chain.ChainStatus.Select(status => status.Status).Distinct().ToList();
            return faults.Find(fault => fault != X509ChainStatusFlags.NotValidForUsage) is var fault and not X509ChainStatusFlags.NoError
                ? Words(fault)
                : CertificateRules.Fault(certificate, peers) ?? (faults.Count > 0 ? Words(faults[0]) : null);
        }

        private static string Words(X509ChainStatusFlags fault) => fault switch
        {
            X509ChainStatusFlags.NotTimeValid => "it has expired or is not valid yet; check the clock, or issue a new one",
            X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot =>
                "it was not signed by an authority in cluster.tls.ca, or an intermediate certificate is missing behind it",
            X509ChainStatusFlags.NotValidForUsage => "an authority that signed it is not for server and client authentication",
            X509ChainStatusFlags.NotSignatureValid => "its signature is wrong",
            _ => $"it fails the check {fault}",
        };
    }
}

/// <summary>PEM files cannot be used. The message is for the operator.</summary>
internal sealed class PeerTlsException(string message, Exception? inner = null) : Exception(message, inner);
