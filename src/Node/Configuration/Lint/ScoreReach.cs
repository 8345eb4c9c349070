using Screening.Protocol.Dnsbl;

namespace Screening.Node.Configuration;

/// <summary>How far the checks of one profile can move the score. A check that is not there is 0.</summary>
/// <param name="Lists">Greatest sum of weights of the lists' answers.</param>
/// <param name="P0f">Greatest total of the p0f rules, clamped as <c>p0f.alone</c> has it.</param>
/// <param name="Customs">Greatest weights of the custom checks. A reply's own score is not counted.</param>
/// <param name="Envelope">Sum of <c>[[policy.rule]]</c>, which only the policy door knows.</param>
/// <param name="Least">The least sum, not below <c>verdict.allow_cap</c>.</param>
/// <param name="HasChecks">False if nothing is asked at all.</param>
internal sealed record ScoreReach(int Lists, int P0f, int Customs, int Envelope, int Least, bool HasChecks)
{
    /// <summary>The greatest sum.</summary>
    public int Most => Lists + P0f + Customs + Envelope;

    public static ScoreReach Of(ScreeningOptions options, ProfileOptions profile)
    {
        SiteList.TryParse(profile.Dnsbl.Sites.Reveal(), out var all, out _);
        var sites = all.Where(site => site.Filter?.CanCount() ?? true).ToList();
        var rules = options.P0f.Socket.Length == 0 ? [] : profile.P0f.Rules;
        var p0fMost = rules.Sum(rule => Math.Max(0, rule.Weight));
        var customs = profile.Customs
            .Select(custom => custom.Weight)
            .Select(weight => (int[])[0, weight.Pass, weight.Ignore, weight.Enforce, weight.Drop]).ToList();
        var least = sites.Sum(site => Math.Min(0, site.Weight)) + customs.Sum(weights => weights.Min())
            + (options.P0f.Alone ? rules.Sum(rule => Math.Min(0, rule.Weight)) : 0);
        return new ScoreReach(
            sites.Sum(site => Math.Max(0, site.Weight)),
            options.P0f.Alone ? p0fMost : Math.Min(p0fMost, Math.Max(0, profile.Verdict.EnforceAt - 1)),
            customs.Sum(weights => weights.Max()),
            options.Policy.Rules.Sum(rule => rule.Weight),
            Math.Max(least, profile.Verdict.AllowCap),
            all.Length + rules.Length + customs.Count + options.Policy.Rules.Length > 0);
    }

    /// <summary>The parts of <see cref="Most"/> that are not 0, for a warning.</summary>
    public string Parts()
    {
        (string Name, int Most)[] parts = [("lists", Lists), ("p0f", P0f), ("custom checks", Customs), ("policy rules", Envelope)];
        return string.Join(
            ", ", parts.Where(part => part.Most > 0).Select(part => FormattableString.Invariant($"{part.Name} {part.Most}")));
    }
}
