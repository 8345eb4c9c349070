using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Screening.Testing.Lab.Fleet;

/// <summary>An authority that signs certificates of nodes, in PEM files of a folder.</summary>
public sealed class FleetAuthority : IDisposable
{
    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    public FleetAuthority(string folder)
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fleet", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(PathOf("ca.pem"), _authority.ExportCertificatePem());
    }

    /// <summary>Signs a certificate for a node that is known by an address.</summary>
    /// <returns>The setting <c>cluster.tls</c> of that node.</returns>
    public string Issue(string name, IPAddress address)
    {
        var (certificate, key) = Sign(name, names => names.AddIpAddress(address));
        File.WriteAllText(PathOf($"{name}.pem"), certificate);
        File.WriteAllText(PathOf($"{name}.key"), key);
        return $$"""
            cluster.tls={ certificate = "{{PathOf($"{name}.pem")}}", key = "{{PathOf($"{name}.key")}}", ca = "{{PathOf("ca.pem")}}" }
            """;
    }

    /// <summary>Signs a certificate for host names, as the files of a Secret like those of cert-manager.</summary>
    public IReadOnlyDictionary<string, string> IssueSecret(string name, IEnumerable<string> hosts)
    {
        var (certificate, key) = Sign(name, names =>
        {
            foreach (var host in hosts)
                names.AddDnsName(host);
        });
        return new Dictionary<string, string>
        {
            ["tls.crt"] = certificate,
            ["tls.key"] = key,
            ["ca.crt"] = _authority.ExportCertificatePem(),
        };
    }

    public void Dispose() => _authority.Dispose();

    private (string Certificate, string Key) Sign(string name, Action<SubjectAlternativeNameBuilder> addNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        addNames(names);
        request.CertificateExtensions.Add(names.Build());
        var from = DateTimeOffset.UtcNow.AddDays(-1);
        using var certificate = request.Create(_authority, from, from.AddDays(10), RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private string PathOf(string file) => Path.Combine(_folder, file);
}
