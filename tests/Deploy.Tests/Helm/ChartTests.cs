using System.Text.Json.Nodes;
using k8s.Models;
using Screening.Deploy.Tests.Kubernetes;
using Screening.Node.Configuration;

namespace Screening.Deploy.Tests.Helm;

/// <summary>
/// The chart is the same fleet as <c>deploy/k8s</c>: what helm renders is compared with what kustomize renders, object for object, and goes
/// through the same checkers.
/// </summary>
public sealed class ChartTests
{
    private static readonly string[] Names = ["", "single", "multi-zone", "edge-daemonset", "operators"];

    /// <summary>Values, and the overlays that they mirror.</summary>
    public static TheoryData<string, string[]> Mirrored => new()
    {
        { "", ["production"] },
        { "single", ["single"] },
        { "multi-zone", ["multi-zone"] },
        { "edge-daemonset", ["production", "edge-daemonset"] },
        { "operators", ["production with components"] },
    };

    public static TheoryData<string> Examples => [.. Names];

    [SkippableTheory]
    [MemberData(nameof(Mirrored))]
    public async Task Needs_helm_and_kubectl__The_chart_renders_what_kustomize_does(string example, string[] overlays)
    {
        var differences = SameManifests.Differences(
            YamlDocuments.Parse(await Helm.RenderAsync(Helm.Example(example))), await KustomizeAsync(overlays)).ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [SkippableTheory]
    [InlineData("failureThreshold: 60", "failureThreshold: 61", "failureThreshold: 61 in the chart, 60 in kustomize")]
    [InlineData("SCREENING__LOG__FORMAT: 'json'", "SCREENING__LOG__FORMAT: 'text'", "SCREENING__LOG__FORMAT: \"text\" in the chart")]
    [InlineData("name: screening-doors", "name: screening-door", "Service mail/screening-doors: not in the chart")]
    [InlineData("enableServiceLinks: false", "", "enableServiceLinks: nothing in the chart, false in kustomize")]
    [InlineData("permit = [\"127.0.0.0/8\"", "permit = [\"10.0.0.0/8\"", "data.screening.toml")]
    [InlineData("drop: [ALL]", "drop: [NET_RAW]", "drop[0]")]
    public async Task Needs_helm_and_kubectl__A_difference_is_told(string right, string wrong, string told)
    {
        var text = await Helm.RenderAsync();
        Assert.Contains(right, text, StringComparison.Ordinal);
        var differences = SameManifests.Differences(
            YamlDocuments.Parse(text.Replace(right, wrong, StringComparison.Ordinal)), await KustomizeAsync("production"));
        Assert.Contains(differences, difference => difference.Contains(told, StringComparison.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Examples))]
    public async Task Needs_helm__No_field_is_unknown_and_no_rule_is_broken(string example)
    {
        var manifests = RenderedManifests.Of($"chart with {example}", await Helm.RenderAsync(Helm.Example(example)));
        Assert.NotEmpty(manifests.Objects);
        Assert.Empty(manifests.Documents.Where(CustomResource.IsOne).SelectMany(CustomResource.Faults));
        Assert.Empty(ManifestRules.Faults(manifests));
    }

    [SkippableFact]
    public async Task Needs_helm_and_node__No_field_is_missing_and_no_type_is_wrong()
    {
        KubernetesModels.Require();
        var groups = new List<IEnumerable<JsonObject>>();
        foreach (var example in Names)
            groups.Add(await OwnKindsAsync(Helm.Example(example)));
        groups.Add(await OwnKindsAsync(EveryValue()));
        Assert.Empty((await KubernetesModels.FaultsAsync(groups)).SelectMany(faults => faults));
    }

    [SkippableFact]
    public async Task Needs_helm__Helm_finds_nothing_to_say_against_it()
    {
        var result = await Helm.RunAsync(["lint", "--strict", Helm.Chart, .. EveryValue()]);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [SkippableTheory]
    [InlineData("Additional property replicsa is not allowed", "replicsa=3")]
    [InlineData("Additional property tags is not allowed", "image.tags=1")]
    [InlineData("replicas: Invalid type. Expected: integer, given: string", "replicas=three")]
    [InlineData("replicas: Must be greater than or equal to 1", "replicas=0")]
    [InlineData("image.digest: Does not match pattern", "image.digest=sha256:1")]
    [InlineData("store.provider: store.provider must be one of the following", "store.provider=mysql")]
    [InlineData("networks.0: Does not match pattern", "networks={10.0.0.1}")]
    [InlineData("drain: Does not match pattern", "drain=5x")]
    [InlineData("settings.verdict: Additional property deadlin is not allowed", "settings.verdict.deadlin=1s")]
    [InlineData("settings.cluster: Additional property seeds is not allowed", "settings.cluster.seeds={a:1}")]
    [InlineData("settings.verdict.default_action: settings.verdict.default_action must be one of", "settings.verdict.default_action=drop")]
    [InlineData("edge.settings: Additional property store is not allowed", "edge.settings.store.provider=sqlite")]
    [InlineData("replicas is 2 and store.provider is sqlite: a file serves one node", "replicas=2,store.provider=sqlite")]
    [InlineData("replicas is 2: of two nodes neither is a majority", "replicas=2")]
    [InlineData("replicas is 3 and tls.enabled is false: set tls.insecure to true if", "tls.enabled=false")]
    [InlineData("tls.enabled and tls.insecure are both true", "tls.insecure=true")]
    [InlineData("tls.certificate, tls.key and tls.ca belong together", "tls.certificate=x")]
    [InlineData("both make the Secret of the nodes", "tls.certificate=x,tls.key=x,tls.ca=x,tls.certManager.enabled=true")]
    [InlineData("the certificate would be used by nobody", "tls.certManager.enabled=true,tls.enabled=false,tls.insecure=true")]
    [InlineData("set tls.existingSecret to a Secret", "tls.existingSecret=")]
    [InlineData("set store.existingSecret to a Secret", "store.existingSecret=")]
    [InlineData("a single node lets no other join", "replicas=1,edge.enabled=true")]
    public async Task Needs_helm__A_wrong_value_is_refused(string told, string values)
    {
        var result = await Helm.RunAsync("template", Helm.Release, Helm.Chart, "--set", values);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("image.repository=registry.example/mail/screening", "image: \"registry.example/mail/screening:0.1.0\"")]
    [InlineData("image.tag=1.2", "image: \"screening:1.2\"")]
    [InlineData("imagePullSecrets[0].name=registry", "imagePullSecrets:\n        - name: registry")]
    [InlineData("extraEnv[0].name=TZ,extraEnv[0].value=UTC", "- name: TZ\n              value: UTC")]
    [InlineData("nodeSelector.disk=fast", "nodeSelector:\n        disk: fast")]
    [InlineData("tolerations[0].key=mail", "tolerations:\n        - key: mail")]
    [InlineData("priorityClassName=high", "priorityClassName: high")]
    [InlineData("persistence.storageClass=ssd", "storageClassName: \"ssd\"")]
    [InlineData("fullnameOverride=fleet", "value: $(POD_NAME).fleet:4053")]
    [InlineData("fullnameOverride=fleet", "[\"fleet-0.fleet:4053\", \"fleet-1.fleet:4053\", \"fleet-2.fleet:4053\"]")]
    [InlineData("fullnameOverride=fleet", "[\"*.fleet\", \"fleet-edge\"]")]
    [InlineData("store.connection=Host=db", "connection: SG9zdD1kYg==")]
    [InlineData("store.connection=Host=db", "name: screening-connection\n                  key: connection")]
    [InlineData("tls.certificate=a,tls.key=b,tls.ca=c", "secretName: screening-node-tls")]
    [InlineData("networkPolicy.monitoring.namespace=observe", "kubernetes.io/metadata.name: \"observe\"")]
    [InlineData("policy=[access]", "  screening.toml: |\n    [access]")]
    [InlineData("tls.enabled=false,tls.insecure=true", "SCREENING__CLUSTER__INSECURE: 'true'")]
    public async Task Needs_helm__A_value_is_where_it_belongs(string values, string expected) =>
        Assert.Contains(expected, await Helm.RenderAsync("--set", values), StringComparison.Ordinal);

    [SkippableTheory]
    [InlineData("podDisruptionBudget.enabled=false", "kind: PodDisruptionBudget")]
    [InlineData("networkPolicy.enabled=false", "kind: NetworkPolicy")]
    [InlineData("serviceAccount.create=false", "kind: ServiceAccount")]
    [InlineData("sharedMachine=preferred", "podAntiAffinity")]
    [InlineData("settings.log.max_size=null", "SCREENING__LOG__MAX_SIZE")]
    public async Task Needs_helm__A_value_leaves_something_out(string values, string left)
    {
        Assert.Contains(left, await Helm.RenderAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(left, await Helm.RenderAsync("--set", values), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_helm__A_digest_takes_the_place_of_the_tag()
    {
        var digest = "sha256:" + new string('a', 64);
        var text = await Helm.RenderAsync("--set", $"image.digest={digest}");
        Assert.Contains($"image: \"screening@{digest}\"", text, StringComparison.Ordinal);
    }

    // Text, number, list, table, list of tables, and what YAML or TOML could take for something else.
    [SkippableFact]
    public async Task Needs_helm__The_program_reads_every_kind_of_setting()
    {
        const string settings = """
            {"verdict": {"deadline": "800ms", "drop_at": 9},
             "p0f": {"alone": true, "rule": [{"os": "Windows", "flavor": "XP|2000", "weight": 1}]},
             "dnsbl": {"sites": "zen.example=127.0.0.[2..11]*3, wl.example*-2", "resolver": ["192.0.2.53:53"], "timeout": "1s"},
             "custom": [{"name": "reputation", "url": "http://127.0.0.1:9000/", "weight": {"drop": 9, "pass": -2}}],
             "policy": {"enforce_text": "550 it's \"no\": {reason}"}, "node": {"data_dir": "true"},
             "profile": {"mx-1": {"local": ["192.0.2.25"], "verdict": {"enforce_at": 2}}}, "cache": {"max_entries": 20000000}}
            """;
        var manifests = RenderedManifests.Of("chart", await Helm.RenderAsync("--set-json", $"settings={settings}"));
        var variables = manifests.Of<V1ConfigMap>().Single(map => map.Metadata.Name == "screening-settings").Data;
        var result = ConfigurationLoader.Load(new ConfigurationRequest
        {
            Environment = new Dictionary<string, string>(variables)
            {
                ["SCREENING__STORE__CONNECTION"] = "Host=db",
                ["SCREENING__CLUSTER__ADVERTISE"] = "screening-0.screening:4053",
                ["SCREENING__CLUSTER__INSECURE"] = "true",
            },
            SystemDirectory = "/nowhere",
            CurrentDirectory = "/nowhere",
        });
        Assert.Empty(result.Faults.Select(fault => fault.ToString()));
        var options = result.Options!;
        Assert.Equal((TimeSpan.FromMilliseconds(800), 9), (options.Verdict.Deadline, options.Verdict.DropAt));
        Assert.True(options.P0f.Alone);
        Assert.Equal("zen.example=127.0.0.[2..11]*3, wl.example*-2", options.Dnsbl.Sites.Reveal());
        Assert.Equal("reputation", options.Customs.Single().Name);
        Assert.Equal("550 it's \"no\": {reason}", options.Policy.EnforceText);
        Assert.Equal("mx-1", options.Profiles.Single().Key);
        Assert.Equal(20_000_000, options.Cache.MaxEntries);
        Assert.EndsWith("true", options.Node.DataDir, StringComparison.Ordinal);
    }

    private static async Task<List<JsonObject>> KustomizeAsync(params string[] overlays)
    {
        var documents = new List<JsonObject>();
        foreach (var overlay in overlays)
            documents.AddRange((await RenderedManifests.OfAsync(overlay)).Documents);
        // The chart makes no namespaces, and has no database to try things out.
        return [.. documents.Where(document => document["kind"]!.GetValue<string>() != "Namespace"
            && document["metadata"]!["labels"]?["app.kubernetes.io/name"]?.GetValue<string>() != "postgresql")];
    }

    private static async Task<List<JsonObject>> OwnKindsAsync(string[] values) =>
        [.. YamlDocuments.Parse(await Helm.RenderAsync(values)).Where(document => !CustomResource.IsOne(document))];

    // Something in every place that is empty by default.
    private static string[] EveryValue() =>
    [
        .. Helm.Example("edge-daemonset"), .. Helm.Example("operators"),
        "--set-json", """extraEnv=[{"name":"A","value":"1"}]""", "--set-json", """extraEnvFrom=[{"secretRef":{"name":"a"}}]""",
        "--set-json", """extraVolumes=[{"name":"a","emptyDir":{}}]""",
        "--set-json", """extraVolumeMounts=[{"name":"a","mountPath":"/a"}]""",
        "--set-json", """imagePullSecrets=[{"name":"a"}]""", "--set-json", """tolerations=[{"operator":"Exists"}]""",
        "--set", "store.connection=Host=db,nodeSelector.a=b,priorityClassName=a,podAnnotations.a=b,podLabels.a=b,serviceAccount.name=a",
        "--set", "serviceAccount.annotations.a=b,service.annotations.a=b,podMonitor.labels.a=b,prometheusRule.labels.a=b",
    ];
}
