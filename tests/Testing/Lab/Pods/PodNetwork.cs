using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Screening.Testing.Lab.Pods;

/// <summary>
/// The network of a cluster: a namespace for each pod and for what is beside the pods, all on one bridge in a namespace of its own. No
/// address is used twice, as a restarted pod has another one. Needs root; no packet leaves it.
/// </summary>
public sealed class PodNetwork : IAsyncDisposable
{
    private const string Prefix = "screening-pods-";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static int _count;

    private readonly string _tag = string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
    private readonly ConcurrentDictionary<string, NetworkNamespace> _hosts = new();
    private int _lastPod;
    private bool _hasRules;

    /// <summary>Makes the bridge, or skips the test where that is not possible.</summary>
    public static async Task<PodNetwork> StartAsync()
    {
        Requires.Root();
        Requires.Programs("ip", "setsid");
        await RemoveLeftoversAsync();
        var network = new PodNetwork();
        try
        {
            await NeedAsync("network namespaces", "netns", "add", network.Hub);
            await NeedAsync("bridges", "-n", network.Hub, "link", "add", "br0", "type", "bridge");
            await network.IpAsync("-n", network.Hub, "link", "set", "br0", "up");
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    private string Hub => $"{_tag}-hub";

    /// <summary>An address for one more pod, in 10.88.1.0/24 and up.</summary>
    public IPAddress NextPodAddress()
    {
        var number = Interlocked.Increment(ref _lastPod);
        return new IPAddress([10, 88, (byte)(1 + (number / 250)), (byte)(1 + (number % 250))]);
    }

    /// <summary>A host on the bridge.</summary>
    public async Task<NetworkNamespace> AddAsync(string name, IPAddress address)
    {
        var full = $"{_tag}-{name}";
        var host = _hosts[full] = new NetworkNamespace(full);
        await IpAsync("netns", "add", full);
        await IpAsync("link", "add", "eth0", "netns", full, "type", "veth", "peer", "name", PortOf(name), "netns", Hub);
        await IpAsync("-n", full, "addr", "add", $"{address}/16", "dev", "eth0");
        await IpAsync("-n", full, "link", "set", "eth0", "up");
        await IpAsync("-n", full, "link", "set", "lo", "up");
        await IpAsync("-n", Hub, "link", "set", PortOf(name), "master", "br0", "up");
        return host;
    }

    /// <summary>Pulls a host's cable and removes the host: nobody is told, packets to its address are lost.</summary>
    public async Task RemoveAsync(NetworkNamespace host)
    {
        await RunningProcess.RunAsync(
            new LaunchPlan("ip", "-n", Hub, "link", "del", PortOf(host.Name[(_tag.Length + 1)..])), Patience);
        await RemoveAsync(host.Name);
        _hosts.TryRemove(host.Name, out _);
    }

    /// <summary>Drops all packets between two groups of addresses, both ways, and tells neither.</summary>
    public async Task CutAsync(IEnumerable<IPAddress> some, IEnumerable<IPAddress> others)
    {
        if (!_hasRules)
        {
            await NftAsync("add table bridge cut; add chain bridge cut pass { type filter hook forward priority 0; }");
            _hasRules = true;
        }

        var (a, b) = (string.Join(", ", some), string.Join(", ", others));
        await NftAsync(
            $"add rule bridge cut pass ip saddr {{ {a} }} ip daddr {{ {b} }} drop; "
            + $"add rule bridge cut pass ip saddr {{ {b} }} ip daddr {{ {a} }} drop");
    }

    /// <summary>Ends all cuts.</summary>
    public Task HealAsync() => NftAsync("flush chain bridge cut pass");

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _hosts.Keys.Append(Hub))
            await RemoveAsync(name);
    }

    // An interface's name has at most 15 characters.
    private static string PortOf(string name) => name.Length <= 15 ? name : name[^15..];

    private Task NftAsync(string rules) => RunAsync(new LaunchPlan("nft", rules) { Namespace = Hub });

    private Task IpAsync(params string[] arguments) => RunAsync(new LaunchPlan("ip", arguments));

    private static async Task NeedAsync(string what, params string[] arguments)
    {
        var result = await RunningProcess.RunAsync(new LaunchPlan("ip", arguments), Patience);
        Xunit.Skip.If(result.ExitCode != 0, $"needs {what}: {result.Error.Trim()}");
    }

    private static async Task RunAsync(LaunchPlan plan)
    {
        var result = await RunningProcess.RunAsync(plan, Patience);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{plan}: {result}");
    }

    private static async Task RemoveLeftoversAsync()
    {
        var folder = new DirectoryInfo("/run/netns");
        foreach (var file in folder.Exists ? folder.GetFiles($"{Prefix}*") : [])
        {
            var owner = file.Name[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, CultureInfo.InvariantCulture, out var pid) && !Native.IsRunning(pid))
                await RemoveAsync(file.Name);
        }
    }

    // A namespace lives as long as a process in it.
    private static async Task RemoveAsync(string name)
    {
        var inside = await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "pids", name), Patience);
        foreach (var line in inside.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Native.SendSignal(int.Parse(line, CultureInfo.InvariantCulture), Signal.Kill);
        await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "del", name), Patience);
    }
}
