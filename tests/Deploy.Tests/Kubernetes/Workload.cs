using k8s;
using k8s.Models;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>What makes pods: a StatefulSet, a DaemonSet or a Deployment.</summary>
internal sealed record Workload(IKubernetesObject<V1ObjectMeta> Owner, V1LabelSelector Selector, V1PodTemplateSpec Template)
{
    public string Name => Owner.Metadata.Name;

    public string Namespace => Owner.Metadata.NamespaceProperty ?? "";

    public V1PodSpec Pod => Template.Spec;

    public IEnumerable<V1Container> Containers => [.. Pod.InitContainers ?? [], .. Pod.Containers];

    /// <summary>The containers of this project's own image.</summary>
    public IEnumerable<V1Container> Nodes => Pod.Containers.Where(container => container.Image.Split(':')[0] == "screening");

    public override string ToString() => $"{Owner.Kind} {Name}";

    public static IEnumerable<Workload> In(RenderedManifests manifests) => manifests.Objects.Select(Of).OfType<Workload>();

    public bool IsSelectedBy(V1LabelSelector? selector, string @namespace) =>
        @namespace == Namespace && Matches(selector, Template.Metadata.Labels);

    public bool IsSelectedBy(IDictionary<string, string> labels, string @namespace) =>
        IsSelectedBy(new V1LabelSelector { MatchLabels = labels }, @namespace);

    public static bool Matches(V1LabelSelector? selector, IDictionary<string, string> labels)
    {
        if (selector?.MatchExpressions is { Count: > 0 })
            throw new NotSupportedException("matchExpressions");
        return selector?.MatchLabels?.All(label => labels.TryGetValue(label.Key, out var value) && value == label.Value) ?? true;
    }

    private static Workload? Of(IKubernetesObject<V1ObjectMeta> found) => found switch
    {
        V1StatefulSet set => new Workload(set, set.Spec.Selector, set.Spec.Template),
        V1DaemonSet set => new Workload(set, set.Spec.Selector, set.Spec.Template),
        V1Deployment deployment => new Workload(deployment, deployment.Spec.Selector, deployment.Spec.Template),
        _ => null,
    };
}
