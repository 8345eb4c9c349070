namespace Screening.Node.Configuration;

/// <summary>
/// Variables that were probably meant as settings: with one underscore where two belong. They are no faults, because Kubernetes makes
/// variables such as <c>SCREENING_PORT_10025_TCP</c> for a Service that is called <c>screening</c>.
/// </summary>
internal static class EnvironmentLint
{
    private const string Prefix = "SCREENING_";

    public static void Check(ValidationContext context, ConfigurationRequest request)
    {
        foreach (var name in request.Environment.Keys.Order(StringComparer.Ordinal).Where(IsMeant))
        {
            var path = Setting.Paths(typeof(ScreeningOptions)).FirstOrDefault(
                path => path.Replace('.', '_').Equals(name[Prefix.Length..], StringComparison.OrdinalIgnoreCase));
            if (path is null)
                continue;
            context.Warn(
                new ConfigurationPlace(PlaceKind.Environment, name),
                $"{name} is not read; did you mean {OverrideSource.VariableOf(path)}, with two underscores?");
        }
    }

    private static bool IsMeant(string name) =>
        name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith(OverrideSource.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase);
}
