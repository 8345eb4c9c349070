using System.Collections.Immutable;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>A DNSBL with the site patterns that one profile has for its zone.</summary>
public sealed record DnsblPlan(string Source, string Name, ImmutableArray<SitePattern> Patterns, Func<ClientAddress, bool> Skips)
    : CheckPlan<DnsblAnswer>(Source, Name, DnsblAnswer.Kind)
{
    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(
        Patterns.Sum(p => Math.Min(0, p.Weight)), Patterns.Sum(p => Math.Max(0, p.Weight)));

    /// <inheritdoc/>
    public override AskedAt AskedAt => AskedAt.Home;

    /// <inheritdoc/>
    public override string? SkipReason(ClientAddress client) => Skips(client) ? "in dnsbl.skip" : null;

    /// <inheritdoc/>
    protected override WeighedAnswer Weigh(DnsblAnswer answer)
    {
        var sum = default(Contribution);
        foreach (var pattern in Patterns)
        {
            // A pattern counts once, however many codes match it (postscreen_dnsbl.c).
            if (pattern.Matches(answer.Codes.AsSpan()))
                sum = sum.Plus(pattern.Weight);
        }

        var codes = answer.Codes.Select(c => c.ToString()).ToImmutableArray();
        return new WeighedAnswer(sum, codes, answer.TtlSeconds, ReasonOf(sum, codes, answer.Text));
    }

    private string? ReasonOf(Contribution sum, ImmutableArray<string> codes, string? text)
    {
        if (codes.IsEmpty)
            return null;
        var verb = sum.Weight < 0 ? "vouched for by" : sum.Weight > 0 ? "listed by" : "known to";
        return SourceWords.Append($"{verb} {Name} ({string.Join(' ', codes)})", text);
    }
}
