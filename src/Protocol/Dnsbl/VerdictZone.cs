using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsbl;

/// <summary>
/// The verdicts as a DNSBL: <c>NAME</c> lists clients that are refused, <c>allow.NAME</c> those that may skip other tests,
/// <c>PROFILE.NAME</c> and <c>allow.PROFILE.NAME</c> the same under a profile.
/// </summary>
/// <remarks>
/// <code>
///                 pass               allow              ignore           enforce     drop
/// NAME            not listed, ttl    not listed, ttl    not listed, 0    127.0.0.4   127.0.0.5
/// allow.NAME      not listed, ttl    127.0.1.1, ttl     not listed, 0    not listed  not listed
/// </code>
/// </remarks>
public static class VerdictZone
{
    private const string AllowLabel = "allow";

    /// <summary>The client is refused when it tries to deliver mail.</summary>
    public static readonly AnswerCode Enforce = new(0x7f000004);

    /// <summary>The client is refused at once.</summary>
    public static readonly AnswerCode Drop = new(0x7f000005);

    /// <summary>The client may skip other tests.</summary>
    public static readonly AnswerCode Allow = new(0x7f000101);

    /// <summary>Tells whether a zone is one of ours.</summary>
    /// <param name="zone">The zone that is asked about; case does not matter.</param>
    /// <param name="name">The configured name (dnsbl_zone.name).</param>
    /// <param name="profile">The profile's name as the zone has it, in any case; empty for the one that is in force.</param>
    /// <param name="allow">True for the zone of those that may skip tests.</param>
    public static bool TryParse(ReadOnlySpan<char> zone, ReadOnlySpan<char> name, out ReadOnlySpan<char> profile, out bool allow)
    {
        profile = default;
        allow = false;
        if (!zone.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            return false;
        var prefix = zone[..^name.Length];
        if (prefix.IsEmpty)
            return true;
        if (prefix[^1] != '.')
            return false;
        prefix = prefix[..^1];
        if (prefix.Equals(AllowLabel, StringComparison.OrdinalIgnoreCase))
        {
            allow = true;
            return true;
        }

        if (prefix.StartsWith(AllowLabel + ".", StringComparison.OrdinalIgnoreCase))
        {
            allow = true;
            prefix = prefix[(AllowLabel.Length + 1)..];
        }

        profile = prefix;
        return !prefix.IsEmpty && !prefix.Contains('.');
    }

    /// <summary>The answer that publishes a verdict in one of our zones.</summary>
    /// <param name="allow">Which zone is asked.</param>
    /// <param name="failTtlSeconds">How long a refusal may be remembered by a resolver.</param>
    /// <returns>The code, or null for not listed, and the ttl of either.</returns>
    public static (AnswerCode? Code, int TtlSeconds) Answer(in Verdict verdict, bool allow, int failTtlSeconds) =>
        (verdict.Action, allow) switch
        {
            (VerdictAction.Pass, true) => (verdict.Allow ? Allow : null, verdict.TtlSeconds),
            (VerdictAction.Pass, false) => (null, verdict.TtlSeconds),
            (VerdictAction.Enforce, false) => (Enforce, failTtlSeconds),
            (VerdictAction.Drop, false) => (Drop, failTtlSeconds),
            _ => (null, 0),
        };
}
