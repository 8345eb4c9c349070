namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>
/// Every overlay is rendered, read by both offline checkers, and held to rules that neither has. Faults are planted to see that they are
/// told.
/// </summary>
public sealed class ManifestTests
{
    private const string StartupProbe =
        "        startupProbe:\n          failureThreshold: 60\n          httpGet:\n            path: /healthz\n            port: http\n"
        + "          periodSeconds: 1\n          timeoutSeconds: 2\n";

    public static TheoryData<string> Names => [.. RenderedManifests.Names];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Needs_kubectl__No_field_is_unknown(string name)
    {
        var manifests = await RenderedManifests.OfAsync(name);
        Assert.NotEmpty(manifests.Objects);
        Assert.Empty(manifests.Documents.Where(CustomResource.IsOne).SelectMany(CustomResource.Faults));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Needs_kubectl__No_rule_is_broken(string name) =>
        Assert.Empty(ManifestRules.Faults(await RenderedManifests.OfAsync(name)));

    [SkippableFact]
    public async Task Needs_kubectl_and_node__No_field_is_missing_and_no_type_is_wrong()
    {
        KubernetesModels.Require();
        var all = await Task.WhenAll(RenderedManifests.Names.Select(RenderedManifests.OfAsync));
        var told = await KubernetesModels.FaultsAsync(
            all.Select(manifests => manifests.Documents.Where(document => !CustomResource.IsOne(document))));
        Assert.Equal(all.Length, told.Length);
        Assert.Empty(all.Zip(told, (manifests, faults) => faults.Select(fault => $"{manifests.Name}: {fault}")).SelectMany(fault => fault));
    }

    [SkippableTheory]
    [InlineData("minReadySeconds: 30", "minReadySecond: 30")]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true")]
    [InlineData("publishNotReadyAddresses: true", "publishNotReadyAdresses: true")]
    [InlineData("maxUnavailable: 1", "maxUnavaliable: 1")]
    public async Task Needs_kubectl__A_misspelling_is_told(string right, string wrong)
    {
        var manifests = (await RenderedManifests.OfAsync("production")).With(right, wrong);
        var told = Assert.ThrowsAny<Exception>(() => manifests.Objects);
        Assert.Contains(wrong.Split(':')[0], told.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_kubectl_and_node__A_wrong_type_and_a_missing_field_are_told()
    {
        KubernetesModels.Require();
        (string Right, string Wrong, string Told)[] faults =
        [
            ("replicas: 3", "replicas: three", "replicas"),
            ("replicas: 3", "replicas: \"3\"", "replicas"),
            ("containerPort: 10025", "containerPort: plugin", "containerPort"),
            ("automountServiceAccountToken: false", "automountServiceAccountToken: \"no\"", "automountServiceAccountToken"),
            ("value: $(POD_NAME)\n", "value: 0\n", "value"),
            ("- mountPath: /etc/screening\n          name: policy\n", "- mountPath: /etc/screening\n", "name"),
            ("- containerPort: 10025\n          name: plugin\n", "- name: plugin\n", "containerPort"),
            ("whenUnsatisfiable: ScheduleAnyway", "whenever: ScheduleAnyway", "whenUnsatisfiable"),
        ];
        var right = await RenderedManifests.OfAsync("production");
        var told = await KubernetesModels.FaultsAsync(faults.Select(fault => right.With(fault.Right, fault.Wrong).Documents));
        foreach (var (fault, found) in faults.Zip(told))
            Assert.Contains(fault.Told, Assert.Single(found), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("podMetricsEndpoints:", "podMetricsEndpoint:")]
    [InlineData("jobLabel: app.kubernetes.io/name", "jobLabel: 1")]
    [InlineData("targetLabel: instance", "target: instance")]
    [InlineData("secretName: screening-ca", "secret: screening-ca")]
    [InlineData("rotationPolicy: Always", "rotationPolicy: Sometimes")]
    [InlineData("isCA: true", "isCA: \"true\"")]
    [InlineData("selfSigned: {}", "selfSigned: []")]
    public async Task Needs_kubectl__Faults_of_custom_resources_are_told(string right, string wrong)
    {
        var manifests = (await RenderedManifests.OfAsync("production with components")).With(right, wrong);
        Assert.NotEmpty(manifests.Documents.Where(CustomResource.IsOne).SelectMany(CustomResource.Faults));
    }

    [SkippableTheory]
    [InlineData("production", "app.kubernetes.io/component: cache\n        app.kubernetes.io/name", "app.kubernetes.io/name", "selector")]
    [InlineData("production", "targetPort: memcache", "targetPort: memcached", "no port memcached")]
    [InlineData("production", "targetPort: dnsbl\n", "targetPort: dnsbl-tcp\n", "no port dnsbl-tcp of UDP")]
    [InlineData("production", "port: http\n", "port: web\n", "port web")]
    [InlineData("production", "- port: plugin", "- port: smtp", "no port smtp")]
    [InlineData("production", "image: screening:0.1.0", "image: screening:latest", "has no version")]
    [InlineData("production", "image: screening:0.1.0", "image: screening", "has no version")]
    [InlineData("production", "memory: 1Gi", "ephemeral-storage: 1Gi", "requests no memory")]
    [InlineData("production", "memory: 2Gi", "ephemeral-storage: 2Gi", "no limit of memory")]
    [InlineData("production", StartupProbe, "", "no startup")]
    [InlineData("production", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "its root")]
    [InlineData("production", "- ALL", "- NET_RAW", "keeps capabilities")]
    [InlineData("production", "enableServiceLinks: false", "enableServiceLinks: true", "named after Services")]
    [InlineData("production", "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 18", "before it has stopped")]
    [InlineData("production", "- drain", "- sleep", "does not drain")]
    [InlineData("production", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "level restricted")]
    [InlineData("production", "serviceAccountName: screening", "serviceAccountName: default", "ServiceAccount default")]
    [InlineData("production", "serviceName: screening", "serviceName: screening-doors", "no headless Service")]
    [InlineData("production", "publishNotReadyAddresses: true", "publishNotReadyAddresses: false", "not ready")]
    [InlineData("production", "minReadySeconds: 30", "persistentVolumeClaimRetentionPolicy: {}", "newer")]
    [InlineData("production", "apiVersion: policy/v1", "apiVersion: policy/v1beta1", "not a version")]
    [InlineData("production", "  - Egress\n", "", "direction open")]
    [InlineData("edge-sidecar", "externalTrafficPolicy: Local", "externalTrafficPolicy: Cluster", "lose their addresses")]
    [InlineData("edge-sidecar", "podManagementPolicy: Parallel", "replicas: 2", "undo")]
    [InlineData("edge-sidecar", "- 40s", "- 15s", "ends before Postfix")]
    public async Task Needs_kubectl__A_broken_rule_is_told(string name, string right, string wrong, string told)
    {
        var manifests = (await RenderedManifests.OfAsync(name)).With(right, wrong);
        Assert.Contains(ManifestRules.Faults(manifests), fault => fault.Contains(told, StringComparison.Ordinal));
    }
}
