using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>What must hold for the manifests and neither checker looks at. Each rule names what breaks it.</summary>
internal static class ManifestRules
{
    // 4 s for pending queries and 10 s to leave a fleet, docs/operations.md.
    private const int StopSeconds = 14;

    // Kinds and versions that an API server of 1.26 serves.
    private static readonly HashSet<string> Versions =
    [
        "v1", "apps/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1", "cert-manager.io/v1", "monitoring.coreos.com/v1",
    ];

    // Fields that a server of 1.26 does not have, or has turned off by default.
    private static readonly HashSet<string> NewerFields =
    [
        "sleep", "stopSignal", "unhealthyPodEvictionPolicy", "persistentVolumeClaimRetentionPolicy", "matchLabelKeys", "mismatchLabelKeys",
        "minDomains", "trafficDistribution", "resizePolicy", "ordinals", "appArmorProfile", "hostUsers", "schedulingGates",
        "resourceClaims", "supplementalGroupsPolicy", "volumeAttributesClassName", "clusterTrustBundle", "hostIPs", "podReplacementPolicy",
        "restartPolicyRules", "containerResource", "recursiveReadOnly",
    ];

    public static IEnumerable<string> Faults(RenderedManifests manifests)
    {
        // Objects of other versions cannot be read.
        var newer = manifests.Documents.SelectMany(Newer).ToList();
        if (newer.Count > 0)
            return newer;
        var workloads = Workload.In(manifests).ToList();
        return
        [
            .. workloads.SelectMany(Selected),
            .. workloads.SelectMany(workload => workload.Containers.SelectMany(container => Contained(workload, container))),
            .. workloads.SelectMany(Confined),
            .. workloads.SelectMany(Stopped),
            .. workloads.SelectMany(Outlived),
            .. workloads.SelectMany(workload => Mounted(workload, manifests)),
            .. manifests.Of<V1StatefulSet>().SelectMany(set => Named(set, manifests)),
            .. manifests.Of<V1Service>().SelectMany(service => Served(service, workloads)),
            .. manifests.Of<V1PodDisruptionBudget>()
                .Where(budget => !workloads.Exists(workload =>
                    workload.IsSelectedBy(budget.Spec.Selector, budget.Metadata.NamespaceProperty ?? "")))
                .Select(budget => $"PodDisruptionBudget {budget.Metadata.Name} selects no pod"),
            .. manifests.Of<V1NetworkPolicy>().SelectMany(policy => Guarded(policy, workloads)),
            .. manifests.Of<V2HorizontalPodAutoscaler>().SelectMany(scaler => Scaled(scaler, workloads)),
            .. Restricted(manifests, workloads),
        ];
    }

    private static IEnumerable<string> Newer(JsonObject document)
    {
        var label = $"{document["kind"]} {document["metadata"]!["name"]}";
        if (!Versions.Contains(document["apiVersion"]!.GetValue<string>()))
            yield return $"{label}: {document["apiVersion"]} is not a version of Kubernetes 1.26";
        foreach (var field in FieldsOf(document).Where(NewerFields.Contains))
            yield return $"{label}: {field} is newer than Kubernetes 1.26";
        if (document["spec"]?["updateStrategy"]?["rollingUpdate"]?["maxUnavailable"] is not null && $"{document["kind"]}" == "StatefulSet")
            yield return $"{label}: maxUnavailable of a StatefulSet is newer than Kubernetes 1.26";
    }

    private static IEnumerable<string> FieldsOf(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(pair => (string[])[pair.Key, .. FieldsOf(pair.Value)]),
        JsonArray items => items.SelectMany(FieldsOf),
        _ => [],
    };

    private static IEnumerable<string> Selected(Workload workload)
    {
        if (!Workload.Matches(workload.Selector, workload.Template.Metadata.Labels))
            yield return $"{workload}: the selector does not match the labels of its template";
    }

    private static IEnumerable<string> Contained(Workload workload, V1Container container)
    {
        var label = $"{workload}, container {container.Name}";
        var tag = container.Image.Split(':').ElementAtOrDefault(1);
        if (tag is null or "latest" && !container.Image.Contains('@', StringComparison.Ordinal))
            yield return $"{label}: the image {container.Image} has no version";
        foreach (var resource in (string[])["cpu", "memory"])
        {
            if (container.Resources?.Requests?.ContainsKey(resource) != true)
                yield return $"{label}: requests no {resource}";
            if (container.Resources?.Limits?.ContainsKey(resource) != true)
                yield return $"{label}: has no limit of {resource}";
        }

        if (container.StartupProbe is null || container.LivenessProbe is null)
            yield return $"{label}: has no startup or liveness probe";
        foreach (var probe in (V1Probe?[])[container.StartupProbe, container.LivenessProbe, container.ReadinessProbe])
        {
            if (probe?.HttpGet?.Port.Value is { } port && !PortsOf(container).ContainsKey(port) && !IsNumber(port))
                yield return $"{label}: a probe asks the port {port}, which it does not have";
        }
    }

    private static IEnumerable<string> Confined(Workload workload)
    {
        if (workload.Pod.AutomountServiceAccountToken != false)
            yield return $"{workload}: the pod gets a token";
        if (workload.Pod.EnableServiceLinks != false)
            yield return $"{workload}: the pod gets variables named after Services";
        if (!workload.Pod.Containers.Any(container => container.ReadinessProbe is not null))
            yield return $"{workload}: has no readiness probe";
        foreach (var container in workload.Containers)
        {
            var label = $"{workload}, container {container.Name}";
            if (container.SecurityContext is not { } own)
            {
                yield return $"{label}: has no securityContext";
                continue;
            }

            if (own.ReadOnlyRootFilesystem != true)
                yield return $"{label}: can write to its root";
            if (own.Capabilities?.Drop?.Contains("ALL") != true)
                yield return $"{label}: keeps capabilities";
            if ((own.SeccompProfile ?? workload.Pod.SecurityContext?.SeccompProfile)?.Type != "RuntimeDefault")
                yield return $"{label}: has no seccomp profile";
        }
    }

    // What preStop waits, and what a node takes after SIGTERM, must fit.
    private static IEnumerable<string> Stopped(Workload workload)
    {
        foreach (var node in workload.Nodes)
        {
            var drain = node.Lifecycle?.PreStop?.Exec?.Command;
            if (drain is not null && !(drain.Count == 4 && drain.Take(3).SequenceEqual(["screening", "drain", "--wait"])))
                yield return $"{workload}: preStop does not drain";
            if (drain is null && !IsBesidePostfix(workload))
                yield return $"{workload}: a pod behind a Service must drain in preStop";
            if (WaitOf(node) + StopSeconds > workload.Pod.TerminationGracePeriodSeconds)
                yield return $"{workload}: is killed before it has stopped";
        }
    }

    // postscreen asks its node until its own preStop is over: "drain-postfix WAIT LIMIT".
    private static IEnumerable<string> Outlived(Workload workload)
    {
        foreach (var container in workload.Containers)
        {
            if (container.Lifecycle?.PreStop?.Exec?.Command is ["drain-postfix", var wait, var limit]
                && workload.Nodes.Any(node => WaitOf(node) <= Seconds(wait) + Seconds(limit)))
            {
                yield return $"{workload}: the node ends before Postfix";
            }
        }
    }

    private static int WaitOf(V1Container node) => node.Lifecycle?.PreStop?.Exec?.Command is { } drain ? Seconds(drain[^1]) : 0;

    private static int Seconds(string time) => int.Parse(time.TrimEnd('s'), CultureInfo.InvariantCulture);

    private static bool IsBesidePostfix(Workload workload) => workload.Pod.HostNetwork == true;

    private static IEnumerable<string> Mounted(Workload workload, RenderedManifests manifests)
    {
        var claims = workload.Owner is V1StatefulSet set ? set.Spec.VolumeClaimTemplates ?? [] : [];
        var volumes = (workload.Pod.Volumes ?? []).Select(volume => volume.Name)
            .Concat(claims.Select(claim => claim.Metadata.Name)).ToHashSet();
        var mounted = workload.Containers.SelectMany(container => container.VolumeMounts ?? []).Select(mount => mount.Name).ToHashSet();
        foreach (var name in mounted.Except(volumes))
            yield return $"{workload}: there is no volume {name}";
        foreach (var name in volumes.Except(mounted))
            yield return $"{workload}: the volume {name} is mounted nowhere";
        var maps = manifests.Of<V1ConfigMap>().Where(map => (map.Metadata.NamespaceProperty ?? "") == workload.Namespace)
            .Select(map => map.Metadata.Name).ToHashSet();
        var named = (workload.Pod.Volumes ?? []).Select(volume => volume.ConfigMap?.Name)
            .Concat(workload.Containers.SelectMany(container => container.EnvFrom ?? []).Select(source => source.ConfigMapRef?.Name));
        foreach (var name in named.OfType<string>().Except(maps))
            yield return $"{workload}: there is no ConfigMap {name}";
        var accounts = manifests.Of<V1ServiceAccount>().Where(account =>
            account.AutomountServiceAccountToken == false && (account.Metadata.NamespaceProperty ?? "") == workload.Namespace);
        if (!accounts.Any(account => account.Metadata.Name == workload.Pod.ServiceAccountName))
            yield return $"{workload}: there is no ServiceAccount {workload.Pod.ServiceAccountName} without token";
    }

    private static IEnumerable<string> Named(V1StatefulSet set, RenderedManifests manifests)
    {
        var service = manifests.Of<V1Service>().FirstOrDefault(found =>
            found.Metadata.Name == set.Spec.ServiceName && found.Metadata.NamespaceProperty == set.Metadata.NamespaceProperty);
        if (service?.Spec.ClusterIP != "None")
            yield return $"StatefulSet {set.Metadata.Name}: there is no headless Service {set.Spec.ServiceName}";
        else if (set.Metadata.Name != "postgresql" && service.Spec.PublishNotReadyAddresses != true)
            yield return $"Service {set.Spec.ServiceName}: nodes that are not ready would have no name";
    }

    private static IEnumerable<string> Served(V1Service service, List<Workload> workloads)
    {
        var label = $"Service {service.Metadata.Name}";
        var pods = workloads.Where(workload => workload.IsSelectedBy(service.Spec.Selector, service.Metadata.NamespaceProperty ?? ""))
            .ToList();
        if (pods.Count != 1)
            yield return $"{label} selects the pods of {pods.Count} workloads";
        foreach (var port in service.Spec.Ports)
        {
            if (!pods.All(pod => Has(pod, port.TargetPort.Value, port.Protocol)))
                yield return $"{label}: its pods have no port {port.TargetPort.Value} of {port.Protocol ?? "TCP"}";
        }

        if (service.Spec.Type == "LoadBalancer" && service.Spec.ExternalTrafficPolicy != "Local")
            yield return $"{label}: clients lose their addresses";
    }

    private static IEnumerable<string> Guarded(V1NetworkPolicy policy, List<Workload> workloads)
    {
        var label = $"NetworkPolicy {policy.Metadata.Name}";
        var pods = workloads.Where(workload => workload.IsSelectedBy(policy.Spec.PodSelector, policy.Metadata.NamespaceProperty ?? ""))
            .ToList();
        foreach (var port in (policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports ?? []))
        {
            if (!pods.All(pod => Has(pod, port.Port.Value, port.Protocol)))
                yield return $"{label}: its pods have no port {port.Port.Value} of {port.Protocol ?? "TCP"}";
        }

        // A name would have to be known at the other end.
        foreach (var port in (policy.Spec.Egress ?? []).SelectMany(rule => rule.Ports ?? []).Where(port => !IsNumber(port.Port.Value)))
            yield return $"{label}: the egress port {port.Port.Value} is a name";
        if (!policy.Spec.PolicyTypes.Order().SequenceEqual(["Egress", "Ingress"]))
            yield return $"{label}: leaves a direction open";
    }

    private static IEnumerable<string> Scaled(V2HorizontalPodAutoscaler scaler, List<Workload> workloads)
    {
        var target = workloads.Find(workload => workload.Owner.Kind == scaler.Spec.ScaleTargetRef.Kind
            && workload.Name == scaler.Spec.ScaleTargetRef.Name);
        if (target is null)
            yield return $"HorizontalPodAutoscaler {scaler.Metadata.Name}: there is no {scaler.Spec.ScaleTargetRef.Name}";
        else if (target.Template.Metadata.Labels["app.kubernetes.io/component"] != "edge")
            yield return $"{target}: only edges may be scaled by load";
        else if (target.Owner is V1StatefulSet { Spec.Replicas: not null })
            yield return $"{target}: replicas would undo what the autoscaler sets";
    }

    // https://kubernetes.io/docs/concepts/security/pod-security-standards, level restricted.
    private static IEnumerable<string> Restricted(RenderedManifests manifests, List<Workload> workloads)
    {
        var strict = manifests.Of<V1Namespace>()
            .Where(found => found.Metadata.Labels is { } labels && labels.TryGetValue("pod-security.kubernetes.io/enforce", out var level)
                && level == "restricted")
            .Select(found => found.Metadata.Name).ToHashSet();
        foreach (var workload in workloads.Where(workload => strict.Contains(workload.Namespace)))
        {
            var pod = workload.Pod;
            if (pod.HostNetwork == true || pod.HostPID == true || pod.HostIPC == true || pod.SecurityContext?.RunAsNonRoot != true)
                yield return $"{workload}: the level restricted forbids the machine's namespaces, and root";
            if ((pod.Volumes ?? []).Any(volume => volume.ConfigMap is null && volume.Secret is null && volume.EmptyDir is null))
                yield return $"{workload}: the level restricted forbids the kind of a volume";
            var rights = workload.Containers.Select(container => container.SecurityContext ?? new V1SecurityContext());
            if (rights.Any(own => own.AllowPrivilegeEscalation != false || own.Capabilities?.Add is { Count: > 0 } || own.RunAsUser == 0))
                yield return $"{workload}: the level restricted forbids capabilities and privilege escalation";
        }
    }

    private static bool Has(Workload pod, string port, string? protocol) => pod.Containers.SelectMany(container => container.Ports ?? [])
        .Any(found => (found.Name == port || Number(found.ContainerPort) == port) && (found.Protocol ?? "TCP") == (protocol ?? "TCP"));

    private static Dictionary<string, int> PortsOf(V1Container container) =>
        (container.Ports ?? []).Where(port => port.Name is not null).ToDictionary(port => port.Name, port => port.ContainerPort);

    private static bool IsNumber(string port) => port.All(char.IsAsciiDigit);

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);
}
