namespace Screening.Node.Configuration;

/// <summary>Checks of [[p0f.rule]], also in a profile.</summary>
internal static class P0fValidator
{
    /// <param name="prefix">Empty, or "profile.NAME.".</param>
    public static void Check(ValidationContext context, IReadOnlyList<P0fRuleOptions> rules, string prefix)
    {
        if (!context.IsSound(prefix + "p0f.rule"))
            return;
        foreach (var (index, rule) in rules.Index())
        {
            var path = $"{prefix}p0f.rule[{index + 1}]";
            if (!rule.HasCondition() && Fields.All(field => context.IsSound($"{path}.{field}")))
                context.Fault(path, $"{path} would match every client; it must give at least one of {Wording.Alternatives(Fields)}");
        }
    }

    private static readonly string[] Fields =
        [.. Setting.Of(typeof(P0fRuleOptions)).Select(setting => setting.Name).Where(name => name != "weight")];
}
