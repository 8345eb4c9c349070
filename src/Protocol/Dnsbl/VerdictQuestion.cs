using System.Globalization;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsbl;

/// <summary>What a name in our zone stands for.</summary>
public enum VerdictNameKind : byte
{
    /// <summary>Not in our zone: refused.</summary>
    Outside,

    /// <summary>The zone's own name.</summary>
    Apex,

    /// <summary>A client in one of our zones.</summary>
    Client,

    /// <summary>A name without records that has names below it (RFC 8020).</summary>
    Between,

    /// <summary>A name that does not exist.</summary>
    Nothing,
}

/// <summary>What a name that is asked for means in our zone.</summary>
/// <remarks>
/// <code>
/// name = [ client "." ] [ "allow." ] [ PROFILE "." ] NAME
/// client = 4 octets / 32 nibbles, the last one first (RFC 5782 sections 2.1 and 2.4)
/// </code>
/// A name of four labels of one decimal digit each is two things at once: 1.0.0.2 is the client 2.0.0.1, and it is between the zone and
/// every client of 2001::/16. A resolver that minimises names (RFC 9156) asks for it, as for any type A, on its way to such a client, and
/// takes NXDOMAIN to mean that there is no name below it (RFC 8020). See <see cref="IsAlsoBetween"/> and <see cref="IsProbablyBetween"/>.
/// </remarks>
/// <param name="Kind">What the name stands for.</param>
/// <param name="Client">The client, an IPv4-mapped one as IPv4.</param>
/// <param name="Profile">The profile's name; empty for the one in force.</param>
/// <param name="Allow">True for the zone of those that may skip tests.</param>
public readonly record struct VerdictQuestion(VerdictNameKind Kind, ClientAddress Client = default, string Profile = "", bool Allow = false)
{
    private const int MaxZoneLabels = 2;

    /// <summary>True for a client whose name has names below it, those of IPv6 clients: it exists, listed or not.</summary>
    public bool IsAlsoBetween => Kind == VerdictNameKind.Client && OctetsAreDigits(Client);

    /// <summary>
    /// True for a client whose name resolvers that minimise names ask for on their way to IPv6 clients of the internet (2000::/3, RFC 4291
    /// section 2.4). These are 2,000 IPv4 addresses out of 2.0.0.0/7, so that it is seldom the client itself that is meant.
    /// </summary>
    public bool IsProbablyBetween => IsAlsoBetween && Client.IPv4Bits >> 24 is 2 or 3;

    /// <summary>Reads a name.</summary>
    /// <param name="name">In lower case, no dot at its end.</param>
    /// <param name="zone">Our zone's name (dnsbl_zone.name), in lower case.</param>
    /// <param name="findProfile">Gives the name of the profile that is called so; null: there is none.</param>
    public static VerdictQuestion Read(ReadOnlySpan<char> name, string zone, Func<ReadOnlySpan<char>, string?> findProfile)
    {
        if (!name.EndsWith(zone, StringComparison.Ordinal))
            return new VerdictQuestion(VerdictNameKind.Outside);
        if (name.Length == zone.Length)
            return new VerdictQuestion(VerdictNameKind.Apex);
        if (name[^(zone.Length + 1)] != '.')
            return new VerdictQuestion(VerdictNameKind.Outside);

        // Each turn leaves one label more to the zone: a profile, then "allow" too. The first turn that leaves a client before it decides.
        var start = name.Length - zone.Length;
        var found = new VerdictQuestion(VerdictNameKind.Nothing);
        for (var labels = 0; labels <= MaxZoneLabels; labels++)
        {
            if (VerdictZone.TryParse(name[start..], zone, out var called, out var allow)
                && (called.IsEmpty ? "" : findProfile(called)) is { } profile)
            {
                var before = start == 0 ? default : name[..(start - 1)];
                if (DnsblName.TryReadClient(before, out var client) && IsPossible(client))
                    return new VerdictQuestion(VerdictNameKind.Client, client, profile, allow);
                if (IsPartOfClient(before))
                    found = new VerdictQuestion(VerdictNameKind.Between);
            }

            if (start == 0)
                break;
            start = name[..(start - 1)].LastIndexOf('.') + 1;
        }

        return found;
    }

    // No client has an address in 0.0.0.0/8 (RFC 6890 section 2.2.2): such digits can only lead to the IPv6 clients of 0000::/8.
    private static bool IsPossible(ClientAddress client) => !OctetsAreDigits(client) || client.IPv4Bits >> 24 != 0;

    private static bool OctetsAreDigits(ClientAddress client)
    {
        if (!client.IsIPv4)
            return false;
        for (var bits = client.IPv4Bits; bits != 0; bits >>= 8)
        {
            if ((bits & 0xff) > 9)
                return false;
        }

        return true;
    }

    // Fewer labels than a client has, down to none.
    private static bool IsPartOfClient(ReadOnlySpan<char> labels)
    {
        if (labels.IsEmpty)
            return true;
        int count = 0, octets = 0, nibbles = 0;
        foreach (var range in labels.Split('.'))
        {
            var label = labels[range];
            count++;
            octets += IsOctet(label) ? 1 : 0;
            nibbles += label.Length == 1 && char.IsAsciiHexDigit(label[0]) ? 1 : 0;
        }

        return (octets == count && count < 4) || (nibbles == count && count < 32);
    }

    private static bool IsOctet(ReadOnlySpan<char> label) =>
        byte.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out _) && (label.Length == 1 || label[0] != '0');
}
