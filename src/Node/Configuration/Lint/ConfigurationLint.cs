namespace Screening.Node.Configuration;

/// <summary>
/// Warns of settings that are valid and cannot have the effect they are meant to have. A warning never keeps a node from starting; it
/// states what does not work, why, and what to write instead. Settings that may well be intended give no warning.
/// </summary>
internal static class ConfigurationLint
{
    /// <param name="context">Options without faults.</param>
    /// <param name="request">What the host is like: its resolvers, its programs.</param>
    public static void Check(ValidationContext context, ConfigurationRequest request)
    {
        ScoreLint.Check(context);
        TimeLint.Check(context);
        P0fLint.Check(context);
        CustomLint.Check(context, request);
        ListLint.Check(context, request);
        EndpointLint.Check(context);
        AccessLint.Check(context);
        EnvironmentLint.Check(context, request);
    }
}
