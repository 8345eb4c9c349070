using System.Globalization;
using k8s.Models;
using Screening.Node.Commands;
using Screening.Node.Commands.Usage;
using Screening.Node.Configuration;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>
/// What a pod's environment and files say, as the program itself reads it, with a certificate that the documentation's commands made.
/// </summary>
public sealed class SettingsOfPodsTests(SettingsOfPodsTests.Certificates certificates) : IClassFixture<SettingsOfPodsTests.Certificates>
{
    private const string Files = "/etc/screening-tls";

    // What the manifests leave to their reader: TLS for HTTP, and the lists.
    private static readonly string[] Known = ["tokens and addresses of clients cross the network in plain text", "all checks together add"];

    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["screening-store/connection"] = "Host=db.example;Database=screening;Username=screening;Password=change-me;SSL Mode=VerifyFull",
    };

    public static TheoryData<string> Names => [.. RenderedManifests.Names];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Needs_kubectl_and_openssl__The_program_finds_no_fault(string name)
    {
        var manifests = await RenderedManifests.OfAsync(name);
        foreach (var (_, result) in await LoadAsync(manifests))
        {
            Assert.Empty(result.Faults.Select(fault => fault.ToString()));
            Assert.All(
                result.Warnings.Select(warning => warning.ToString()),
                warning => Assert.Contains(Known, known => warning.Contains(known, StringComparison.Ordinal)));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Needs_kubectl_and_openssl__Nodes_know_each_other_by_names_that_the_Services_give(string name)
    {
        var manifests = await RenderedManifests.OfAsync(name);
        foreach (var (pod, result) in await LoadAsync(manifests))
        {
            var cluster = result.Options!.Cluster;
            if (cluster.Seeds.IsEmpty)
                continue;
            Assert.True(cluster.Listen.IsWildcard || pod.Workload.Pod.HostNetwork == true);
            if (pod.Workload.Owner is not V1StatefulSet set)
                continue;
            var suffix = cluster.IsCache() ? set.Spec.ServiceName : $"{set.Spec.ServiceName}.{pod.Workload.Namespace}";
            Assert.Equal($"{pod.Name}.{suffix}:4053", cluster.Advertise!.ToString());
            if (!cluster.IsCache())
                continue;
            var pods = Enumerable.Range(0, set.Spec.Replicas!.Value);
            Assert.Equal(pods.Select(i => $"{set.Metadata.Name}-{i}.{suffix}:4053"), Texts(cluster.Seeds));
        }
    }

    // An edge that names other seeds, or lists that the cache nodes do not know, is a member all the same, and works worse.
    [SkippableTheory]
    [InlineData("edge-daemonset")]
    [InlineData("edge-sidecar")]
    public async Task Needs_kubectl_and_openssl__Edges_fit_the_cache_nodes_of_production(string name)
    {
        var cache = (await LoadAsync(await RenderedManifests.OfAsync("production")))[0].Result.Options!;
        foreach (var (pod, result) in await LoadAsync(await RenderedManifests.OfAsync(name)))
        {
            var edge = result.Options!;
            Assert.False(edge.Cluster.IsCache());
            Assert.Equal(Texts(cache.Cluster.Seeds), Texts(edge.Cluster.Seeds));
            Assert.Equal([.. cache.Cluster.Peers], edge.Cluster.Peers.ToArray());
            Assert.Equal(cache.Dnsbl.Sites, edge.Dnsbl.Sites);
            Assert.Contains("mail.svc.cluster.local", pod.Workload.Pod.DnsConfig.Searches);
        }
    }

    [SkippableTheory]
    [InlineData("SCREENING__CLUSTER__LISTEN: 0.0.0.0:4053", "SCREENING__CLUSTER__LISTENS: 0.0.0.0:4053", "is not a setting")]
    [InlineData("3GiB", "3 apples", "log.max_size")]
    [InlineData("screening-1.screening:4053", "10.0.0.1:4053", "cluster.seeds has 10.0.0.1:4053")]
    [InlineData("value: $(POD_NAME).screening:4053", "value: $(POD).screening:4053", "cluster.advertise")]
    [InlineData("\"*.screening\", ", "", "cluster.tls")]
    public async Task Needs_kubectl_and_openssl__A_fault_is_told(string right, string wrong, string told)
    {
        var results = await LoadAsync((await RenderedManifests.OfAsync("production")).With(right, wrong));
        Assert.Contains(
            results[0].Result.Faults.Concat(results[0].Result.Warnings),
            fault => fault.ToString().Contains(told, StringComparison.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Needs_kubectl__The_program_knows_its_commands(string name)
    {
        foreach (var node in Workload.In(await RenderedManifests.OfAsync(name)).SelectMany(workload => workload.Nodes))
        {
            Assert.Empty(UsageFaults.Of(ScreeningProgram.CreateRoot().Parse([.. node.Args])));
            if (node.Lifecycle?.PreStop?.Exec?.Command is { } drain)
                Assert.Empty(UsageFaults.Of(ScreeningProgram.CreateRoot().Parse([.. drain.Skip(1)])));
        }
    }

    // One version of the program in the whole repository.
    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Needs_kubectl__The_image_is_of_this_version(string name)
    {
        var version = typeof(ScreeningProgram).Assembly.GetName().Version!.ToString(3);
        Assert.All(
            Workload.In(await RenderedManifests.OfAsync(name)).SelectMany(workload => workload.Nodes),
            node => Assert.Equal($"screening:{version}", node.Image));
    }

    private static IEnumerable<string> Texts(IEnumerable<HostPort> places) => places.Select(place => place.ToString());

    private async Task<List<(Pod Pod, ConfigurationResult Result)>> LoadAsync(RenderedManifests manifests)
    {
        var results = new List<(Pod, ConfigurationResult)>();
        foreach (var pod in Workload.In(manifests).Where(workload => workload.Nodes.Any()).SelectMany(Pod.Of))
            results.Add((pod, await LoadAsync(manifests, pod)));
        return results;
    }

    private async Task<ConfigurationResult> LoadAsync(RenderedManifests manifests, Pod pod)
    {
        var maps = manifests.Of<V1ConfigMap>().Where(map => (map.Metadata.NamespaceProperty ?? "") == pod.Workload.Namespace).ToList();
        var environment = PodEnvironment.Of(pod.Workload.Nodes.Single(), maps, pod.Fields, Secrets)
            .ToDictionary(variable => variable.Key, variable => variable.Value.Replace(
                Files,
                certificates.FolderOf(pod.Workload.Template.Metadata.Labels["app.kubernetes.io/component"]),
                StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        var policy = pod.Workload.Pod.Volumes.Single(volume => volume.Name == "policy").ConfigMap.Name;
        await File.WriteAllTextAsync(folder["screening.toml"], maps.Single(map => map.Metadata.Name == policy).Data["screening.toml"]);
        return ConfigurationLoader.Load(new ConfigurationRequest
        {
            ConfigPath = folder["screening.toml"],
            Environment = environment,
            CurrentDirectory = folder.Root,
            HostName = pod.Name,
        });
    }

    private sealed record Pod(Workload Workload, string Name)
    {
        public IReadOnlyDictionary<string, string> Fields => new Dictionary<string, string>
        {
            ["metadata.name"] = Name,
            ["spec.nodeName"] = "mx1.example.com",
            ["status.hostIP"] = "192.0.2.11",
        };

        // The autoscaler's least number where there is none.
        public static IEnumerable<Pod> Of(Workload workload) => Enumerable
            .Range(0, workload.Owner is V1StatefulSet set ? set.Spec.Replicas ?? 2 : 1)
            .Select(i => new Pod(workload, string.Create(CultureInfo.InvariantCulture, $"{workload.Name}-{i}")));
    }

    /// <summary>The certificates that the page's commands make.</summary>
    public sealed class Certificates : IAsyncLifetime, IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public async Task InitializeAsync()
        {
            if (Requires.Find("openssl") is null)
                return;
            var commands = MarkdownPage.Read("docs/kubernetes.md").Blocks
                .Single(block => block.Text.Contains("openssl req", StringComparison.Ordinal));
            var result = await RunningProcess.RunAsync(
                new LaunchPlan("bash", "-euc", commands.Text) { Folder = _folder.Root }, TimeSpan.FromMinutes(1));
            Assert.True(result.ExitCode == 0, result.ToString());
        }

        public string FolderOf(string component)
        {
            Requires.Programs("openssl");
            return _folder[component];
        }

        public Task DisposeAsync() => Task.CompletedTask;

        public void Dispose() => _folder.Dispose();
    }
}
