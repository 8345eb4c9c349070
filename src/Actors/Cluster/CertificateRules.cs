using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Cluster;

/// <summary>
/// Says which certificates belong to nodes of the fleet, from what the certificate itself says. Each node is both ends of connections, so
/// it must be for server and client authentication; and it must name a node. RFC 5280 section 4.2.1.12 takes a certificate without
/// the extension "extended key usage" for unrestricted. Here it must be present and list both, because the certificates that an authority
/// made for other purposes are the ones to keep out.
/// </summary>
internal static class CertificateRules
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <returns>Why the certificate is not one of a node, and what to do about it; null: it is.</returns>
    public static string? Fault(X509Certificate2 certificate, PeerNames peers)
    {
        var (isServer, isClient) = UsesOf(certificate);
        if (!isServer || !isClient)
        {
            return $"it is not for {(isServer ? "client" : isClient ? "server" : "server and client")} authentication;"
                + " issue one with extendedKeyUsage = serverAuth, clientAuth";
        }

        var names = NamesOf(certificate);
        if (peers.ContainsAny(names))
            return null;
        var shown = names.Count == 0 ? "it has no subjectAltName" : $"it names {PeerText.Clean(string.Join(", ", names), 200)}";
        return $"{shown}; expected is one of {PeerText.Clean(peers.ToString(), 500)} (cluster.peers, or the hosts of cluster.seeds)";
    }

    /// <summary>
    /// Host names and IP addresses of the certificate's subjectAltName; the common name does not count (RFC 9525 section 2).
    /// </summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())))];
        }
        catch (Exception fault) when (fault is CryptographicException or AsnContentException)
        {
            return []; // What cannot be read names nobody.
        }
    }

    private static (bool IsServer, bool IsClient) UsesOf(X509Certificate2 certificate)
    {
        try
        {
            var uses = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
                .SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).Select(use => use.Value).ToList();
            return (uses.Contains(ServerAuthentication), uses.Contains(ClientAuthentication));
        }
        catch (CryptographicException)
        {
            return (false, false);
        }
    }
}
