using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Screening.Actors.Cluster;

namespace Screening.Actors.Tests.Cluster;

/// <summary>What a certificate says of itself.</summary>
internal sealed record CertificateForm
{
    public int GoodForDays { get; init; } = 10;

    /// <summary>Object identifiers of the extended key usage; empty: no such extension.</summary>
    public string[] Uses { get; init; } = [CertificateRules.ServerAuthentication, CertificateRules.ClientAuthentication];

    /// <summary>Alternative names: IP addresses, host names, mail addresses.</summary>
    public string[] Names { get; init; } = ["127.0.0.1"];
}

/// <summary>An authority, and certificates that it signed, in files of their own.</summary>
internal sealed class NodePems : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-pems-").FullName;
    private readonly X509Certificate2 _authority;

    public NodePems()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=authority {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(30));
        Files = new PeerTls(
            Path.Combine(_folder, "node.crt"), Path.Combine(_folder, "node.key"), Path.Combine(_folder, "ca.crt"),
            new PeerNames(["127.0.0.1"]));
        Trust(this);
        Issue();
    }

    public PeerTls Files { get; }

    /// <summary>Writes a new certificate and its key.</summary>
    public void Issue(int goodForDays = 10) => Issue(new CertificateForm { GoodForDays = goodForDays });

    /// <summary>Writes a new certificate of some form and its key.</summary>
    public void Issue(CertificateForm form)
    {
        var goodForDays = form.GoodForDays;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (form.Uses.Length > 0)
        {
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([.. form.Uses.Select(use => new Oid(use))], critical: false));
        }

        if (form.Names.Length > 0)
            request.CertificateExtensions.Add(AlternativeNames(form.Names));
        var from = DateTimeOffset.UtcNow.AddDays(-1);
        using var certificate = request.Create(_authority, from, from.AddDays(goodForDays), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Files.Key, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Writes whose certificates are accepted.</summary>
    public void Trust(params NodePems[] authorities) =>
        File.WriteAllText(Files.Ca, string.Join('\n', authorities.Select(pems => pems._authority.ExportCertificatePem())));

    public X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(Files.Certificate, Files.Key);

    private static X509Extension AlternativeNames(string[] names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (name.Contains('@', StringComparison.Ordinal))
                builder.AddEmailAddress(name);
            else if (IPAddress.TryParse(name, out var address))
                builder.AddIpAddress(address);
            else
                builder.AddDnsName(name);
        }

        return builder.Build();
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
