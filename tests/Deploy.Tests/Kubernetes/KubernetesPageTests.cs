using k8s.Models;
using Screening.Node.Commands;
using Screening.Node.Commands.Usage;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>
/// The commands of the two pages about Kubernetes are run by bash with a kubectl that only writes down what it was called with. Each call
/// must fit the manifests: objects, folders, keys of Secrets and labels that are there, and commands that the program knows.
/// </summary>
public sealed class KubernetesPageTests
{
    private const char Separator = '\u001f';

    // Pods of the reader's own.
    private const string Foreign = "postfix-";

    private static readonly string[] Pages = ["docs/kubernetes.md", "deploy/k8s/README.md"];
    private static readonly string Shim = $"#!/bin/bash\n(IFS=$'\\x{(int)Separator:x}'; printf '%s\\n' \"$*\") >>\"$CALLS\"\n";

    [SkippableFact]
    public async Task Needs_kubectl_and_openssl__Commands_of_the_page_fit_the_manifests()
    {
        Requires.Programs("bash", "openssl");
        string[] names = ["production with components", "edge-sidecar with components", "edge-daemonset"];
        var manifests = await Task.WhenAll(names.Select(RenderedManifests.OfAsync));
        var blocks = Pages.SelectMany(page => MarkdownPage.Read(page).Blocks)
            .Where(block => block.RunBy == nameof(KubernetesPageTests) || block.Needs.Contains("openssl")).ToList();
        using var folder = new TemporaryFolder();

        var calls = await RunAsync(folder, string.Concat(blocks.Select(block => block.Text + "\n")));

        Assert.True(calls.Count >= blocks.Count, "kubectl was hardly called");
        Assert.Empty(calls.SelectMany(call => Faults(call, manifests)));
    }

    [SkippableTheory]
    [InlineData("-n mails get pods")]
    [InlineData("apply -k deploy/k8s/overlays/producton")]
    [InlineData("-n mail rollout status statefulset/screening-doors")]
    [InlineData("-n mail exec screening-9 -- screening status")]
    [InlineData("-n mail exec screening-0 -- screening statis")]
    [InlineData("-n mail create secret generic screening-tls --from-file=cache/tls.crt")]
    [InlineData("-n mail create secret generic screening-secret --from-literal=a=b")]
    [InlineData("-n mail delete pvc screening-data-3")]
    [InlineData("label node mx1 screening=edge")]
    public async Task Needs_kubectl__A_command_that_does_not_fit_is_told(string command) =>
        Assert.NotEmpty(Faults(command.Split(' '), [await RenderedManifests.OfAsync("production")]));

    private static async Task<List<string[]>> RunAsync(TemporaryFolder folder, string commands)
    {
        var programs = folder.MakeFolder("programs");
        await File.WriteAllTextAsync(Path.Combine(programs, "kubectl"), Shim);
        File.SetUnixFileMode(Path.Combine(programs, "kubectl"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(programs, "screening"), Path.Combine(AppContext.BaseDirectory, "screening"));
        File.CreateSymbolicLink(folder["deploy"], Repository.File("deploy"));
        var plan = new LaunchPlan("bash", "-euo", "pipefail", "-c", commands)
        {
            Folder = folder.Root,
            Environment = new Dictionary<string, string?>
            {
                ["CALLS"] = folder["calls"],
                ["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}",
            },
        };
        var result = await RunningProcess.RunAsync(plan, TimeSpan.FromMinutes(2));
        Assert.True(result.ExitCode == 0, result.ToString());
        return [.. (await File.ReadAllLinesAsync(folder["calls"])).Select(line => line.Split(Separator))];
    }

    private static IEnumerable<string> Faults(string[] call, IReadOnlyList<RenderedManifests> manifests)
    {
        var text = string.Join(' ', call);
        var @namespace = call[0] == "-n" ? call[1] : "";
        var namespaces = manifests.SelectMany(found => found.Of<V1Namespace>()).Select(found => found.Metadata.Name);
        if (@namespace.Length > 0 && !namespaces.Contains(@namespace))
            yield return $"{text}: there is no namespace {@namespace}";
        var words = call[0] == "-n" ? call[2..] : call;
        var workloads = manifests.SelectMany(Workload.In).Where(workload => workload.Namespace == @namespace).ToList();
        if (ValueOf(words, "-k") is { } path && !File.Exists(Repository.File($"{path}/kustomization.yaml")))
            yield return $"{text}: there is no {path}";
        var set = words.Select(word => word.Split("statefulset/")).FirstOrDefault(parts => parts.Length == 2)?[1];
        if (set is not null && !workloads.Exists(workload => workload.Name == set))
            yield return $"{text}: there is no StatefulSet {set}";
        var faults = words switch
        {
            ["exec", .. var rest] => Executed(rest, workloads),
            ["create", "secret", "generic", var name, .. var data] => Made(name, data, workloads),
            ["delete", "pvc", .. var claims] => claims.Where(claim => !workloads.Exists(workload => IsClaimOf(claim, workload)))
                .Select(claim => $"there is no claim {claim}"),
            ["label", _, var target, var label] => Labelled(target, label, manifests),
            _ => [],
        };
        foreach (var fault in faults)
            yield return $"{text}: {fault}";
    }

    private static IEnumerable<string> Executed(string[] words, List<Workload> workloads)
    {
        var dashes = Array.IndexOf(words, "--");
        var pod = words.First(word => !word.StartsWith('-'));
        if (workloads.Find(workload => IsPodOf(pod, workload)) is not { } found)
            yield return $"there is no pod {pod}";
        else if (ValueOf(words[..dashes], "-c") is { } container && found.Containers.All(each => each.Name != container))
            yield return $"there is no container {container}";
        if (words[dashes + 1] == "screening")
        {
            foreach (var fault in UsageFaults.Of(ScreeningProgram.CreateRoot().Parse(words[(dashes + 2)..])))
                yield return fault;
        }
    }

    private static IEnumerable<string> Made(string name, string[] data, List<Workload> workloads)
    {
        var given = data.Select(item => item.Split('=')).ToLookup(
            parts => parts[0], parts => parts[0] == "--from-file" ? Path.GetFileName(parts[1]) : parts[1]);
        var keys = given.SelectMany(group => group).ToHashSet();
        var isMounted = workloads.Exists(workload => workload.Pod.Volumes?.Any(
            volume => volume.Secret?.SecretName == name && volume.Secret.Optional != true) == true);
        var needed = workloads.SelectMany(workload => workload.Nodes).SelectMany(node => node.Env)
            .Where(variable => variable.ValueFrom?.SecretKeyRef?.Name == name).Select(variable => variable.ValueFrom.SecretKeyRef.Key)
            .Concat(isMounted ? ["tls.crt", "tls.key", "ca.crt"] : []).ToList();
        if (needed.Count == 0)
            yield return $"no pod needs the Secret {name}";
        foreach (var key in needed.Where(key => !keys.Contains(key)))
            yield return $"the Secret {name} lacks {key}";
    }

    private static IEnumerable<string> Labelled(string target, string label, IReadOnlyList<RenderedManifests> manifests)
    {
        var ofMachines = manifests.SelectMany(Workload.In).Select(workload => workload.Pod.NodeSelector);
        var ofPeers = manifests.SelectMany(found => found.Of<V1NetworkPolicy>()).SelectMany(policy => policy.Spec.Ingress)
            .SelectMany(rule => rule.FromProperty ?? []).Select(peer => peer.PodSelector?.MatchLabels);
        var known = ofMachines.Concat(ofPeers).SelectMany(labels => labels ?? new Dictionary<string, string>());
        if (!known.Any(pair => label == $"{pair.Key}={pair.Value}"))
            yield return $"nothing asks for the label {label} of {target}";
    }

    private static bool IsPodOf(string pod, Workload workload) =>
        pod.StartsWith(Foreign, StringComparison.Ordinal)
        || Enumerable.Range(0, (workload.Owner as V1StatefulSet)?.Spec.Replicas ?? 2).Any(i => pod == $"{workload.Name}-{i}");

    private static bool IsClaimOf(string claim, Workload workload) =>
        workload.Owner is V1StatefulSet { Spec.VolumeClaimTemplates: { } claims }
        && claims.Any(template => claim.StartsWith($"{template.Metadata.Name}-{workload.Name}-", StringComparison.Ordinal));

    private static string? ValueOf(string[] words, string option) =>
        Array.IndexOf(words, option) is >= 0 and var at ? words[at + 1] : null;
}
