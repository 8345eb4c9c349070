using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>Permanent lists: no check is made of these clients. The longest match counts; reject before permit at equal length.</summary>
internal sealed record AccessOptions
{
    [Setting("allow, for `verdict.pass_ttl`; no check is asked", Postfix = "`mynetworks`, `postscreen_access_list`",
        Range = "networks, or `file:///PATH` in the syntax of cidr_table(5)")]
    [ReadableFile]
    public ImmutableArray<AccessEntry> Permit { get; init; } = [.. new[] { "127.0.0.0/8", "::1/128" }.Select(AccessEntry.Parse)];

    [Setting("`verdict.reject_action`; no check is asked", Range = "the same", Postfix = "`postscreen_access_list`")]
    [ReadableFile]
    public ImmutableArray<AccessEntry> Reject { get; init; } = [];
}
