using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>A DNSBL's answer.</summary>
/// <param name="Codes">The codes that may count; empty means not listed.</param>
/// <param name="TtlSeconds">The answer's lifetime in seconds; null when unknown.</param>
/// <param name="Text">The list's reason, without secrets and control characters; empty: it gave none, null: it was not asked for.</param>
public sealed record DnsblAnswer(ImmutableArray<AnswerCode> Codes, int? TtlSeconds, string? Text = null)
    : CheckAnswer, IKeptAnswer<DnsblAnswer>
{
    /// <summary>The word for this kind of check.</summary>
    public const string Kind = "dnsbl";

    /// <inheritdoc/>
    public override Knowledge Knowledge => Codes.IsEmpty ? Knowledge.NotListed : Knowledge.Known;

    /// <inheritdoc/>
    public override bool LacksWords => Text is null;

    /// <summary>
    /// A listing is kept for seconds only, however long the list's own ttl is, because a client that was removed from the list must not be
    /// refused any longer (rule 5). "Not listed" is kept for the ttl of the zone's SOA record, which the zone's server has already
    /// limited to the zone's ttl for negative answers (RFC 2308 section 3).
    /// </summary>
    /// <remarks>
    /// Even an answer with ttl 0 is kept for <see cref="KeepSettings.FailShare"/>, because other nodes ask about the same client at about
    /// the same time.
    /// </remarks>
    public TimeSpan Life(KeepSettings settings)
    {
        var life = Codes.IsEmpty ? TimeSpan.FromSeconds(TtlSeconds ?? 0) : settings.FailShare;
        var atLeast = life < settings.FailShare ? settings.FailShare : life;
        return atLeast < settings.Longest ? atLeast : settings.Longest;
    }

    /// <inheritdoc/>
    public DnsblAnswer Aged(TimeSpan passed) =>
        TtlSeconds is { } ttl ? this with { TtlSeconds = Math.Max(0, ttl - (int)passed.TotalSeconds) } : this;
}
