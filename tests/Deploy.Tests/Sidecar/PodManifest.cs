using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Screening.Deploy.Tests.Kubernetes;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>The pod that a rendered StatefulSet or DaemonSet makes: all its containers, with what a kubelet reads of each.</summary>
internal sealed partial class PodManifest
{
    private readonly IReadOnlyList<JsonObject> _documents;
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> _secrets;
    private readonly JsonNode _workload;

    private PodManifest(
        IReadOnlyList<JsonObject> documents, string workload, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets)
    {
        (_documents, _secrets) = (documents, secrets);
        _workload = documents.Single(d => Text(d["kind"]) is "StatefulSet" or "DaemonSet" && Text(d["metadata"]?["name"]) == workload);
    }

    public IReadOnlyList<PodContainer> Containers =>
        [.. Array(Spec["containers"]).Select(container => new PodContainer(this, container))];

    public bool HasHostNetwork => Spec["hostNetwork"]?.GetValue<bool>() ?? false;

    /// <summary>The group to which all volumes belong.</summary>
    public long? FsGroup => Spec["securityContext"]?["fsGroup"]?.GetValue<long>();

    /// <summary>Names of volumes that outlive the pod.</summary>
    public IEnumerable<string> Claims => Array(_workload["spec"]!["volumeClaimTemplates"]).Select(c => Text(c["metadata"]!["name"])!);

    public IEnumerable<string> EmptyFolders => Array(Spec["volumes"]).Where(v => v["emptyDir"] is not null).Select(v => Text(v["name"])!);

    /// <summary>Volumes whose files come from ConfigMaps and Secrets.</summary>
    public IEnumerable<(string Name, UnixFileMode Mode, IReadOnlyDictionary<string, string> Files)> FileVolumes =>
        from volume in Array(Spec["volumes"])
        let source = volume["configMap"] ?? volume["secret"]
        where source is not null
        select (Text(volume["name"])!, (UnixFileMode)(source["defaultMode"]?.GetValue<long>() ?? 0b110_100_100),
            Text(source["name"]) is { } map ? ConfigMap(map) : _secrets[Text(source["secretName"])!]);

    /// <summary>Folders of the machine, by the volume's name.</summary>
    public IReadOnlyDictionary<string, string> HostFolders => Array(Spec["volumes"]).Where(v => v["hostPath"] is not null)
        .ToDictionary(v => Text(v["name"])!, v => Text(v["hostPath"]!["path"])!);

    internal JsonNode Spec => _workload["spec"]!["template"]!["spec"]!;

    private string Namespace => Text(_workload["metadata"]!["namespace"]) ?? "default";

    /// <summary>Renders a folder by <c>kubectl kustomize</c>, which asks no server.</summary>
    /// <param name="workload">The StatefulSet or DaemonSet.</param>
    /// <param name="secrets">What the operator puts into Secrets, by name and key.</param>
    public static async Task<PodManifest> RenderAsync(
        string folder, string workload, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets) =>
        new(YamlDocuments.Parse(await Kubectl.RenderAsync(folder)), workload, secrets);

    public IReadOnlyDictionary<string, string> ConfigMap(string name)
    {
        var map = _documents.FirstOrDefault(d => Text(d["kind"]) == "ConfigMap" && Text(d["metadata"]!["name"]) == name)
            ?? throw new InvalidOperationException($"the manifests have no ConfigMap {name}");
        return map["data"]!.AsObject().ToDictionary(entry => entry.Key, entry => Text(entry.Value)!);
    }

    /// <summary>The environment of one container, with <c>$(NAME)</c> replaced as a kubelet does.</summary>
    internal IReadOnlyDictionary<string, string> EnvironmentOf(JsonNode container, string pod, string address)
    {
        var environment = new Dictionary<string, string>();
        foreach (var from in Array(container["envFrom"]))
        {
            foreach (var (name, value) in ConfigMap(Text(from["configMapRef"]!["name"])!))
                environment[name] = value;
        }

        foreach (var entry in Array(container["env"]))
        {
            var from = entry["valueFrom"];
            environment[Text(entry["name"])!] = Text(from?["fieldRef"]?["fieldPath"]) switch
            {
                "metadata.name" or "spec.nodeName" => pod,
                "metadata.namespace" => Namespace,
                "status.podIP" or "status.hostIP" => address,
                null when from?["secretKeyRef"] is { } key => _secrets[Text(key["name"])!][Text(key["key"])!],
                null => Expand(Text(entry["value"]) ?? "", environment),
                var path => throw new NotSupportedException($"the pod player has no {path}"),
            };
        }

        return environment;
    }

    internal static IEnumerable<JsonNode> Array(JsonNode? node) => node?.AsArray().OfType<JsonNode>() ?? [];

    internal static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static string Expand(string value, Dictionary<string, string> known) => Reference.Replace(
        value, match => match.Value == "$$" ? "$" : known.GetValueOrDefault(match.Groups["name"].Value, match.Value));

    [GeneratedRegex(@"\$\$|\$\((?<name>[A-Za-z_][A-Za-z0-9_]*)\)")]
    private static partial Regex Reference { get; }
}

/// <summary>One container of a pod.</summary>
internal sealed class PodContainer(PodManifest pod, JsonNode container)
{
    public string Name => PodManifest.Text(container["name"])!;

    public string Image => PodManifest.Text(container["image"])!;

    /// <summary>What takes the entry point's place; empty: the image's own.</summary>
    public IReadOnlyList<string> Command => Texts(container["command"]);

    /// <summary>Empty: the image's own.</summary>
    public IReadOnlyList<string> Arguments => Texts(container["args"]);

    /// <summary>UID:GID; null: the image's user.</summary>
    public string? User => Setting("runAsUser")?.GetValue<long>() is { } user
        ? string.Create(CultureInfo.InvariantCulture, $"{user}:{Setting("runAsGroup")?.GetValue<long>() ?? 0}") : null;

    /// <summary>True: what it starts can get no more rights than it has itself (no_new_privs).</summary>
    public bool KeepsItsRights => container["securityContext"]?["allowPrivilegeEscalation"]?.GetValue<bool>() == false;

    public bool HasReadOnlyRoot => container["securityContext"]?["readOnlyRootFilesystem"]?.GetValue<bool>() ?? false;

    /// <summary>The only capabilities that it can have. A manifest that does not drop all is not played.</summary>
    public IReadOnlyList<string> Capabilities => Texts(container["securityContext"]?["capabilities"]?["drop"]) is ["ALL"]
        ? Texts(container["securityContext"]!["capabilities"]!["add"])
        : throw new NotSupportedException($"{Name} does not drop all capabilities");

    /// <summary>In bytes.</summary>
    public long MemoryLimit => PodManifest.Text(container["resources"]?["limits"]?["memory"]) switch
    {
        [.. var number, 'M', 'i'] => long.Parse(number, CultureInfo.InvariantCulture) << 20,
        [.. var number, 'G', 'i'] => long.Parse(number, CultureInfo.InvariantCulture) << 30,
        var other => throw new NotSupportedException($"{Name}: memory limit {other}"),
    };

    /// <summary>Where each volume is mounted.</summary>
    public IEnumerable<(string Volume, string? SubPath, string Path, bool ReadOnly)> Mounts =>
        from mount in PodManifest.Array(container["volumeMounts"])
        select (PodManifest.Text(mount["name"])!, PodManifest.Text(mount["subPath"]), PodManifest.Text(mount["mountPath"])!,
            mount["readOnly"]?.GetValue<bool>() ?? false);

    /// <summary>The command of a probe or of preStop; empty: there is none.</summary>
    public IReadOnlyList<string> CommandOf(string probe) =>
        Texts((probe == "preStop" ? container["lifecycle"]?["preStop"] : container[probe])?["exec"]?["command"]);

    public string? PathOf(string probe) => PodManifest.Text(container[probe]?["httpGet"]?["path"]);

    public IReadOnlyDictionary<string, string> EnvironmentOf(string podName, string address) =>
        pod.EnvironmentOf(container, podName, address);

    private JsonNode? Setting(string name) => container["securityContext"]?[name] ?? pod.Spec["securityContext"]?[name];

    private static IReadOnlyList<string> Texts(JsonNode? node) => [.. PodManifest.Array(node).Select(n => PodManifest.Text(n)!)];
}
