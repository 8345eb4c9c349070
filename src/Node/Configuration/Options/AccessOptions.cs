using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>
/// Permanent lists (postscreen_access_list): no check is made of these clients. The longest match counts; reject before permit at equal
/// length.
/// <c>[access]</c>
/// </summary>
internal sealed record AccessOptions
{
    /// <summary>
    /// Networks, or files of networks in the syntax of cidr_table(5), whose clients are let in. Default: loopback (mynetworks).
    /// </summary>
    [ReadableFile]
    public ImmutableArray<AccessEntry> Permit { get; init; } = [.. new[] { "127.0.0.0/8", "::1/128" }.Select(Network)];

    /// <summary>Networks, or files of networks, whose clients get <see cref="VerdictOptions.RejectAction"/>.</summary>
    [ReadableFile]
    public ImmutableArray<AccessEntry> Reject { get; init; } = [];

    private static AccessEntry Network(string text) =>
        AccessEntry.TryParse(text, out var entry, out _) ? entry : throw new FormatException(text);
}
