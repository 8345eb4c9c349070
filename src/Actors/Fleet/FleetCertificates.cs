using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Microsoft.Extensions.Logging;

namespace Screening.Actors.Fleet;

/// <summary>
/// The certificates of mutual TLS between nodes, read from PEM files and read again when these change. Another authority counts at once; to
/// show another certificate of its own the cluster system must start again, which <see cref="Changed"/> asks for.
/// </summary>
internal sealed class FleetCertificates : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly FleetTls _files;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private volatile Loaded _now;
    private string _faulty = "";

    /// <exception cref="FleetTlsException">A file can not be read or is of no use.</exception>
    public FleetCertificates(FleetTls files, TimeProvider time, ILoggerFactory loggers)
    {
        _files = files;
        _log = loggers.CreateLogger<FleetCertificates>();
        _now = Load(files);
        _timer = time.CreateTimer(_ => LookAgain(), null, Period, Period);
    }

    /// <summary>This node has another certificate of its own. Raised on a thread of the timer.</summary>
    public event Action? Changed;

    /// <summary>What this node shows.</summary>
    public X509Certificate2 Own => _now.Own;

    public DotNettySslSetup ToSetup() => new(Own, suppressValidation: false, requireMutualAuthentication: true, Accept);

    public void Dispose() => _timer.Dispose();

    // The host's name is not compared: nodes are reached by names and addresses alike, and who connects shows none.
    internal bool Accept(X509Certificate2? certificate, X509Chain? shown, string peer, SslPolicyErrors errors, ILoggingAdapter log)
    {
        if (certificate is null)
        {
            log.Warning("Node {0} shows no certificate", peer);
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        var now = _now;
        chain.ChainPolicy.ExtraStore.AddRange(now.Between);
        if (shown is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(shown.ChainElements.Select(element => element.Certificate).ToArray());
        }

        if (now.Authorities.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(now.Authorities);
        }

        if (chain.Build(certificate))
        {
            return true;
        }

        log.Warning("The certificate of node {0} is refused: {1}", peer, string.Join(", ", chain.ChainStatus.Select(status => status.Status)));
        return false;
    }

    internal void LookAgain()
    {
        Loaded next;
        try
        {
            next = Load(_files);
        }
        catch (FleetTlsException e)
        {
            if (e.Message != _faulty)
            {
                _faulty = e.Message;
                _log.LogError("The cluster goes on with the certificates that it has: {Reason}", e.Message);
            }

            return;
        }

        _faulty = "";
        var last = _now;
        if (next.Print == last.Print)
        {
            return;
        }

        _now = next;
        _log.LogInformation("The cluster's certificates were read again; this node's is good until {Expires:u}", next.Own.NotAfter);
        if (next.OwnPrint != last.OwnPrint)
        {
            Changed?.Invoke();
        }
    }

    private static Loaded Load(FleetTls files)
    {
        try
        {
            var certificate = File.ReadAllText(files.Certificate);
            var key = File.ReadAllText(files.Key);
            var authorities = files.Ca.Length == 0 ? "" : File.ReadAllText(files.Ca);
            var between = new X509Certificate2Collection();
            between.ImportFromPem(certificate);
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(authorities);
            if (files.Ca.Length > 0 && roots.Count == 0)
            {
                throw new FleetTlsException($"{files.Ca} holds no certificate");
            }

            var ownPrint = Print(certificate + key);
            return new Loaded(X509Certificate2.CreateFromPem(certificate, key), between, roots, ownPrint, ownPrint + Print(authorities));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new FleetTlsException($"the cluster's certificate {files.Certificate} with key {files.Key}: {e.Message}", e);
        }
    }

    // Contents, not times: a mounted secret changes by a link to a folder.
    private static string Print(string text) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private sealed record Loaded(
        X509Certificate2 Own, X509Certificate2Collection Between, X509Certificate2Collection Authorities, string OwnPrint, string Print);
}

/// <summary>A PEM file can not be used. The message is for the operator.</summary>
internal sealed class FleetTlsException(string message, Exception? inner = null) : Exception(message, inner);
