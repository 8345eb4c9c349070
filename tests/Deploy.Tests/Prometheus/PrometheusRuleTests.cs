using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Prometheus;

/// <summary>
/// The rules for Kubernetes are those of the file. <c>UPDATE_DOCS=1 dotnet test tests/Deploy.Tests --filter PrometheusRule</c> writes them.
/// </summary>
public sealed class PrometheusRuleTests
{
    private const string Head = """
        # The rules of deploy/prometheus/screening.rules.yaml for the Prometheus operator. Change them there: PrometheusRuleTests
        # writes this file.
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata:
          name: screening
          labels:
            app.kubernetes.io/name: screening
            app.kubernetes.io/part-of: mail
        spec:

        """;

    [Fact]
    public void The_rules_for_Kubernetes_are_those_of_the_file()
    {
        var rules = File.ReadAllText(Repository.File("deploy/prometheus/screening.rules.yaml"));
        var groups = rules[rules.IndexOf("groups:\n", StringComparison.Ordinal)..].TrimEnd('\n').Split('\n');
        var wanted = Head + string.Join('\n', groups.Select(line => line.Length > 0 ? "  " + line : line)) + '\n';
        var file = Repository.File("deploy/k8s/components/prometheus/rules.yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(file, wanted);
        Assert.Equal(wanted, File.ReadAllText(file));
    }
}
