namespace Screening.Node.Configuration;

/// <summary>
/// Warns of settings that are each right and together cannot do what they are there for. A warning never keeps a node from starting; it says
/// what does not work, why, and what to write instead. What may well be meant is not warned of.
/// </summary>
internal static class ConfigurationLint
{
    /// <param name="context">Options without faults.</param>
    /// <param name="request">What the host is like: its resolvers, its programs.</param>
    public static void Check(RuleContext context, ConfigurationRequest request)
    {
        ScoreLint.Check(context);
        TimeLint.Check(context);
        P0fLint.Check(context);
        CustomLint.Check(context, request);
        ListLint.Check(context, request);
        EndpointLint.Check(context);
        AccessLint.Check(context);
    }
}
