using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>Thresholds that no sum of weights reaches, and an allow that p0f takes back.</summary>
internal static class ScoreLint
{
    /// <summary>The greatest value of a threshold, and with a minus the least: how an operator writes "never".</summary>
    private const int Never = 10_000;

    private static readonly string[] Judging =
    [
        "verdict.enforce_at", "verdict.drop_at", "verdict.allow_at", "verdict.allow_cap", "dnsbl.sites", "p0f.rule", "custom",
    ];

    private static readonly VerdictOptions Defaults = new();

    public static void Check(ValidationContext context)
    {
        // A profile that changes nothing here was checked with the default one.
        foreach (var (prefix, profile) in context.ProfilesWith(Judging))
            Check(context, profile, prefix);
    }

    private static void Check(ValidationContext context, ProfileOptions profile, string prefix)
    {
        var reach = ScoreReach.Of(context.Options, profile);
        var verdict = profile.Verdict;
        if (!reach.HasChecks)
            return;
        if (verdict.EnforceAt != Never && reach.Most < verdict.EnforceAt)
            context.Warn(
                prefix + "verdict.enforce_at", Is(verdict.EnforceAt),
                Sum(reach, profile) + ", so no client is ever refused by its score",
                reach.Most == 0 ? "add a list that speaks against clients"
                    : reach.Most == reach.P0f && !context.Options.P0f.Alone
                        ? "add a list: while p0f.alone is false, p0f refuses nobody without another sign"
                    : Invariant($"write {reach.Most} or less, or give the checks more weight"));
        else if (IsChosen(context, prefix + "verdict.drop_at", verdict.DropAt, Defaults.DropAt) && reach.Most < verdict.DropAt)
            context.Warn(
                prefix + "verdict.drop_at", Is(verdict.DropAt), Sum(reach, profile) + ", so no client is ever dropped by its score",
                Invariant($"write {reach.Most} or less, or {Never} for never"));
        CheckAllow(context, profile, reach, prefix);
    }

    private static void CheckAllow(ValidationContext context, ProfileOptions profile, ScoreReach reach, string prefix)
    {
        var (path, allowAt) = (prefix + "verdict.allow_at", profile.Verdict.AllowAt);
        if (reach.Least > allowAt)
        {
            if (IsChosen(context, path, allowAt, Defaults.AllowAt))
            {
                context.Warn(
                    path, Is(allowAt),
                    Invariant($"the weights add up to {reach.Least} at least, so no client is ever allowed by its score"),
                    reach.Least < 0 ? Invariant($"write {reach.Least}, or {-Never} for never") : Invariant($"write {-Never} for never"));
            }
        }
        else if (reach.Least + reach.P0f > allowAt)
        {
            // Intended or not, one p0f rule that matches ends the allow of every such client.
            context.Warn(
                path, Is(allowAt),
                Invariant($"a client that the lists give {reach.Least} and p0f.rule {reach.P0f} ends at {reach.Least + reach.P0f}")
                    + " and is not allowed",
                reach.Least + reach.P0f < 0
                    ? Invariant($"write {reach.Least + reach.P0f}, or give the allowlists more weight")
                    : "give the allowlists more weight, or the rules less");
        }
    }

    // A file that repeats a default does not choose it.
    private static bool IsChosen(ValidationContext context, string path, int value, int byDefault) =>
        context.IsGiven(path) && value != byDefault && Math.Abs(value) != Never;

    private static string Is(int value) => Invariant($"is {value}");

    private static string Sum(ScoreReach reach, ProfileOptions profile) =>
        (reach.Most > 0 ? Invariant($"all checks together add {reach.Most} at most ({reach.Parts()})") : "no check has a positive weight")
            + (profile.Customs.IsEmpty ? "" : ", unless a custom check replies with a score of its own");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
