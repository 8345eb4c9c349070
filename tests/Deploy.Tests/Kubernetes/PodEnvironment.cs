using System.Text.RegularExpressions;
using k8s.Models;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>The environment that Kubernetes makes of a container's <c>envFrom</c> and <c>env</c>.</summary>
internal static partial class PodEnvironment
{
    /// <param name="maps">The ConfigMaps of the pod's namespace.</param>
    /// <param name="fields">Values of the pod's fields, by path: <c>metadata.name</c>.</param>
    /// <param name="secrets">Values of Secrets, by <c>NAME/KEY</c>.</param>
    public static Dictionary<string, string> Of(
        V1Container container, IEnumerable<V1ConfigMap> maps, IReadOnlyDictionary<string, string> fields,
        IReadOnlyDictionary<string, string> secrets)
    {
        var environment = new Dictionary<string, string>();
        foreach (var source in container.EnvFrom ?? [])
        {
            foreach (var (name, value) in maps.Single(map => map.Metadata.Name == source.ConfigMapRef.Name).Data)
                environment[name] = value;
        }

        foreach (var variable in container.Env ?? [])
        {
            environment[variable.Name] = variable.ValueFrom switch
            {
                { FieldRef: { } field } => fields[field.FieldPath],
                { SecretKeyRef: { } secret } => secrets[$"{secret.Name}/{secret.Key}"],
                _ => Expand(variable.Value ?? "", environment),
            };
        }

        return environment;
    }

    // $(NAME) is a variable that stands before; what is not known is left as it is, and $$ is a dollar sign.
    private static string Expand(string value, Dictionary<string, string> environment) => Reference().Replace(
        value, found => found.Value == "$$" ? "$" : environment.GetValueOrDefault(found.Groups["name"].Value, found.Value));

    [GeneratedRegex(@"\$\$|\$\((?<name>[A-Za-z_][A-Za-z0-9_.-]*)\)")]
    private static partial Regex Reference();
}
