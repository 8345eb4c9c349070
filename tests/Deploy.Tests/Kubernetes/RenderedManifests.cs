using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>What an overlay renders to, or a text like it.</summary>
internal sealed class RenderedManifests
{
    private static readonly ConcurrentDictionary<string, Task<RenderedManifests>> Rendered = new();
    private static readonly string Root = Repository.File("deploy/k8s");

    private RenderedManifests(string name, string text)
    {
        Name = name;
        Text = text;
        Documents = YamlDocuments.Parse(text);
    }

    /// <summary>For messages.</summary>
    public string Name { get; }

    public string Text { get; }

    /// <summary>Each object as JSON.</summary>
    public IReadOnlyList<JsonObject> Documents { get; }

    /// <summary>
    /// The objects of Kubernetes' own kinds, read strictly: a field that Kubernetes does not know throws. The reader knows nothing of
    /// custom resources; those are left out.
    /// </summary>
    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects => field ??= Load();

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>Every overlay, the base, and the overlays that take components with them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "base", .. Directory.EnumerateDirectories(Path.Combine(Root, "overlays")).Select(folder => Path.GetFileName(folder)!).Order(),
        "production with components", "edge-sidecar with components",
    ];

    /// <summary>Renders one of <see cref="Names"/>, once for all tests.</summary>
    public static Task<RenderedManifests> OfAsync(string name) => Rendered.GetOrAdd(name, RenderAsync);

    private static async Task<RenderedManifests> RenderAsync(string name) => new(name, name switch
    {
        "base" => await Kubectl.RenderAsync(Path.Combine(Root, "base")),
        "production with components" => await Kubectl.RenderAsync(
            Path.Combine(Root, "overlays", "production"), Components("cert-manager", "prometheus", "postgresql", "resolver"),
            "namespace: mail\n"),
        "edge-sidecar with components" => await Kubectl.RenderAsync(
            Path.Combine(Root, "overlays", "edge-sidecar"), Components("cert-manager-edge"), ""),
        _ => await Kubectl.RenderAsync(Path.Combine(Root, "overlays", name)),
    });

    /// <summary>The same with a fault in it.</summary>
    /// <param name="old">What must be there.</param>
    public RenderedManifests With(string old, string replacement)
    {
        Assert.Contains(old, Text, StringComparison.Ordinal);
        var at = Text.IndexOf(old, StringComparison.Ordinal);
        return new RenderedManifests($"{Name} with {replacement}", Text[..at] + replacement + Text[(at + old.Length)..]);
    }

    private static IEnumerable<string> Components(params string[] names) => names.Select(name => Path.Combine(Root, "components", name));

    private List<IKubernetesObject<V1ObjectMeta>> Load()
    {
        var own = YamlDocuments.Split(Text).Where(text => !CustomResource.IsOne(YamlDocuments.Parse(text).Single()));
        return [.. KubernetesYaml.LoadAllFromString(string.Join("\n---\n", own), strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];
    }
}
