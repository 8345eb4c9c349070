namespace Screening.Node.Configuration;

/// <summary>Checks of [[p0f.rule]], also in a profile.</summary>
internal static class P0fValidator
{
    private static readonly string[] Conditions =
        [.. Setting.Of(typeof(P0fRuleOptions)).Select(setting => setting.Name).Where(name => name != "weight")];

    public static void Check(ValidationContext context)
    {
        foreach (var (prefix, profile) in context.ProfilesWith("p0f.rule").Where(profile => context.IsSound(profile.Prefix + "p0f.rule")))
        {
            foreach (var (index, rule) in profile.P0f.Rules.Index())
            {
                var path = $"{prefix}p0f.rule[{index + 1}]";
                if (!rule.HasCondition() && Conditions.All(condition => context.IsSound($"{path}.{condition}")))
                {
                    context.Fault(
                        path, $"{path} would match every client; it must give at least one of {Wording.Alternatives(Conditions)}");
                }
            }
        }
    }
}
