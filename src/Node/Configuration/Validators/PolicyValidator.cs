namespace Screening.Node.Configuration;

/// <summary>Checks of [[policy.rule]].</summary>
internal static class PolicyValidator
{
    public static void Check(ValidationContext context)
    {
        if (!context.IsSound("policy.rule"))
            return;
        foreach (var (index, rule) in context.Options.Policy.Rules.Index())
        {
            var path = $"policy.rule[{index + 1}]";
            if ((rule.Helo ?? rule.Sender) is null && context.IsSound(path + ".helo") && context.IsSound(path + ".sender"))
                context.Fault(path, $"{path} would match every mail; it must give at least one of helo or sender");
        }
    }
}
