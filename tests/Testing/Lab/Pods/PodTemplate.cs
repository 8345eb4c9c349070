using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Screening.Testing.Lab.Pods;

/// <summary>A probe as a kubelet makes it.</summary>
public sealed record PodProbe(string Path, int Port, TimeSpan Period, TimeSpan Timeout, int Failures);

/// <summary>What a container finds in a folder of its own.</summary>
/// <param name="Path">Where the container has it.</param>
/// <param name="Files">Names and contents; null: a folder to write into.</param>
/// <param name="IsKept">It is the pod's claim, which outlives the pod.</param>
public sealed record PodMount(string Path, IReadOnlyDictionary<string, string>? Files, bool IsKept);

/// <summary>
/// What a kubelet and the controllers read of a rendered StatefulSet and of what is around it: environment, mounts, probes, preStop, how
/// many pods and how many may be away. What is not set has the default of Kubernetes.
/// </summary>
public sealed partial class PodTemplate
{
    // The one that test.sh unpacks is newer than Debian's.
    private static readonly string? Kubectl = Path.Combine(Requires.FolderOf("kubernetes"), "kubectl", "kubectl") is var unpacked
        && File.Exists(unpacked) ? unpacked : Requires.Find("kubectl");

    private readonly List<JsonNode> _documents;
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> _secrets;
    private readonly JsonNode _set;
    private readonly JsonNode _container;

    private PodTemplate(List<JsonNode> documents, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets)
    {
        (_documents, _secrets) = (documents, secrets);
        _set = Find("StatefulSet", _ => true) ?? throw new InvalidOperationException("the manifests have no StatefulSet");
        _container = Spec["containers"]!.AsArray()[0]!;
    }

    /// <summary>The StatefulSet's name: its pods are NAME-0, NAME-1 and so on.</summary>
    public string Name => Text(_set["metadata"]!["name"])!;

    public string Namespace => Text(_set["metadata"]!["namespace"]) ?? "default";

    /// <summary>The headless Service, which gives pods their names.</summary>
    public string Service => Text(_set["spec"]!["serviceName"])!;

    public int Replicas => Whole(_set["spec"]!["replicas"], 1);

    /// <summary>Pods are started and ended at once, not one by one.</summary>
    public bool IsParallel => Text(_set["spec"]!["podManagementPolicy"]) == "Parallel";

    /// <summary>How long a pod must be ready before an update goes on with the next.</summary>
    public TimeSpan MinReady => TimeSpan.FromSeconds(Whole(_set["spec"]!["minReadySeconds"], 0));

    public TimeSpan Grace => TimeSpan.FromSeconds(Whole(Spec["terminationGracePeriodSeconds"], 30));

    /// <summary>Names are there before their pods are ready.</summary>
    public bool NamesUnreadyPods => Find("Service", s => Text(s["metadata"]!["name"]) == Service)?["spec"]!["publishNotReadyAddresses"]
        is { } publishes && publishes.GetValue<bool>();

    /// <summary>How many pods an eviction may take away; null: as many as it likes.</summary>
    public int? MaxUnavailable => Find("PodDisruptionBudget", b => Serves(b["spec"]!["selector"]))?["spec"] switch
    {
        { } spec when spec["maxUnavailable"] is { } most => Whole(most, 1),
        { } spec when spec["minAvailable"] is { } least => Replicas - Whole(least, 0),
        _ => null,
    };

    /// <summary>Names in the certificate of the pods: those that a Certificate asks for, else one for all names of the Service.</summary>
    public IReadOnlyList<string> CertificateNames =>
        Find("Certificate", _ => true) is { } certificate ? Texts(certificate["spec"]!["dnsNames"]) : [$"*.{Service}"];

    public PodProbe? Startup => Probe(_container["startupProbe"]);

    public PodProbe? Readiness => Probe(_container["readinessProbe"]);

    /// <summary>The command before SIGTERM; empty: none.</summary>
    public IReadOnlyList<string> PreStop => Texts(_container["lifecycle"]?["preStop"]?["exec"]?["command"]);

    /// <summary>What follows the program; empty: the image's own command.</summary>
    public IReadOnlyList<string> Arguments => Texts(_container["args"]);

    /// <summary>User and group of the process, as <c>UID:GID</c>.</summary>
    public string User => $"{Security("runAsUser")}:{Security("runAsGroup")}";

    /// <summary>The group to which all volumes belong.</summary>
    public int VolumeGroup => Whole(Spec["securityContext"]!["fsGroup"], 0);

    public bool HasReadOnlyRoot => $"{Security("readOnlyRootFilesystem")}" == "true";

    /// <summary>The process cannot get rights that it does not have at its start.</summary>
    public bool KeepsItsRights => $"{Security("allowPrivilegeEscalation")}" == "false";

    /// <summary>Capabilities that are taken away; ALL: all of them.</summary>
    public IReadOnlyList<string> DroppedCapabilities => Texts(Security("capabilities")?["drop"]);

    /// <summary>In Kubernetes' units, such as 2Gi.</summary>
    public string MemoryLimit => $"{_container["resources"]!["limits"]!["memory"]}";

    /// <summary>In processors.</summary>
    public string ProcessorLimit => $"{_container["resources"]!["limits"]!["cpu"]}";

    /// <summary>Names of Secrets that the pods read.</summary>
    public IEnumerable<string> Secrets => Volumes.Select(v => Text(v["secret"]?["secretName"]))
        .Concat(Array(_container["env"]).Select(e => Text(e["valueFrom"]?["secretKeyRef"]?["name"]))).OfType<string>().Distinct();

    /// <summary>Everything that is mounted.</summary>
    public IEnumerable<PodMount> Mounts => Array(_container["volumeMounts"])
        .Select(m => MountOf(Text(m["mountPath"])!, Text(m["name"])!, Text(m["subPath"])));

    private JsonNode Spec => _set["spec"]!["template"]!["spec"]!;

    private JsonNode? Security(string name) => _container["securityContext"]?[name] ?? Spec["securityContext"]?[name];

    private IEnumerable<JsonNode> Volumes => Array(Spec["volumes"]);

    /// <summary>Renders a folder of manifests by <c>kubectl kustomize</c>, which asks nobody.</summary>
    /// <param name="secrets">What the operator puts into Secrets, by name and key; stronger than what is rendered.</param>
    public static async Task<PodTemplate> RenderAsync(
        string folder, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets)
    {
        Xunit.Skip.If(Kubectl is null, "needs the program kubectl");
        var yaml = await RunAsync("", "kustomize", folder);

        // The one way from YAML to JSON that the machine has anyway; nothing is sent anywhere.
        var json = await RunAsync(yaml, "annotate", "--local", "--dry-run=client", "-o", "json", "-f", "-", "lab=1");
        return new PodTemplate(Read(json), secrets);
    }

    /// <summary>The same with other Secrets: those of pods that start from now on.</summary>
    public PodTemplate With(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets) => new(_documents, secrets);

    /// <summary>The environment of one pod, in order, with <c>$(NAME)</c> replaced as a kubelet does.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOf(string pod, string address)
    {
        var environment = new Dictionary<string, string>();
        foreach (var from in Array(_container["envFrom"]))
        {
            foreach (var (name, value) in FilesOf(from["configMapRef"], from["secretRef"]))
                environment[name] = value;
        }

        foreach (var entry in Array(_container["env"]))
            environment[Text(entry["name"])!] = ValueOf(entry, pod, address) ?? Expand(Text(entry["value"]) ?? "", environment);
        return environment;
    }

    private string? ValueOf(JsonNode entry, string pod, string address)
    {
        if (entry["valueFrom"] is not { } from)
            return null;
        if (Text(from["fieldRef"]?["fieldPath"]) is { } path)
        {
            return path switch
            {
                "metadata.name" => pod,
                "metadata.namespace" => Namespace,
                "status.podIP" => address,
                _ => throw new NotSupportedException($"the laboratory has no {path}"),
            };
        }

        var key = Text((from["secretKeyRef"] ?? from["configMapKeyRef"])?["key"])!;
        return FilesOf(from["configMapKeyRef"], from["secretKeyRef"])[key];
    }

    private PodMount MountOf(string path, string volume, string? subPath)
    {
        var found = Volumes.FirstOrDefault(v => Text(v["name"]) == volume);
        if (found is null)
            return new PodMount(path, null, IsKept: true); // Of volumeClaimTemplates.
        if (found["emptyDir"] is not null)
            return new PodMount(path, null, IsKept: false);
        if (found["configMap"] is null && found["secret"] is null)
            throw new NotSupportedException($"the laboratory has no volume like {volume}");
        var files = FilesOf(found["configMap"], found["secret"] is { } secret ? Renamed(secret) : null);
        if (subPath is null)
            return new PodMount(path, files, IsKept: false);
        var only = new Dictionary<string, string> { [Path.GetFileName(path)] = files[subPath] };
        return new PodMount(Path.GetDirectoryName(path)!, only, IsKept: false);
    }

    private static JsonObject Renamed(JsonNode secret) =>
        new() { ["name"] = Text(secret["secretName"]), ["optional"] = secret["optional"]?.DeepClone() };

    private IReadOnlyDictionary<string, string> FilesOf(JsonNode? configMap, JsonNode? secret)
    {
        var name = Text((configMap ?? secret)?["name"]) ?? throw new InvalidOperationException("a reference without a name");
        if (configMap is null && _secrets.TryGetValue(name, out var given))
            return given;
        var found = Find(configMap is null ? "Secret" : "ConfigMap", d => Text(d["metadata"]!["name"]) == name);
        if (found is null)
        {
            return (configMap ?? secret)!["optional"]?.GetValue<bool>() == true
                ? new Dictionary<string, string>()
                : throw new InvalidOperationException($"{name} is in no manifest, and the laboratory was given none");
        }

        var files = new Dictionary<string, string>();
        foreach (var (key, value) in (found["stringData"] ?? found["data"])!.AsObject())
        {
            files[key] = configMap is null && found["stringData"] is null
                ? Encoding.UTF8.GetString(Convert.FromBase64String(Text(value)!))
                : Text(value)!;
        }

        return files;
    }

    private bool Serves(JsonNode? selector) => selector?["matchLabels"] is JsonObject wanted
        && wanted.All(label => Text(_set["spec"]!["template"]!["metadata"]!["labels"]?[label.Key]) == Text(label.Value));

    private JsonNode? Find(string kind, Func<JsonNode, bool> isMeant) =>
        _documents.Find(document => Text(document["kind"]) == kind && isMeant(document));

    private PodProbe? Probe(JsonNode? probe) => probe is null ? null : new PodProbe(
        Text(probe["httpGet"]!["path"])!, PortOf(probe["httpGet"]!["port"]!), TimeSpan.FromSeconds(Whole(probe["periodSeconds"], 10)),
        TimeSpan.FromSeconds(Whole(probe["timeoutSeconds"], 1)), Whole(probe["failureThreshold"], 3));

    /// <summary>A port by its number or name.</summary>
    public int PortOf(string name) => Array(_container["ports"]).Where(p => Text(p["name"]) == name)
        .Select(p => Whole(p["containerPort"], 0)).First();

    private int PortOf(JsonNode port) => port.GetValueKind() == JsonValueKind.Number ? port.GetValue<int>() : PortOf(Text(port)!);

    private static string Expand(string value, Dictionary<string, string> known) => Reference.Replace(
        value, match => match.Value == "$$" ? "$" : known.GetValueOrDefault(match.Groups["name"].Value, match.Value));

    private static IEnumerable<JsonNode> Array(JsonNode? node) => node?.AsArray().OfType<JsonNode>() ?? [];

    private static IReadOnlyList<string> Texts(JsonNode? node) => [.. Array(node).Select(n => Text(n)!)];

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static int Whole(JsonNode? node, int otherwise) => node?.GetValue<int>() ?? otherwise;

    // One document after another.
    private static List<JsonNode> Read(string json)
    {
        var documents = new List<JsonNode>();
        var reader = new Utf8JsonReader(
            new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read())
            documents.Add(JsonNode.Parse(ref reader)!);
        return documents;
    }

    private static async Task<string> RunAsync(string input, params string[] arguments)
    {
        var result = await RunningProcess.RunAsync(new LaunchPlan(Kubectl!, arguments), Waiting.Limit, input);
        return result.ExitCode == 0
            ? result.Output : throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)}: {result}");
    }

    [GeneratedRegex(@"\$\$|\$\((?<name>[A-Za-z_][A-Za-z0-9_]*)\)")]
    private static partial Regex Reference { get; }
}
