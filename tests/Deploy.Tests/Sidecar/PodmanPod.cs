using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>
/// A pod as a kubelet would run it, run by podman: one network, the volumes with the owners and modes that a kubelet gives them, and each
/// container with the user, groups, capabilities, root, limits, environment and mounts of the manifest.
/// </summary>
/// <remarks>
/// Two things are done otherwise than podman is used to. Capabilities are not added by an option, since podman makes those ambient for a
/// user other than root and Kubernetes does not; they are the defaults of a configuration file. And the network is joined to a bridge by
/// us: podman's own would need its rules in this host's firewall.
/// </remarks>
internal sealed class PodmanPod : IAsyncDisposable
{
    private const int HttpPort = 10080;
    private const UnixFileMode GroupFolder = (UnixFileMode)0b10_111_111_101; // 2775
    private const UnixFileMode OpenFolder = (UnixFileMode)0b10_111_111_111; // 2777
    private const UnixFileMode SubFolder = (UnixFileMode)0b111_111_101; // 0775

    private readonly TemporaryFolder _folder = new();
    private readonly PodManifest _manifest;
    private readonly string _id;
    private readonly Dictionary<string, string> _volumes = [];
    private NetworkNamespace? _machine;

    private PodmanPod(PodManifest manifest, string name, IPAddress address)
    {
        (_manifest, Name, Address) = (manifest, name, address);
        _id = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{name}");
    }

    public static string Prefix => "screening-lab-";

    public string Name { get; }

    public IPAddress Address { get; }

    /// <summary>Makes the pod with its network and volumes, and starts no container.</summary>
    /// <param name="hosts">Names that it can resolve.</param>
    public static async Task<PodmanPod> StartAsync(
        PodManifest manifest, string name, IPAddress address, PodWire wire, IReadOnlyDictionary<string, IPAddress> hosts)
    {
        var pod = new PodmanPod(manifest, name, address);
        try
        {
            await pod.MakeVolumesAsync();
            // The pod's own cgroup cannot be made where one of the hierarchies is read-only; containers have their limits all the same.
            await pod.PodmanAsync(
                [], "pod", "create", "--name", pod._id, "--hostname", name, "--network", "none", "--share-parent=false");
            await File.WriteAllLinesAsync(
                pod.HostsFile, ["127.0.0.1 localhost", "::1 localhost", .. hosts.Select(host => $"{host.Value} {host.Key}")]);
            await pod.PodmanAsync([], "pod", "start", pod._id);
            var infra = (await pod.PodmanAsync([], "pod", "inspect", pod._id, "--format", "{{.InfraContainerID}}")).Trim();
            await wire.JoinAsync(await pod.PidOfAsync(infra), address);
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }

        return pod;
    }

    /// <summary>Makes a pod of a manifest with <c>hostNetwork</c>; starts no container.</summary>
    /// <param name="name">The machine's name.</param>
    /// <param name="machine">The namespace that is the machine's network here.</param>
    /// <param name="folders">The manifest's folders of the machine, and what stands for them.</param>
    public static async Task<PodmanPod> StartOnMachineAsync(
        PodManifest manifest, string name, IPAddress address, NetworkNamespace machine, IReadOnlyDictionary<string, string> folders)
    {
        var pod = new PodmanPod(manifest, name, address) { _machine = machine };
        await pod.MakeVolumesAsync();
        await File.WriteAllTextAsync(pod.HostsFile, "127.0.0.1 localhost\n");
        foreach (var (volume, folder) in manifest.HostFolders)
            pod._volumes[volume] = folders[folder];
        return pod;
    }

    /// <summary>Removes the pods, and containers without one, of test runs that were killed.</summary>
    public static async Task RemoveLeftoversAsync()
    {
        await RemoveLeftoversAsync(["pod", "ls", "--format", "{{.Name}}"], "pod", "rm");
        await RemoveLeftoversAsync(["ps", "--all", "--format", "{{.Names}}"], "rm", "--volumes");
    }

    /// <summary>Starts a container, for the first time or again.</summary>
    public async Task StartAsync(string container)
    {
        if ((await RunAsync([], "container", "exists", IdOf(container))).ExitCode == 0)
        {
            await PodmanAsync([], "start", IdOf(container));
            return;
        }

        var wanted = _manifest.Containers.Single(c => c.Name == container);
        List<string> options =
        [
            "run", "--detach", _machine is null ? $"--pod={_id}" : $"--network=ns:/run/netns/{_machine.Name}", "--name", IdOf(container),
            "--pull", "never", "--log-driver", "k8s-file",
            "--memory", wanted.MemoryLimit.ToString(CultureInfo.InvariantCulture), "--volume", $"{HostsFile}:/etc/hosts",
        ];
        if (wanted.User is { } user)
            options.AddRange(["--user", user]);
        if (_manifest.FsGroup is { } group)
            options.AddRange(["--group-add", group.ToString(CultureInfo.InvariantCulture)]);
        if (wanted.KeepsItsRights)
            options.AddRange(["--security-opt", "no-new-privileges"]);
        if (wanted.HasReadOnlyRoot)
            options.AddRange(["--read-only", "--read-only-tmpfs=false"]);
        foreach (var (name, value) in wanted.EnvironmentOf(Name, $"{Address}"))
            options.AddRange(["--env", $"{name}={value}"]);
        foreach (var (volume, subPath, path, readOnly) in wanted.Mounts)
            options.AddRange(["--volume", $"{await SourceAsync(volume, subPath)}:{path}{(readOnly ? ":ro" : "")}"]);
        if (wanted.Command.Count > 0)
            options.AddRange(["--entrypoint", $"[{string.Join(',', wanted.Command.Select(word => $"\"{word}\""))}]"]);
        await PodmanAsync(wanted.Capabilities, [.. options, wanted.Image, .. wanted.Arguments]);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync(string container) => PodmanAsync([], "kill", "--signal", "KILL", IdOf(container));

    /// <summary>Runs a command in a container, with its user and environment.</summary>
    public Task<CommandResult> ExecuteAsync(string container, params string[] command) =>
        RunAsync([], ["exec", IdOf(container), .. command]);

    /// <summary>What a container has written, on both streams.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string container)
    {
        var result = await RunAsync([], "logs", IdOf(container));
        return [.. $"{result.Output}\n{result.Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>Waits for a line in what a container writes.</summary>
    public async Task<string> WaitForLineAsync(string container, string pattern)
    {
        IReadOnlyList<string> lines = [];
        return await Poll.ForAsync(
            async () => (lines = await LogAsync(container)).FirstOrDefault(line => Regex.IsMatch(line, pattern)), Waiting.Limit,
            $"a line like {pattern} of {container} in {Name}", () => string.Join(Environment.NewLine, lines));
    }

    public async Task<string> TranscriptAsync()
    {
        var lines = new List<string>();
        foreach (var container in _manifest.Containers)
            lines.AddRange([$"== {Name} {container.Name}", .. (await LogAsync(container.Name)).TakeLast(60)]);
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>Waits until a probe of the manifest says yes, as a kubelet makes it: in the container, or from beside the pod.</summary>
    public async Task WaitForAsync(string container, string probe, PodWire wire)
    {
        var wanted = _manifest.Containers.Single(c => c.Name == container);
        var command = wanted.CommandOf(probe);
        var path = wanted.PathOf(probe);
        if (command.Count == 0 && path is null)
            throw new InvalidOperationException($"{container} has no {probe}");
        var transcript = "";
        await Poll.UntilAsync(
            async () =>
            {
                var passed = path is null
                    ? (await ExecuteAsync(container, [.. command])).ExitCode == 0 : await GetAsync(wire, path) is not null;
                if (!passed)
                    transcript = await TranscriptAsync();
                return passed;
            },
            Waiting.Limit, $"{probe} of {container} in {Name}", () => transcript);
    }

    /// <summary>What the node answers to somebody beside the pod; null: nothing, or an error.</summary>
    public async Task<string?> GetAsync(PodWire wire, string path)
    {
        try
        {
            using var socket = await wire.Client.ConnectAsync(new IPEndPoint(Address, HttpPort));
            using var http = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(socket)),
            });
            using var response = await http.GetAsync(new UriBuilder("http", $"{Address}", HttpPort, path).Uri);
            return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : null;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return null;
        }
    }

    /// <summary>A line of proc_pid_status(5) of a container's first process.</summary>
    public async Task<string> StatusOfAsync(string container, string name)
    {
        var pid = await PidOfAsync(IdOf(container));
        var lines = await File.ReadAllLinesAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"));
        return lines.Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
    }

    /// <summary>A file of a volume, on this host.</summary>
    public string FileOf(string volume, string name) => Path.Combine(_volumes[volume], name);

    public async ValueTask DisposeAsync()
    {
        string[] remove = _machine is null ? ["pod", "rm"] : ["rm", "--volumes"];
        IEnumerable<string> names = _machine is null ? [_id] : _manifest.Containers.Select(container => IdOf(container.Name));
        await RunAsync([], [.. remove, "--force", "--time", "0", "--ignore", .. names]);
        _folder.Dispose();
    }

    private string HostsFile => _folder["hosts"];

    private string IdOf(string container) => $"{_id}-{container}";

    private static async Task RemoveLeftoversAsync(string[] list, params string[] remove)
    {
        var listed = await RunningProcess.RunAsync(new LaunchPlan("podman", [.. list, "--filter", $"name=^{Prefix}"]), Waiting.Limit);
        foreach (var name in listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(name[Prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture, out var pid) && !Native.IsRunning(pid))
                await RunningProcess.RunAsync(new LaunchPlan("podman", [.. remove, "--force", "--time", "0", name]), Waiting.Limit);
        }
    }

    private async Task<int> PidOfAsync(string container) => int.Parse(
        await PodmanAsync([], "inspect", container, "--format", "{{.State.Pid}}"), CultureInfo.InvariantCulture);

    // A kubelet gives every volume to the group, and new files in it too; what it makes itself is root's.
    private async Task MakeVolumesAsync()
    {
        foreach (var name in _manifest.Claims.Concat(_manifest.EmptyFolders))
        {
            await MakeFolderAsync(_folder[name], _manifest.EmptyFolders.Contains(name) ? OpenFolder : GroupFolder);
            _volumes[name] = _folder[name];
        }

        foreach (var (name, mode, files) in _manifest.FileVolumes)
        {
            await MakeFolderAsync(_folder[name], OpenFolder);
            foreach (var (file, text) in files)
            {
                // The folder's set-group-id bit gives it to the group.
                await File.WriteAllTextAsync(Path.Combine(_folder[name], file), text);
                File.SetUnixFileMode(Path.Combine(_folder[name], file), mode);
            }

            _volumes[name] = _folder[name];
        }
    }

    private async Task<string> SourceAsync(string volume, string? subPath)
    {
        var source = subPath is null ? _volumes[volume] : FileOf(volume, subPath);
        if (!Path.Exists(source))
            await MakeFolderAsync(source, SubFolder);
        return source;
    }

    private async Task MakeFolderAsync(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        var group = string.Create(CultureInfo.InvariantCulture, $":{_manifest.FsGroup ?? 0}");
        await RunningProcess.RunAsync(new LaunchPlan("chown", group, path), Waiting.Limit);
        File.SetUnixFileMode(path, mode);
    }

    private async Task<string> PodmanAsync(IReadOnlyList<string> capabilities, params string[] arguments)
    {
        var result = await RunAsync(capabilities, arguments);
        return result.ExitCode == 0
            ? result.Output : throw new InvalidOperationException($"podman {string.Join(' ', arguments)}: {result}");
    }

    private Task<CommandResult> RunAsync(IReadOnlyList<string> capabilities, params string[] arguments)
    {
        var file = _folder[$"containers{string.Concat(capabilities)}.conf"];
        if (!File.Exists(file))
        {
            // The limits are for a host on which we may not raise our own, as podman would.
            File.WriteAllText(file, $"""
                [containers]
                default_capabilities = [{string.Join(", ", capabilities.Select(name => $"\"{name}\""))}]
                default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
                [engine]
                runtime = "runc"
                """);
        }

        return RunningProcess.RunAsync(
            new LaunchPlan("podman", arguments) { Environment = new Dictionary<string, string?> { ["CONTAINERS_CONF"] = file } },
            Waiting.Limit);
    }
}
