using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>The PrometheusRule has the rules of deploy/prometheus, which are written for Prometheus itself.</summary>
public sealed class PrometheusRulesTests
{
    private const string Head =
        """
        # The rules of deploy/prometheus/screening.rules.yaml. This file is made of that one by
        # UPDATE_MANIFESTS=1 dotnet test tests/Deploy.Tests --filter PrometheusRules
        # yamllint disable rule:line-length
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
    public void The_rules_of_the_component_are_those_of_Prometheus()
    {
        var lines = File.ReadLines(Repository.File("deploy/prometheus/screening.rules.yaml")).SkipWhile(line => line != "groups:");
        var expected = Head + string.Concat(lines.Select(line => line.Length == 0 ? "\n" : $"  {line}\n"));
        var file = Repository.File("deploy/k8s/components/prometheus/rules.yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_MANIFESTS") == "1")
            File.WriteAllText(file, expected);

        Assert.Equal(expected, File.ReadAllText(file));
    }
}
