using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Screening.Deploy.Tests.Kubernetes;
using Screening.Testing;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Lab.Pods;
using Screening.Testing.Postgres;

namespace Screening.Deploy.Tests.Image;

/// <summary>
/// The StatefulSet of a rendered overlay as containers of the image: each with the environment, mounts, user, rights and limits that the
/// manifests give it, and with real PostgreSQL, DNS and certificates around them.
/// </summary>
internal sealed class ContainerFleet : IAsyncDisposable
{
    private const string ListZone = "list.lab";
    private const string Volumes = "volumes";
    private const int ListPort = 5053;
    private const UnixFileMode GroupFolder = (UnixFileMode)0b10_111_111_101; // 2775
    private const UnixFileMode GroupFile = UnixFileMode.UserRead | UnixFileMode.GroupRead;

    // Three starts at once on a machine that is busy.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static readonly IPAddress DnsAddress = IPAddress.Parse("10.88.0.10");
    private static readonly IPAddress DatabaseAddress = IPAddress.Parse("10.88.0.20");
    private static readonly IPAddress ClientAddress = IPAddress.Parse("10.88.0.30");

    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<ContainerPod> _pods = [];

    private ContainerFleet(PodTemplate template) => Template = template;

    /// <summary>What the manifests say.</summary>
    public PodTemplate Template { get; private set; }

    public IReadOnlyList<ContainerPod> Pods => _pods;

    /// <summary>Where mail servers and the kubelet are.</summary>
    public NetworkNamespace Clients { get; private set; } = null!;

    /// <summary>Starts all replicas, or skips the test where that is not possible.</summary>
    /// <param name="overlay">The folder to render.</param>
    public static async Task<ContainerFleet> StartAsync(string overlay)
    {
        Requires.Programs("ip", "setsid", "dnsmasq", "unbound", "rbldnsd");
        await Kubectl.NeedAsync();
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        await BuiltImage.NeedAsync();
        var none = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        var fleet = new ContainerFleet(await PodTemplate.RenderAsync(overlay, none));
        try
        {
            await fleet.StartAsync();
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }

        return fleet;
    }

    /// <summary>Waits until each of so many pods sees all of them in one cluster, with a home for each shard.</summary>
    public async Task WaitUntilWholeAsync(IReadOnlyList<ContainerPod> pods)
    {
        string[] seen = [];
        await Poll.UntilAsync(
            async () =>
            {
                var states = await Task.WhenAll(pods.Select(pod => pod.TryStatusAsync()));
                seen = [.. states.Select(state => $"{state}")];
                return states.All(state => state is { State: "up", Shards: 64, Recovering: 0, StoreOk: true }
                    && state.Members.Count == pods.Count && state.Members.All(m => m.EndsWith(" up", StringComparison.Ordinal)));
            },
            Patience, "a whole fleet", () => string.Join('\n', seen));
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
            await part.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        var network = await PodNetwork.StartAsync();
        _parts.Push(network);
        Clients = await network.AddAsync("clients", ClientAddress);
        var names = await network.AddAsync("dns", DnsAddress);
        var dns = await ClusterDns.StartAsync(names, DnsAddress, Template.Namespace, Template.Service);
        _parts.Push(dns);
        _parts.Push(await RblDnsd.StartAsync(
            names, new IPEndPoint(DnsAddress, ListPort), new Dictionary<string, Listing[]> { [ListZone] = [] }));
        var database = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Prefix = ["ip", "netns", "exec", (await network.AddAsync("db", DatabaseAddress)).Name],
            ListenAddress = $"{DatabaseAddress}",
        });
        _parts.Push(database);
        using var authority = new FleetAuthority(_folder.MakeFolder("authority"));
        Template = Template.With(Template.Secrets.ToDictionary(name => name, name =>
            name.EndsWith("tls", StringComparison.Ordinal)
                ? authority.IssueSecret(name, Template.CertificateNames)
                : new Dictionary<string, string> { ["connection"] = database.ConnectionString }));
        await File.WriteAllTextAsync(_folder["resolv.conf"], dns.ResolvConf);
        await GiveToGroupAsync(_folder.MakeFolder(Volumes));

        for (var ordinal = 0; ordinal < Template.Replicas; ordinal++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{Template.Name}-{ordinal}");
            var address = network.NextPodAddress();
            dns.Publish(name, address);
            var container = await Container.StartAsync(
                await network.AddAsync(name, address), [.. OptionsOf(name, address)], Template.Arguments);
            _parts.Push(container);
            var pod = new ContainerPod(container, Template, name, address, Clients);
            _parts.Push(pod);
            _pods.Add(pod);
        }

        await WaitUntilWholeAsync(_pods);
    }

    private async Task GiveToGroupAsync(string folder)
    {
        var group = string.Create(CultureInfo.InvariantCulture, $":{Template.VolumeGroup}");
        var result = await RunningProcess.RunAsync(new LaunchPlan("chown", group, folder), Waiting.Limit);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"chown: {result}");
        File.SetUnixFileMode(folder, GroupFolder);
    }

    // What a kubelet makes of the manifests, in podman's words.
    private IEnumerable<string> OptionsOf(string name, IPAddress address)
    {
        yield return $"--hostname={name}";
        yield return $"--user={Template.User}";
        yield return string.Create(CultureInfo.InvariantCulture, $"--group-add={Template.VolumeGroup}");
        foreach (var capability in Template.DroppedCapabilities)
            yield return $"--cap-drop={capability.ToLowerInvariant()}";
        if (Template.KeepsItsRights)
            yield return "--security-opt=no-new-privileges";
        if (Template.HasReadOnlyRoot)
            yield return "--read-only";
        yield return "--read-only-tmpfs=false";
        yield return $"--memory={Template.MemoryLimit}";
        yield return $"--memory-swap={Template.MemoryLimit}";
        yield return $"--cpus={Template.ProcessorLimit}";
        yield return $"--volume={_folder["resolv.conf"]}:/etc/resolv.conf:ro";
        foreach (var (mount, number) in Template.Mounts.Select((mount, number) => (mount, number)))
        {
            var folder = Prepare(string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"), mount.Files);
            yield return $"--volume={folder}:{mount.Path}{(mount.Files is null ? "" : ":ro")}";
        }

        foreach (var (variable, value) in Template.EnvironmentOf(name, $"{address}"))
            yield return $"--env={variable}={value}";

        // What an operator adds: a list, and who is asked for it.
        yield return $"--env=SCREENING__DNSBL__SITES={ListZone}*3";
        yield return string.Create(CultureInfo.InvariantCulture, $"--env=SCREENING__DNSBL__RESOLVER=[\"{DnsAddress}:{ListPort}\"]");
    }

    // The folder's set-group-id bit gives all that is made in it to the group.
    private string Prepare(string name, IReadOnlyDictionary<string, string>? files)
    {
        var folder = _folder.MakeFolder(Path.Combine(Volumes, name));
        File.SetUnixFileMode(folder, GroupFolder);
        foreach (var (file, content) in files ?? new Dictionary<string, string>())
        {
            var path = Path.Combine(folder, file);
            File.WriteAllText(path, content);
            File.SetUnixFileMode(path, GroupFile);
        }

        return folder;
    }
}

/// <summary>One container of the fleet, as a pod is seen from outside.</summary>
internal sealed class ContainerPod : IAsyncDisposable
{
    private readonly HttpClient _http;

    public ContainerPod(Container container, PodTemplate template, string name, IPAddress address, NetworkNamespace clients)
    {
        (Container, Name) = (container, name);
        Plugin = new IPEndPoint(address, template.PortOf("plugin"));
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, _) =>
                new NetworkStream(await clients.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port)), ownsSocket: true),
        })
        { BaseAddress = new UriBuilder("http", $"{address}", template.PortOf("http")).Uri };
    }

    public Container Container { get; }

    public string Name { get; }

    /// <summary>Its plug-in door.</summary>
    public IPEndPoint Plugin { get; }

    /// <summary>What the node says of itself; null while it does not answer.</summary>
    public async Task<FleetNodeStatus?> TryStatusAsync()
    {
        try
        {
            return FleetNodeStatus.Parse(await _http.GetStringAsync("api/v1/status"));
        }
        catch (Exception fault) when (fault is HttpRequestException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(path);

    /// <summary>Memory that is in use now, in megabytes.</summary>
    public async Task<int> MegabytesAsync() =>
        int.Parse((await Container.StatusAsync("VmRSS")).Split(' ')[0], CultureInfo.InvariantCulture) / 1024;

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
