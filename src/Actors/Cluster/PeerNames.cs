using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;

namespace Screening.Actors.Cluster;

/// <summary>
/// Names that the certificate of a node may bear (<c>cluster.peers</c>): IP addresses, host names, and <c>*.DOMAIN</c>, which stands for
/// every name of one label more. Names are compared without regard to case. Only the operator's entry is a pattern: the <c>*</c> of a
/// wildcard certificate is a label like any other, so such a certificate counts only where an entry has the <c>*</c> too.
/// </summary>
public sealed partial class PeerNames
{
    private readonly ImmutableArray<string> _names;

    /// <param name="names">Valid names.</param>
    public PeerNames(IEnumerable<string> names) => _names = [.. names.Select(Canonical).Distinct(StringComparer.Ordinal)];

    /// <summary>True if the text is a name that can be given here.</summary>
    public static bool IsValid(string name) => IPAddress.TryParse(name, out _) || HostName.IsMatch(name);

    /// <summary>True if one of the names of a certificate is among these.</summary>
    /// <param name="shown">Host names, and IP addresses in their text form.</param>
    public bool ContainsAny(IEnumerable<string> shown) => shown.Select(Canonical).Any(Contains);

    public override string ToString() => string.Join(", ", _names);

    private bool Contains(string name) => _names.Any(known =>
        known == name || (known.StartsWith("*.", StringComparison.Ordinal) && name.IndexOf('.') is > 0 and var dot
            && name[dot..] == known[1..]));

    // An IPv6 address can be written in many ways.
    private static string Canonical(string name) =>
        IPAddress.TryParse(name.Trim('[', ']'), out var address) ? address.ToString() : name.TrimEnd('.').ToLowerInvariant();

    [GeneratedRegex(
        @"^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HostName { get; }
}
