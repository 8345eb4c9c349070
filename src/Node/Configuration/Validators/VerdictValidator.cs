namespace Screening.Node.Configuration;

/// <summary>Checks of [verdict], also in a profile.</summary>
internal static class VerdictValidator
{
    public static void Check(ValidationContext context)
    {
        foreach (var (prefix, profile) in context.Profiles)
        {
            var (path, verdict) = (prefix + "verdict.", profile.Verdict);
            context.NotAbove(path + "ignore_at", verdict.IgnoreAt, path + "enforce_at", verdict.EnforceAt);
            context.NotAbove(path + "enforce_at", verdict.EnforceAt, path + "drop_at", verdict.DropAt);
            context.NotAbove(path + "allow_cap", verdict.AllowCap, path + "allow_at", verdict.AllowAt);
            context.NotAbove(path + "pass_ttl_min", verdict.PassTtlMin, path + "pass_ttl", verdict.PassTtl);
            if (prefix.Length == 0 || context.IsGiven(path + "pass_ttl"))
                context.NotAbove(path + "pass_ttl", verdict.PassTtl, "cache.max_life", context.Options.Cache.MaxLife);
        }
    }
}
