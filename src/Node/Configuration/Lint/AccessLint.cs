using Screening.Node.Platform;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>Permanent lists that let in half the Internet.</summary>
internal static class AccessLint
{
    // No one network of the Internet that is assigned to an organization is larger.
    private const int ShortestIPv4 = 8;
    private const int ShortestIPv6 = 16;

    // RFC 4193 and RFC 4291: shorter, and only of the own site.
    private static readonly Network[] OwnIPv6 =
    [
        .. new[] { "fc00::/7", "fe80::/10", "fec0::/10" }
            .Select(text => Network.TryParse(text, out var network, out _) ? network : default),
    ];

    public static void Check(ValidationContext context)
    {
        foreach (var (index, entry) in context.Options.Access.Permit.Index())
        {
            var path = $"access.permit[{index + 1}]";
            if (entry.Network is { } network && IsWide(network))
                Warn(context, path, $"is {network}");
            else if (entry.File is { } file && TextFile.TryRead(file, TextFile.MaxTableBytes, out var text, out _, anyBytes: true))
                CheckFile(context, path, entry, CidrTable.Parse(text, AccessRule.Permit));
        }
    }

    private static void CheckFile(ValidationContext context, string path, AccessEntry entry, CidrTableResult table)
    {
        foreach (var line in table.Entries.Where(line => line.Rule == AccessRule.Permit && IsWide(line.Network)))
            Warn(context, path, FormattableString.Invariant($"has {line.Network} on line {line.Line} of {entry.File}"));
    }

    private static void Warn(ValidationContext context, string path, string value) => context.Warn(
        path, value, "every client in it is let in without a check", "permit your own networks only, and grant the others one by one");

    private static bool IsWide(Network network) => network.Address.IsIPv4
        ? network.PrefixLength < ShortestIPv4
        : network.PrefixLength < ShortestIPv6 && !OwnIPv6.Any(own => own.Contains(network));
}
